package io.llmlog.faults;

import io.llmlog.faults.Invariants.Tally;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * The table of a run. Printed, and written to {@code target/faults/report.md} when the last case
 * has ended; appended to the file that {@code -Dllmlog.report} names, relative to the checkout.
 */
final class Report implements AutoCloseable {
  private static final String SEED = "llmlog.seed";
  private static final String FILE = "llmlog.report";
  private static final String HEAD =
      """
      | fault | what happened | events | lost | twice | longest `log()` |
      | --- | --- | ---: | ---: | ---: | ---: |
      """;

  private static final long RUN_SEED = Long.getLong(SEED, new Random().nextInt(1_000_000));
  private static final List<String> LINES = new ArrayList<>();
  private static int failed;

  private final long started = System.nanoTime();

  Report() {
    say("faults: seed " + RUN_SEED + " (again with -D" + SEED + "=" + RUN_SEED + ")");
  }

  /** The seed of the run, from which each case derives its own. */
  static long seed() {
    return RUN_SEED;
  }

  static synchronized void add(String fault, String proof, Tally tally) {
    line(
        "| %s | %s; %s%s | %,d | %,d | %,d | %s |"
            .formatted(
                cell(fault),
                cell(proof),
                tally.roads(),
                tally.dead() == 0 ? "" : ", dead letters " + tally.dead(),
                tally.events(),
                tally.lost(),
                tally.twice(),
                millis(tally.longest())));
  }

  static synchronized void failed(String test, @Nullable Throwable why) {
    failed++;
    String first = why == null ? "" : String.valueOf(why.getMessage());
    line("| %s | **FAILED** %s | | | | |".formatted(cell(test), cell(first)));
  }

  private static void line(String line) {
    LINES.add(line);
    say(line);
  }

  /** Not by a logger: people watch this, and stderr is what is searched for secrets. */
  private static void say(String line) {
    System.out.println(line);
  }

  @Override
  public void close() {
    String table = table();
    say(table);
    write(Path.of("target", "faults", "report.md"), table);
    String file = System.getProperty(FILE, "");
    if (!file.isEmpty()) {
      Path checkout = Path.of(System.getProperty("basedir", ""), "..");
      write(checkout.toAbsolutePath().normalize().resolve(file), table);
    }
  }

  private synchronized String table() {
    Duration took = Duration.ofNanos(System.nanoTime() - started);
    return """

        ### Seed %d, %s

        %s. %d cases, %d failed, %d min %d s.

        %s%s
        """
        .formatted(
            RUN_SEED,
            DateTimeFormatter.ISO_LOCAL_DATE.format(Instant.now().atZone(ZoneOffset.UTC)),
            machine(),
            LINES.size(),
            failed,
            took.toMinutes(),
            took.toSecondsPart(),
            HEAD,
            String.join("\n", LINES));
  }

  private static String machine() {
    return "%s %s, %d processors, Java %s"
        .formatted(
            System.getProperty("os.name"),
            System.getProperty("os.arch"),
            Runtime.getRuntime().availableProcessors(),
            Runtime.version().feature());
  }

  private static void write(Path file, String text) {
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(file.toString(), e);
    }
  }

  private static String cell(String text) {
    String line = text.lines().findFirst().orElse("").replace("|", "\\|");
    return line.length() > 300 ? line.substring(0, 300) + "…" : line;
  }

  private static String millis(Duration duration) {
    return String.format(Locale.ROOT, "%.1f ms", duration.toNanos() / 1e6);
  }
}
