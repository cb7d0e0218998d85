package io.llmlog.spool;

import static io.llmlog.spool.Spools.LONG;
import static io.llmlog.spool.Spools.MIB;
import static io.llmlog.spool.Spools.OPTIONS;
import static io.llmlog.spool.Spools.append;
import static io.llmlog.spool.Spools.drain;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
  private Path disk = Path.of("");
  private boolean mounted;

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
    long accepted = 0;
    try (CapturedLog log = new CapturedLog();
        Spool spool = Spool.open(disk, OPTIONS)) {
      AppendResult result;
      while ((result = spool.append(KIB, LONG)) == AppendResult.ACCEPTED) {
        accepted++;
      }
      assertEquals(AppendResult.FAILED, result);
      assertEquals("No space left on device", fill(disk), "the disk was full");
      // Callers are told before the log is.
      Spools.await(() -> log.count("No space left on device") == 1);
      long start = System.nanoTime();
      assertEquals(AppendResult.FAILED, spool.append(KIB, LONG));
      assertTrue(System.nanoTime() - start < LONG / 4, "at once");
      assertEquals(accepted, spool.pending());
      assertTrue(run("mount", "-o", "remount,size=64m", disk.toString()));
      assertEquals(AppendResult.ACCEPTED, spool.append(KIB, LONG, LONG));
      assertEquals(accepted + 1, drain(spool).size());
    }
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
    Path ballast = disk.resolve("lost+found");
    assertEquals("No space left on device", fill(ballast), "the disk was full");
    // A page for the lock's text; none for a segment.
    try (var out = Files.newByteChannel(ballast, WRITE)) {
      out.truncate(Files.size(ballast) - 64 * 1024);
    }
    try (CapturedLog log = new CapturedLog();
        Spool spool = Spool.open(disk, OPTIONS)) {
      assertEquals(List.of("a", "b"), drain(spool));
      Spools.await(() -> log.count("No space left on device") == 1);
      assertEquals(AppendResult.FAILED, spool.append(KIB, LONG));
      Files.delete(ballast);
      assertEquals(AppendResult.ACCEPTED, spool.append(KIB, LONG, LONG));
    }
  }

  private static String fill(Path path) {
    Path file = Files.isDirectory(path) ? path.resolve("lost+found") : path;
    IOException full =
        assertThrows(
            IOException.class,
            () -> {
              try (var out = Files.newOutputStream(file)) {
                while (true) {
                  out.write(new byte[4096]);
                }
              }
            });
    return String.valueOf(full.getMessage());
  }

  private void pastTheLimit() throws Exception {
    List<AppendResult> results = new ArrayList<>();
    try (Spool spool = Spool.open(disk, new SpoolOptions(MIB, SyncPolicy.never()))) {
      do {
        results.add(spool.append(KIB, LONG));
      } while (results.get(results.size() - 1) == AppendResult.ACCEPTED);
      assertEquals(AppendResult.FULL, results.get(results.size() - 1));
      assertEquals(results.size() - 1, drain(spool).size());
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
