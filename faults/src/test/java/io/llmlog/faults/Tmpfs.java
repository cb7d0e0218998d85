package io.llmlog.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A small file system in memory, where the test has the right to mount one. */
final class Tmpfs implements AutoCloseable {
  private final Path directory;

  private Tmpfs(Path directory) {
    this.directory = directory;
  }

  /** Mounts one, or answers null where that is not allowed. */
  static @Nullable Tmpfs mount(String size) {
    try {
      Path directory = Files.createTempDirectory("llmlog-faults-disk");
      if (mounts(directory, size)) {
        return new Tmpfs(directory);
      }
      Files.delete(directory);
      return null;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean mounts(Path directory, String size) {
    try {
      String options = "size=" + size;
      return run("mount", "-t", "tmpfs", "-o", options, "tmpfs", directory.toString()) == 0;
    } catch (IOException e) {
      // No such program here.
      return false;
    }
  }

  Path directory() {
    return directory;
  }

  @Override
  public void close() {
    try {
      // Lazily: a server may still have files open there.
      run("umount", "-l", directory.toString());
      Files.delete(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int run(String... command) throws IOException {
    try {
      return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }
}
