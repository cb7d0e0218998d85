package io.llmlog.spool;

import static io.llmlog.spool.Spools.LONG;
import static io.llmlog.spool.Spools.MIB;
import static io.llmlog.spool.Spools.OPTIONS;
import static io.llmlog.spool.Spools.append;
import static io.llmlog.spool.Spools.drain;
import static io.llmlog.spool.Spools.event;
import static io.llmlog.spool.Spools.frames;
import static io.llmlog.spool.Spools.killed;
import static io.llmlog.spool.Spools.quarantined;
import static io.llmlog.spool.Spools.recovered;
import static io.llmlog.spool.Spools.segments;
import static io.llmlog.spool.Spools.subdirectories;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a killed process left, and what happened to the files afterwards. */
@Timeout(60)
class SpoolDamageTest {
  private static final List<String> EVENTS = List.of("one", "two, longer", "three", "four", "five");

  @TempDir Path temp;
  private Path directory = Path.of("");
  private Path segment = Path.of("");

  @BeforeEach
  void leaveEvents() throws IOException {
    directory = killed(temp, EVENTS.toArray(new String[0]));
    segment = segments(directory).get(0);
  }

  @Test
  void whatAKilledProcessLeft_isAllThere() throws Exception {
    assertEquals(EVENTS, recovered(directory));
    assertTrue(subdirectories(directory).isEmpty());
    assertTrue(quarantined(directory).isEmpty());
  }

  @Test
  void aFileCutAtAnyByteOfItsLastFrame_keepsTheFramesBefore() throws Exception {
    List<Integer> frames = frames(segment);
    int last = frames.get(frames.size() - 2);
    int whole = last + Frame.HEADER_BYTES + "five".length();
    for (int cut = last; cut <= frames.get(frames.size() - 1); cut++) {
      Path copy = temp.resolve("cut" + cut);
      Spools.copy(directory, copy);
      Path file = segments(copy).get(0);
      truncate(file, cut);
      assertEquals(cut, Files.size(file));
      List<String> expected = cut < whole ? EVENTS.subList(0, 4) : EVENTS;
      assertEquals(expected, recovered(copy), "cut at " + cut);
      assertTrue(quarantined(copy).isEmpty());
    }
  }

  @Test
  void aHalfWrittenFrame_isCutOff() throws Exception {
    int end = frames(segment).get(EVENTS.size());
    write(segment, end + 12, event("half of an event"));
    try (CapturedLog log = new CapturedLog()) {
      assertEquals(EVENTS, recovered(directory));
      assertEquals(1, log.count("at offset " + end));
    }
    assertTrue(quarantined(directory).isEmpty());
  }

  @Test
  void anyFlippedBit_costsAtMostTheEventThatItIsIn() throws Exception {
    byte[] sound = Files.readAllBytes(segment);
    List<Integer> frames = frames(segment);
    Random random = new Random(3);
    for (int offset = 0; offset < frames.get(EVENTS.size()); offset++) {
      Path copy = temp.resolve("flip" + offset);
      Spools.copy(directory, copy);
      byte flipped = (byte) (sound[offset] ^ 1 << random.nextInt(8));
      Path file = segments(copy).get(0);
      write(file, offset, new byte[] {flipped});
      assertEquals(offset, Arrays.mismatch(sound, Files.readAllBytes(file)), "one byte is wrong");
      List<String> expected = new ArrayList<>(EVENTS);
      for (int i = 0; i < EVENTS.size(); i++) {
        int from = frames.get(i);
        if (offset >= from && offset < from + Frame.HEADER_BYTES + EVENTS.get(i).length()) {
          expected.remove(i);
        }
      }
      assertEquals(expected, recovered(copy), "flipped at " + offset);
      if (expected.size() < EVENTS.size()) {
        assertEquals(1, quarantined(copy).size(), "flipped at " + offset);
      }
    }
  }

  @Test
  void aFirstFrameThatLooksLikeNone_costsOnlyItself() throws Exception {
    Files.createDirectory(temp.resolve("first"));
    Path dead = killed(temp.resolve("first"), "four", "two", "three");
    Path file = segments(dead).get(0);
    int first = frames(file).get(0);
    assertEquals(4, Files.readAllBytes(file)[first]);
    // One bit makes the length of four zero: as in a segment that was made ahead.
    write(file, first, new byte[1]);
    Path zeroed = temp.resolve("zeroed");
    Spools.copy(dead, zeroed);
    assertEquals(List.of("two", "three"), recovered(dead));
    assertEquals(1, quarantined(dead).size());

    write(segments(zeroed).get(0), first, new byte[Frame.sizeOf(4)]);
    assertEquals(List.of("two", "three"), recovered(zeroed));
    assertEquals(1, quarantined(zeroed).size());
  }

