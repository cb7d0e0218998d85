package io.llmlog.benchmarks.caller;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What JMH has no place for: how many of all events that a fork took have arrived, warm-up
 * included. Forks say it in a file that a property names.
 */
final class Shares {
  private static final String PROPERTY = "llmlog.benchmarks.shares";

  private final Path file;

  private Shares(Path file) {
    this.file = file;
  }

  static Shares in(Path directory) {
    return new Shares(directory.resolve("shares"));
  }

  /** What a fork needs to be heard. */
  String argument() {
    return "-D" + PROPERTY + "=" + file;
  }

  /** Says it, where somebody asked. */
  static void say(String subject, int threads, long taken, long arrived) {
    String path = System.getProperty(PROPERTY);
    if (path == null) {
      return;
    }
    try {
      Files.writeString(
          Path.of(path),
          "%s %d %d %d%n".formatted(subject, threads, taken, arrived),
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The share of all forks of a subject, for a table; empty where none said one. */
  String of(@Nullable String subject, int threads) {
    if (!Files.exists(file)) {
      return "";
    }
    long taken = 0;
    long arrived = 0;
    try {
      for (String line : Files.readAllLines(file)) {
        String[] parts = line.split(" ", -1);
        if (parts[0].equals(subject) && Integer.parseInt(parts[1]) == threads) {
          taken += Long.parseLong(parts[2]);
          arrived += Long.parseLong(parts[3]);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return taken == 0 ? "" : String.format(Locale.ROOT, "%.1f %%", 100.0 * arrived / taken);
  }
}
