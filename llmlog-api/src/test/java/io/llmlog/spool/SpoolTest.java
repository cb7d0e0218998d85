package io.llmlog.spool;

import static io.llmlog.spool.Spools.LONG;
import static io.llmlog.spool.Spools.MIB;
import static io.llmlog.spool.Spools.OPTIONS;
import static io.llmlog.spool.Spools.append;
import static io.llmlog.spool.Spools.drain;
import static io.llmlog.spool.Spools.event;
import static io.llmlog.spool.Spools.recovered;
import static io.llmlog.spool.Spools.subdirectories;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class SpoolTest {
  @TempDir Path directory;

  @Test
  void events_comeBackUnchangedAndInOrder() throws Exception {
    Random random = new Random(1);
    List<byte[]> events = new ArrayList<>();
    try (Spool spool = Spool.open(directory, OPTIONS)) {
      for (int i = 0; i < 5000; i++) {
        byte[] event = new byte[1 + random.nextInt(900)];
        random.nextBytes(event);
        events.add(event);
        assertEquals(AppendResult.ACCEPTED, spool.append(event, LONG));
      }
      assertEquals(5000, spool.pending());
      int at = 0;
      while (at < events.size()) {
        List<byte[]> batch = spool.peek(70, 20_000);
        assertTrue(batch.size() <= 70);
        for (byte[] each : batch) {
          assertArrayEquals(events.get(at++), each);
        }
        spool.remove(batch.size());
      }
      assertTrue(spool.peek(1, 1).isEmpty());
    }
    assertTrue(subdirectories(directory).isEmpty(), "an empty spool leaves no subdirectory");
  }

  @Test
  void peek_removesNothing_andRemoveOnlyWhatWasSeen() throws Exception {
    try (Spool spool = Spool.open(directory, OPTIONS)) {
      append(spool, "a", "b", "c");
      assertEquals(2, spool.peek(2, MIB).size());
      assertEquals(3, spool.peek(10, MIB).size());
      assertEquals(1, spool.peek(10, 0).size(), "at least one, whatever its size");
      assertThrows(IllegalArgumentException.class, () -> spool.remove(2));
      spool.remove(1);
      assertEquals(List.of("b", "c"), drain(spool));
    }
  }

  @Test
  void whatIsPendingAtClose_isAdoptedByTheNext() throws Exception {
    try (Spool spool = Spool.open(directory, OPTIONS)) {
      append(spool, "a", "b", "c");
      spool.peek(1, MIB);
      spool.remove(1);
    }
    try (Spool next = Spool.open(directory, OPTIONS)) {
      append(next, "d");
      assertTrue(next.awaitAdoption(LONG));
      assertFalse(next.isAdopting());
      assertEquals(2, next.adoptedEvents());
      assertEquals(List.of("b", "c", "d"), drain(next));
    }
    assertTrue(subdirectories(directory).isEmpty());
  }

  @Test
  void closing_isIdempotentAndRefusesWhatComesLater() {
    Spool spool = Spool.open(directory, OPTIONS);
    spool.close();
    spool.close();
    assertEquals(AppendResult.CLOSED, spool.append(event("late"), LONG));
    assertTrue(spool.peek(1, MIB).isEmpty());
  }

  @Test
  void closing_onAnInterruptedThreadKeepsEverything() throws Exception {
    Spool spool = Spool.open(directory, OPTIONS);
    append(spool, "a");
    Thread.currentThread().interrupt();
    spool.close();
    assertTrue(Thread.interrupted());
    assertEquals(List.of("a"), recovered(directory));
  }

  @Test
  void twoSpoolsInOneProcess_haveASubdirectoryEach() throws Exception {
    try (Spool one = Spool.open(directory, OPTIONS);
        Spool two = Spool.open(directory, OPTIONS)) {
      append(one, "one");
      append(two, "two");
      assertEquals(2, subdirectories(directory).size());
      assertEquals(List.of("one"), drain(one));
      assertEquals(List.of("two"), drain(two));
      assertEquals(0, two.adoptedEvents());
    }
  }

  @Test
  void pastTheLimit_eventsAreRefusedUntilThereIsRoom() throws Exception {
    byte[] event = new byte[1000];
    SpoolOptions small = new SpoolOptions(MIB, SyncPolicy.never());
    try (Spool spool = Spool.open(directory, small)) {
      int accepted = 0;
      AppendResult result;
      while ((result = spool.append(event, LONG)) == AppendResult.ACCEPTED) {
        accepted++;
      }
      assertEquals(AppendResult.FULL, result);
      assertTrue(accepted > 900, accepted + " of 1 MiB");
      assertTrue(spool.bytes() <= MIB);
      drain(spool);
      assertEquals(AppendResult.ACCEPTED, spool.append(event, LONG, LONG));
    }
  }

  @Test
  void aCallerThatWaitsForRoom_getsIt() throws Exception {
    byte[] event = new byte[1000];
    SpoolOptions small = new SpoolOptions(MIB, SyncPolicy.never());
    try (Spool spool = Spool.open(directory, small)) {
      long accepted = 0;
      while (spool.append(event, LONG) == AppendResult.ACCEPTED) {
        accepted++;
      }
      Thread caller =
          new Thread(() -> assertEquals(AppendResult.ACCEPTED, spool.append(event, LONG, LONG)));
      caller.start();
      Spools.await(() -> caller.getState() == Thread.State.TIMED_WAITING);
      drain(spool);
      caller.join();
      assertEquals(accepted + 1, spool.counts().appended());
    }
  }

  @Test
  void adoptedFiles_countForTheLimit() throws Exception {
    byte[] event = new byte[1000];
    try (Spool spool = Spool.open(directory, OPTIONS)) {
      for (int i = 0; i < 1040; i++) {
        spool.append(event, LONG);
      }
    }
    try (Spool spool = Spool.open(directory, new SpoolOptions(MIB, SyncPolicy.never()))) {
      assertEquals(AppendResult.FULL, spool.append(event, LONG));
      drain(spool);
      assertEquals(AppendResult.ACCEPTED, spool.append(event, LONG, LONG));
    }
  }

  @Test
  void aLargeEvent_getsASegmentOfItsOwn() throws Exception {
    byte[] large = new byte[18 << 20];
    new Random(2).nextBytes(large);
    try (Spool spool = Spool.open(directory, OPTIONS)) {
      append(spool, "before");
      assertEquals(AppendResult.ACCEPTED, spool.append(large, LONG));
      append(spool, "behind");
    }
    try (Spool spool = Spool.open(directory, OPTIONS)) {
      assertTrue(spool.awaitAdoption(LONG));
      List<byte[]> events = spool.peek(10, 100 * MIB);
      assertEquals("before", new String(events.get(0), UTF_8));
      assertArrayEquals(large, events.get(1));
      assertEquals("behind", new String(events.get(2), UTF_8));
    }
    SpoolOptions small = new SpoolOptions(MIB, SyncPolicy.never());
    Path other = Files.createDirectory(directory.resolve("other"));
    try (Spool spool = Spool.open(other, small)) {
      assertEquals(AppendResult.FULL, spool.append(large, LONG), "larger than the limit");
    }
  }

  @Test
  void aDirectoryThatIsNoSpool_isRefusedWithItsPathAndReason() throws Exception {
    Path missing = directory.resolve("missing");
    refused(missing, "does not exist");
    Path file = Files.createFile(directory.resolve("file"));
    refused(file, "is not a directory");
    refused(directory, "holds file, which is not of a spool");
    assertEquals(1, directory.toFile().list().length, "nothing was touched");
  }

  private static void refused(Path path, String reason) {
    String message = assertThrows(SpoolException.class, () -> Spool.open(path, OPTIONS)).toString();
    assertTrue(message.contains(path.toString()) && message.contains(reason), message);
  }

  @Test
  void aForeignFileBesideTheSubdirectories_isLeftAlone() throws Exception {
    try (Spool spool = Spool.open(directory, OPTIONS)) {
      append(spool, "a");
    }
    Path foreign = Files.writeString(directory.resolve("notes.txt"), "mine");
    try (CapturedLog log = new CapturedLog()) {
      assertEquals(List.of("a"), recovered(directory));
      assertEquals(1, log.count(foreign.toString()));
    }
    assertEquals("mine", Files.readString(foreign));
  }

  @Test
  void badOptions_areRefusedWithTheirBounds() {
    for (long bytes : new long[] {0, MIB - 1, (1L << 40) + 1}) {
      assertThrows(
          IllegalArgumentException.class, () -> new SpoolOptions(bytes, SyncPolicy.never()));
    }
    assertThrows(IllegalArgumentException.class, () -> SyncPolicy.every(Duration.ZERO));
    assertThrows(IllegalArgumentException.class, () -> SyncPolicy.every(Duration.ofHours(2)));
  }

  @Test
  void aBatch_isAppendedInOrder() throws Exception {
    SpoolOptions always = new SpoolOptions(64 * MIB, SyncPolicy.always());
    try (Spool spool = Spool.open(directory, always)) {
      List<byte[]> batch = List.of(event("a"), event("b"), event("c"));
      assertEquals(3, spool.appendAll(batch, LONG));
      append(spool, "d");
      assertEquals(3, spool.counts().moved());
      assertEquals(1, spool.counts().appended());
      assertEquals(List.of("a", "b", "c", "d"), drain(spool));
    }
  }

  @Test
  void theConsumer_isWokenByTheEventItWaitsFor() throws Exception {
    try (Spool spool = Spool.open(directory, OPTIONS)) {
      assertFalse(spool.await(1, 1));
      Thread consumer = new Thread(() -> assertTrue(awaited(spool)));
      consumer.start();
      Spools.await(() -> consumer.getState() == Thread.State.TIMED_WAITING);
      append(spool, "a", "b");
      consumer.join();
    }
  }

  private static boolean awaited(Spool spool) {
    try {
      return spool.await(2, LONG);
    } catch (InterruptedException e) {
      return false;
    }
  }

  @Test
  void theThread_endsWithTheSpool() {
    Spool.open(directory, OPTIONS).close();
    Spools.await(
        () ->
            Thread.getAllStackTraces().keySet().stream()
                .noneMatch(each -> each.getName().equals("llmlog-spool")));
    assertFalse(
        Arrays.asList(System.getProperty("io.llmlog.spool.held", "").split(" ", -1)).stream()
            .anyMatch(each -> !each.isEmpty()));
  }
}
