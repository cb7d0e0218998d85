package io.llmlog.spool;

import static io.llmlog.spool.Spools.LONG;
import static io.llmlog.spool.Spools.MIB;
import static io.llmlog.spool.Spools.OPTIONS;
import static io.llmlog.spool.Spools.append;
import static io.llmlog.spool.Spools.drain;
import static io.llmlog.spool.Spools.segments;
import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A disk that is really full or read-only: a small file system, where the test may mount one. Where
 * it may not, the spool's own limit and a path below a file stand in for them.
 */
@Timeout(60)
class SpoolDiskTest {
  private static final byte[] KIB = new byte[1000];

  @TempDir Path temp;
  private final Turns files = new Turns();
  private Path disk = Path.of("");
  private boolean mounted;

  /** The test and the spool do not write at once: what one has half written is free again soon. */
  private static final class Turns extends SpoolFiles {
    @Override
    synchronized MappedByteBuffer create(Path file, int size) throws IOException {
      try {
        return super.create(file, size);
      } catch (IOException e) {
        Files.deleteIfExists(file);
        throw e;
      }
    }

    /** Takes all space that is left; answers the file that holds it. */
    synchronized Path fill(Path disk) {
      Path ballast = disk.resolve("lost+found");
      IOException full =
          assertThrows(
              IOException.class,
              () -> {
                try (var out = Files.newOutputStream(ballast, CREATE, APPEND)) {
                  while (true) {
                    out.write(new byte[4096]);
                  }
                }
              });
      assertEquals("No space left on device", full.getMessage(), "the disk was full");
      return ballast;
    }
  }

  private boolean mount(String options) throws Exception {
    disk = Files.createDirectory(temp.resolve("disk"));
    mounted = run("mount", "-t", "tmpfs", "-o", options, "tmpfs", disk.toString());
    return mounted;
  }

  private static boolean run(String... command) throws Exception {
    try {
      Process process =
          new ProcessBuilder(command).redirectErrorStream(true).redirectInput(nothing()).start();
      process.getInputStream().readAllBytes();
      return process.waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private static ProcessBuilder.Redirect nothing() {
    return ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile());
  }

  @AfterEach
  void unmount() throws Exception {
    if (mounted) {
      // Lazily: a mapping lives until it is collected as garbage.
      assertTrue(run("umount", "-l", disk.toString()), "left mounted: " + disk);
    }
  }

  @Test
  void aFullDisk_refusesEventsAtOnceAndTakesThemAgainWhenItHasRoom() throws Exception {
    if (!mount("size=6m")) {
      pastTheLimit();
      return;
    }
    try (CapturedLog log = new CapturedLog();
        Spool spool = Spool.open(disk, OPTIONS, files)) {
      long accepted = appendUntilTheDiskRefuses(spool);
      files.fill(disk);
      // What was made ahead before.
      accepted += appendUntilTheDiskRefuses(spool);
      // Callers are told before the log is.
      Spools.await(() -> log.count("No space left on device") > 0);
      long start = System.nanoTime();
      assertEquals(AppendResult.FAILED, spool.append(KIB, LONG));
      assertTrue(System.nanoTime() - start < LONG / 4, "at once");
      assertEquals(accepted, spool.pending());
      assertTrue(run("mount", "-o", "remount,size=64m", disk.toString()));
      assertEquals(AppendResult.ACCEPTED, spool.append(KIB, LONG, LONG));
      assertEquals(accepted + 1, drain(spool).size());
    }
  }

  private static long appendUntilTheDiskRefuses(Spool spool) {
    long accepted = 0;
    AppendResult result;
    while ((result = spool.append(KIB, LONG)) == AppendResult.ACCEPTED) {
      accepted++;
    }
    assertEquals(AppendResult.FAILED, result);
    return accepted;
  }

  @Test
  void aFullDisk_givesBackWhatADeadProcessLeft() throws Exception {
    if (!mount("size=8m")) {
      pastTheLimit();
      return;
    }
    try (Spool spool = Spool.open(disk, OPTIONS)) {
      append(spool, "a", "b");
    }
    Path ballast = files.fill(disk);
    // A page for the lock's text; none for a segment.
    try (var out = Files.newByteChannel(ballast, WRITE)) {
      out.truncate(Files.size(ballast) - 64 * 1024);
    }
    try (CapturedLog log = new CapturedLog();
        Spool spool = Spool.open(disk, OPTIONS, files)) {
      assertEquals(List.of("a", "b"), drain(spool));
      Spools.await(() -> log.count("No space left on device") > 0);
      assertEquals(AppendResult.FAILED, spool.append(KIB, LONG));
      Files.delete(ballast);
      assertEquals(AppendResult.ACCEPTED, spool.append(KIB, LONG, LONG));
    }
  }

  @Test
  void aDiskFullOfWhatADeadProcessHadMadeAhead_hasRoomForTheNext() throws Exception {
    if (!mount("size=8m")) {
      pastTheLimit();
      return;
    }
    try (var left = Files.newDirectoryStream(Spools.killed(temp, "a", "b"))) {
      for (Path each : left) {
        Spools.copy(each, disk.resolve(each.getFileName()));
      }
    }
    assertEquals(2, segments(disk).size(), "one was made ahead");
    files.fill(disk);
    try (Spool spool = Spool.open(disk, OPTIONS)) {
      assertEquals(List.of("a", "b"), drain(spool));
      assertEquals(AppendResult.ACCEPTED, spool.append(KIB, LONG, LONG));
    }
  }

  @Test
  void aSubdirectoryRemovedFromAFullDisk_isMadeAgainWhenThereIsRoom() throws Exception {
    if (!mount("size=8m")) {
      pastTheLimit();
      return;
    }
    try (Spool spool = Spool.open(disk, OPTIONS, files)) {
      append(spool, "a");
      Path ballast = files.fill(disk);
      Path home = Spools.subdirectories(disk).get(0);
      // Its files are still mapped, and hold their space.
      Spools.removeAll(Files.move(home, disk.resolve("elsewhere")));
      Spools.await(() -> spool.append(KIB, 0) == AppendResult.FAILED);
      Files.delete(ballast);
      assertEquals(AppendResult.ACCEPTED, spool.append(KIB, LONG, LONG));
      assertEquals("a", drain(spool).get(0));
    }
  }

  private void pastTheLimit() throws Exception {
    long accepted = 0;
    try (Spool spool = Spool.open(disk, new SpoolOptions(MIB, SyncPolicy.never()))) {
      AppendResult result;
      while ((result = spool.append(KIB, LONG)) == AppendResult.ACCEPTED) {
        accepted++;
      }
      assertEquals(AppendResult.FULL, result);
      assertEquals(accepted, drain(spool).size());
      assertEquals(AppendResult.ACCEPTED, spool.append(KIB, LONG, LONG));
    }
  }

  @Test
  void aDirectoryThatCannotBeWritten_isRefusedWithItsPathAndReason() throws Exception {
    if (mount("ro,size=1m")) {
      assertThrows(IOException.class, () -> Files.createFile(disk.resolve("probe")));
      refused(disk, "cannot be written: ");
    }
    Path below = Files.createFile(temp.resolve("file")).resolve("spool");
    refused(below, "does not exist");
  }

  private static void refused(Path path, String reason) {
    String message = assertThrows(SpoolException.class, () -> Spool.open(path, OPTIONS)).toString();
    assertTrue(message.contains("Spool directory " + path + ": " + reason), message);
  }
}
