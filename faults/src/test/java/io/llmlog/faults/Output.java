package io.llmlog.faults;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What is said on stderr in this JVM, the product's log with it: kept in {@code
 * target/faults/output.log}, where secrets are looked for, since faults make much of it.
 */
final class Output {
  private static final Path FILE = Path.of("target", "faults", "output.log");

  private static boolean installed;

  private Output() {}

  static synchronized void install() {
    if (installed) {
      return;
    }
    installed = true;
    try {
      Files.createDirectories(FILE.getParent());
      OutputStream file = Files.newOutputStream(FILE);
      System.setErr(new PrintStream(file, true, UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(FILE.toString(), e);
    }
  }

  /** How much was said so far. */
  static long length() {
    return FILE.toFile().length();
  }

  /** What was said since then. */
  static String since(long position) {
    try (RandomAccessFile file = new RandomAccessFile(FILE.toFile(), "r")) {
      byte[] bytes = new byte[(int) (file.length() - position)];
      file.seek(position);
      file.readFully(bytes);
      return new String(bytes, UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(FILE.toString(), e);
    }
  }
}
