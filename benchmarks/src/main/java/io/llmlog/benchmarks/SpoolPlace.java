package io.llmlog.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Directories for spools: where the JVM has its temporary files ({@code java.io.tmpdir}). */
final class SpoolPlace {
  private SpoolPlace() {}

  static Path create() {
    try {
      return Files.createTempDirectory("llmlog-benchmark");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void delete(Path directory) {
    try {
      List<Path> all;
      try (Stream<Path> walk = Files.walk(directory)) {
        all = walk.sorted(Comparator.reverseOrder()).toList();
      }
      for (Path path : all) {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The kind of file system: on tmpfs a forced write costs nothing, and proves nothing. */
  static String fileSystem() {
    Path directory = create();
    try {
      return Files.getFileStore(directory).type();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      delete(directory);
    }
  }
}