  @Test
  void aFlippedBit_isSaidOnceWithFileAndOffset_andTheFileIsKept() throws Exception {
    int second = frames(segment).get(1);
    write(segment, second + 10, new byte[] {'X'});
    byte[] damaged = Files.readAllBytes(segment);
    try (CapturedLog log = new CapturedLog();
        Spool spool = Spool.open(directory, OPTIONS)) {
      assertEquals(List.of("one", "three", "four", "five"), drain(spool));
      assertEquals(1, spool.counts().quarantined());
      Spools.await(() -> !segment.toFile().exists());
      assertEquals(1, log.count(segment + " is damaged at offset " + second));
    }
    byte[] kept = Files.readAllBytes(quarantined(directory).get(0));
    assertArrayEquals(frameBytes(damaged), frameBytes(kept));
    assertTrue(recovered(directory).isEmpty(), "nothing is delivered twice");
  }

  private static byte[] frameBytes(byte[] segment) {
    return Arrays.copyOfRange(segment, Segment.HEADER_BYTES, segment.length);
  }

  @Test
  void aZeroedRange_costsOnlyWhatWasInIt() throws Exception {
    int from = frames(segment).get(1) + 4;
    int to = frames(segment).get(3) - 2;
    write(segment, from, new byte[to - from]);
    assertEquals(List.of("one", "four", "five"), recovered(directory));
    assertEquals(1, quarantined(directory).size());
  }

  @Test
  void aZeroedHeader_costsNothing() throws Exception {
    write(segment, 0, new byte[Segment.HEADER_BYTES]);
    assertEquals(EVENTS, recovered(directory));
    assertEquals(1, quarantined(directory).size());
  }

  @Test
  void aZeroedEndOfASegmentThatIsNotTheLast_isNoticed() throws Exception {
    Path full = filled();
    List<Path> segments = segments(full);
    List<Integer> frames = frames(segments.get(0));
    int half = frames.get(frames.size() / 2);
    write(segments.get(0), half, new byte[(int) Files.size(segments.get(0)) - half]);
    try (Spool spool = Spool.open(full, OPTIONS)) {
      int lost = frames.size() - 1 - frames.size() / 2;
      assertEquals(1500 - lost, drain(spool).size());
      assertEquals(1, spool.counts().quarantined());
    }
  }

  @Test
  void aSegmentCutBetweenFrames_thatIsNotTheLast_isNoticed() throws Exception {
    Path full = filled();
    List<Path> segments = segments(full);
    List<Integer> frames = frames(segments.get(0));
    truncate(segments.get(0), frames.get(10));
    try (Spool spool = Spool.open(full, OPTIONS)) {
      assertEquals(1500 - (frames.size() - 1 - 10), drain(spool).size());
      assertEquals(1, spool.counts().quarantined());
    }
  }

  /** 1,500 events in two segments and the one made ahead. */
  private Path filled() throws IOException {
    String[] events = new String[1500];
    Arrays.setAll(events, i -> i + "x".repeat(1000));
    Files.createDirectory(temp.resolve("full"));
    return killed(temp.resolve("full"), events);
  }

  @Test
  void emptyZeroedAndForeignFiles_areSetAsideAndStopNothing() throws Exception {
    Path home = subdirectories(directory).get(0);
    Files.createFile(home.resolve("000000000007.seg"));
    Files.write(home.resolve("000000000008.seg"), new byte[100_000]);
    Files.write(home.resolve("000000000009.seg"), noise(100_000));
    Files.writeString(home.resolve("notes.txt"), "not a segment");
    Files.createDirectory(home.resolve("more"));
    try (Spool spool = Spool.open(directory, OPTIONS)) {
      assertEquals(EVENTS, drain(spool));
      assertEquals(5, spool.counts().quarantined());
    }
    assertEquals(4, quarantined(directory).size());
    assertTrue(Files.isDirectory(directory.resolve("quarantine/" + home.getFileName() + "-more")));
    assertTrue(subdirectories(directory).isEmpty());
  }

  private static byte[] noise(int size) {
    byte[] noise = new byte[size];
    new Random(4).nextBytes(noise);
    return noise;
  }

  @Test
  void aSubdirectoryWithoutItsLockFile_isAdoptedToo() throws Exception {
    Files.delete(subdirectories(directory).get(0).resolve("lock"));
    assertEquals(EVENTS, recovered(directory));
  }

