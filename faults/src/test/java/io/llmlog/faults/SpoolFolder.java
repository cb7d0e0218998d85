package io.llmlog.faults;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The files of a spool, seen and spoilt from outside. */
final class SpoolFolder {
  private final Path root;

  private SpoolFolder(Path root) {
    this.root = root;
  }

  static SpoolFolder of(Path root) {
    return new SpoolFolder(root);
  }

  /** The subdirectories of living and dead loggers. */
  List<Path> loggers() throws IOException {
    try (Stream<Path> all = Files.list(root)) {
      return all.filter(path -> path.getFileName().toString().startsWith("logger-")).toList();
    }
  }

  /** All segments, oldest first in each subdirectory. */
  List<Path> segments() throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      return all.filter(path -> path.toString().endsWith(".seg")).sorted().toList();
    }
  }

  /** The segment that a dead service wrote to last. */
  Path lastSegment() throws IOException {
    List<Path> filled = segments();
    for (int i = filled.size() - 1; i >= 0; i--) {
      if (end(filled.get(i)) > 1024) {
        return filled.get(i);
      }
    }
    throw new AssertionError("no segment holds events: " + filled);
  }

  /** What was moved out of the way. */
  List<Path> quarantined() throws IOException {
    Path quarantine = root.resolve("quarantine");
    if (!Files.exists(quarantine)) {
      return List.of();
    }
    try (Stream<Path> all = Files.walk(quarantine)) {
      return all.filter(Files::isRegularFile).toList();
    }
  }

  /** Where the zeros begin that end a segment. */
  static long end(Path segment) throws IOException {
    byte[] bytes = Files.readAllBytes(segment);
    int end = bytes.length;
    while (end > 0 && bytes[end - 1] == 0) {
      end--;
    }
    return end;
  }

  /** The next byte that says something: the zeros between two frames belong to no event. */
  static long nextWritten(Path segment, long from) throws IOException {
    byte[] bytes = Files.readAllBytes(segment);
    int at = Math.toIntExact(from);
    while (bytes[at] == 0) {
      at++;
    }
    return at;
  }

  /** Shortens a file. */
  static void cut(Path file, long size) throws IOException {
    try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
      open.setLength(size);
    }
  }

  /** Turns one bit around; answers the byte as it is now. */
  static int flip(Path file, long position) throws IOException {
    try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
      open.seek(position);
      int before = open.read();
      open.seek(position);
      open.write(before ^ 0x10);
      open.seek(position);
      return open.read();
    }
  }
}
