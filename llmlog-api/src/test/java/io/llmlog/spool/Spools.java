package io.llmlog.spool;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** What the tests of the spool share. */
final class Spools {
  static final long LONG = Duration.ofSeconds(20).toNanos();
  static final long MIB = 1L << 20;
  static final SpoolOptions OPTIONS =
      new SpoolOptions(64 * MIB, SyncPolicy.every(Duration.ofMillis(50)));

  private Spools() {}

  static byte[] event(String text) {
    return text.getBytes(UTF_8);
  }

  static void append(Spool spool, String... texts) {
    for (String text : texts) {
      assertEquals(AppendResult.ACCEPTED, spool.append(event(text), LONG));
    }
  }

  /** All that is in it, and removes it. */
  static List<String> drain(Spool spool) throws InterruptedException {
    assertTrue(spool.awaitAdoption(LONG));
    List<String> all = new ArrayList<>();
    for (List<byte[]> batch = spool.peek(100, MIB);
        !batch.isEmpty();
        batch = spool.peek(100, MIB)) {
      batch.forEach(each -> all.add(new String(each, UTF_8)));
      spool.remove(batch.size());
    }
    SpoolCounts counts = spool.counts();
    assertEquals(0, counts.pending());
    assertEquals(
        counts.appended() + counts.moved() + counts.adopted(), counts.removed() + counts.lost());
    return all;
  }

  /** What a new spool finds in the directory. */
  static List<String> recovered(Path directory) throws InterruptedException {
    try (Spool spool = Spool.open(directory, OPTIONS)) {
      return drain(spool);
    }
  }

  /**
   * Writes events, and leaves the directory as a process does that is killed: the files are copied
   * while the spool is open.
   */
  static Path killed(Path temp, String... texts) throws IOException {
    Path live = Files.createDirectory(temp.resolve("live"));
    Path dead = temp.resolve("dead");
    try (Spool spool = Spool.open(live, OPTIONS)) {
      append(spool, texts);
      copyOf(spool, live, dead);
    }
    return dead;
  }

  /** What a spool would leave if it were killed now, once its thread has nothing to do. */
  static void copyOf(Spool spool, Path live, Path dead) {
    // Then no file changes its name under the copy.
    await(() -> spool.monitor.in(() -> spool.chain.next != null && noneIsBroken(spool)));
    spool.monitor.run(
        () -> {
          try {
            copy(live, dead);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  private static boolean noneIsBroken(Spool spool) {
    return spool.chain.own().stream().noneMatch(each -> each.broken);
  }

  static void copy(Path from, Path to) throws IOException {
    try (var all = Files.walk(from)) {
      for (Path each : all.toList()) {
        Files.copy(each, to.resolve(from.relativize(each).toString()));
      }
    }
  }

  static void removeAll(Path path) throws IOException {
    try (var all = Files.walk(path)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }

  /** The segments below a directory, oldest first. */
  static List<Path> segments(Path directory) throws IOException {
    return find(directory, ".seg");
  }

  static List<Path> quarantined(Path directory) throws IOException {
    Path quarantine = directory.resolve(SpoolRoot.QUARANTINE);
    return Files.isDirectory(quarantine) ? find(quarantine, "") : List.of();
  }

  static List<Path> subdirectories(Path directory) throws IOException {
    try (var all = Files.list(directory)) {
      return all.filter(each -> each.getFileName().toString().startsWith("logger-")).toList();
    }
  }

  private static List<Path> find(Path directory, String suffix) throws IOException {
    List<Path> found = new ArrayList<>();
    Files.walkFileTree(
        directory,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            String name = file.toString();
            if (attributes.isRegularFile()
                && name.endsWith(suffix)
                && (suffix.isEmpty() || !name.contains("quarantine"))) {
              found.add(file);
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            // Of a live directory: renamed or deleted since it was listed.
            if (e instanceof NoSuchFileException) {
              return FileVisitResult.CONTINUE;
            }
            throw e;
          }
        });
    found.sort(Comparator.naturalOrder());
    return found;
  }

  /** Offsets of the frames in a segment, and of the end behind them. */
  static List<Integer> frames(Path segment) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(segment)).order(ByteOrder.LITTLE_ENDIAN);
    List<Integer> offsets = new ArrayList<>();
    int offset = Segment.HEADER_BYTES;
    offsets.add(offset);
    while (offset <= bytes.capacity() - 8 && bytes.getInt(offset) > 0) {
      offset += Frame.sizeOf(bytes.getInt(offset));
      offsets.add(offset);
    }
    return offsets;
  }

  static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + LONG;
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() - end < 0, "waited in vain");
      LockSupport.parkNanos(100_000);
    }
  }
}