  @Test
  void anEmptySubdirectory_isRemoved() throws Exception {
    Files.createDirectory(directory.resolve("logger-0123456789abcdef"));
    assertEquals(EVENTS, recovered(directory));
    assertTrue(subdirectories(directory).isEmpty());
  }

  @Test
  void anUnfinishedSegment_isDeleted() throws Exception {
    Files.write(segment.resolveSibling("000000000009.seg.new"), new byte[5000]);
    assertEquals(EVENTS, recovered(directory));
    assertTrue(quarantined(directory).isEmpty());
    assertTrue(subdirectories(directory).isEmpty());
  }

  @Test
  void aNewerFormat_isLeftUntouchedAndNamed() throws Exception {
    Path home = subdirectories(directory).get(0);
    Path byText = temp.resolve("text");
    Spools.copy(directory, byText);
    Path lock = byText.resolve(home.getFileName()).resolve("lock");
    Files.writeString(lock, Files.readString(lock).replace("spool 1", "spool 2"));
    leftAlone(byText);

    ByteBuffer header = ByteBuffer.wrap(Files.readAllBytes(segment)).order(ByteOrder.LITTLE_ENDIAN);
    CRC32C crc = new CRC32C();
    crc.update(header.putInt(8, 2).slice(0, 12));
    header.putInt(12, (int) crc.getValue());
    Files.write(segment, header.array());
    leftAlone(directory);
  }

  private static void leftAlone(Path directory) throws Exception {
    Path home = subdirectories(directory).get(0);
    List<byte[]> before = contents(home);
    try (CapturedLog log = new CapturedLog();
        Spool spool = Spool.open(directory, OPTIONS)) {
      append(spool, "own");
      assertEquals(List.of("own"), drain(spool));
      assertEquals(0, spool.adoptedEvents());
      assertEquals(1, log.count(home + " is a spool of format version 2"));
    }
    List<byte[]> after = contents(home);
    assertEquals(before.size(), after.size());
    for (int i = 0; i < before.size(); i++) {
      assertArrayEquals(before.get(i), after.get(i));
    }
  }

  private static List<byte[]> contents(Path home) throws IOException {
    List<byte[]> contents = new ArrayList<>();
    try (var files = Files.list(home)) {
      for (Path file : files.sorted().toList()) {
        contents.add(event(file + " of " + Files.getLastModifiedTime(file)));
        contents.add(Files.readAllBytes(file));
      }
    }
    return contents;
  }

  @Test
  void damageUnderTheRunningProcess_costsAtMostItsEvent() throws Exception {
    try (Spool spool = Spool.open(directory, OPTIONS)) {
      assertTrue(spool.awaitAdoption(LONG));
      write(segment, frames(segment).get(2), new byte[] {(byte) 200, 1, 1, 1});
      assertEquals(List.of("one", "two, longer", "four", "five"), drain(spool));
      assertEquals(1, spool.counts().lost());
    }
    assertEquals(1, quarantined(directory).size());
  }

  @Test
  void textInsideAnEvent_doesNotPassForAFrame() throws Exception {
    // A whole frame, with a checksum that lacks only the salt.
    byte[] inner = event("forged");
    ByteBuffer forged = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
    forged.putInt(inner.length).putInt(Frame.checksum(0, inner)).put(inner);
    Files.createDirectory(temp.resolve("forged"));
    Path dead = killed(temp.resolve("forged"), "a", new String(forged.array(), UTF_8), "c");
    Path file = segments(dead).get(0);
    write(file, frames(file).get(1), new byte[] {1});
    assertEquals(List.of("a", "c"), recovered(dead));
  }

  private static void write(Path file, long offset, byte[] bytes) throws IOException {
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.seek(offset);
      out.write(bytes);
    }
  }

  @Test
  void aFullSegmentThatWasCutShort_doesNotTroubleWhoeverNeedsTheNext() throws Exception {
    Path live = Files.createDirectory(temp.resolve("cut-live"));
    try (Spool spool = Spool.open(live, new SpoolOptions(MIB, SyncPolicy.never()))) {
      Spools.append(spool, "a".repeat(30_000));
      truncate(segments(live).get(0), Segment.HEADER_BYTES);
      // It does not fit behind the first: the end mark is due, where the file is no more.
      Spools.append(spool, "b".repeat(50_000));
      assertEquals(List.of("b".repeat(50_000)), Spools.drain(spool));
      assertEquals(1, spool.counts().lost());
    }
  }

  private static void truncate(Path file, long size) throws IOException {
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.setLength(size);
    }
  }
}
