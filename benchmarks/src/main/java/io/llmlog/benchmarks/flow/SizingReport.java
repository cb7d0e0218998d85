package io.llmlog.benchmarks.flow;

import io.llmlog.benchmarks.flow.EventSizes.ContentSizes;
import io.llmlog.benchmarks.flow.EventSizes.Sizes;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Bytes of an event on the wire, in Redis and in the database, and what so many calls a day come
 * to: the tables of {@code docs/SIZING.md}, between its marks. Takes {@code --write}: puts them
 * there.
 */
public final class SizingReport {
  /** Enough that what a table has once counts for nothing. */
  static final int EVENTS = 50_000;

  private static final long[] CALLS_A_DAY = {10_000, 100_000, 1_000_000, 10_000_000};
  private static final int DAYS = 30;
  private static final int HOURS = 24;

  /** Rows that the rollup gets in an hour, at most: combinations that have calls. */
  private static final int COMBINATIONS = 200;

  private static final double MB = 1e6;
  private static final double GB = 1e9;
  private static final MathContext THREE = new MathContext(3, RoundingMode.HALF_EVEN);

  private static final Path PAGE = Path.of("docs", "SIZING.md");

  /** Stand in the page before and behind the tables. */
  static final String BEGIN = "<!-- begin: benchmarks/run --sizing --write -->";

  static final String END = "<!-- end -->";

  private final List<String> lines = new ArrayList<>();

  private SizingReport() {}

  public static void main(String[] arguments) throws Exception {
    boolean write = List.of(arguments).equals(List.of("--write"));
    if (!write && arguments.length > 0) {
      System.err.println("Usage: benchmarks/run --sizing [--write]");
      System.exit(2);
    }
    try (Servers servers = Servers.start()) {
      System.out.println(servers.describe());
      System.out.println();
      List<String> tables = tables(servers);
      tables.forEach(System.out::println);
      if (write) {
        write(tables);
      }
    }
  }

  private static void write(List<String> tables) throws IOException {
    List<String> page = Files.readAllLines(PAGE);
    List<String> lines = new ArrayList<>(page.subList(0, page.indexOf(BEGIN) + 1));
    lines.addAll(tables);
    lines.addAll(page.subList(page.indexOf(END), page.size()));
    Files.write(PAGE, lines);
  }

  /** The tables, as Markdown. */
  static List<String> tables(Servers servers) throws Exception {
    EventSizes sizes = new EventSizes(servers, EVENTS);
    Sizes usual = sizes.of(Calls.Shape.USUAL);
    Sizes all = sizes.of(Calls.Shape.ALL);
    ContentSizes contents = sizes.contents();
    SizingReport report = new SizingReport();
    report.event(usual, all);
    report.beside(usual, contents);
    report.callsADay(usual, all, contents);
    return report.lines;
  }

  private void event(Sizes usual, Sizes all) {
    row("bytes of an event", "usual", "all that a service may know");
    lines.add("| --- | ---: | ---: |");
    row("message on the wire", usual.message(), all.message());
    row("in Redis, by `MEMORY USAGE`", usual.redis(), all.redis());
    row("in Redis, by what `used_memory` grows", usual.redisGrowth(), all.redisGrowth());
    Set<String> parts = new LinkedHashSet<>(usual.parts().keySet());
    parts.addAll(all.parts().keySet());
    for (String part : parts) {
      row(
          part.equals("row") ? "row in `llm_logs`" : part,
          usual.parts().getOrDefault(part, 0.0),
          all.parts().getOrDefault(part, 0.0));
    }
    row("row and indexes together", usual.stored(), all.stored());
    lines.add("");
  }

  private void beside(Sizes usual, ContentSizes contents) {
    row("beside it", "bytes");
    lines.add("| --- | ---: |");
    row("row of `llm_log_hourly` with its indexes", usual.hourly());
    row("row of `llm_log_daily` with its indexes", usual.daily());
    row("prompt and answer in the message, 5,000 characters", contents.json());
    row("the same in `llm_log_contents` with its index", contents.stored());
    lines.add("");
  }

  private void callsADay(Sizes usual, Sizes all, ContentSizes contents) {
    row(
        "calls a day",
        "Redis, MB for an hour of outage",
        "all that a service may know",
        "`llm_logs`, GB a month",
        "all that a service may know",
        "`llm_log_hourly`, MB a month",
        "`llm_log_contents`, GB for 30 days");
    lines.add("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for (long calls : CALLS_A_DAY) {
      double anHour = calls / (double) HOURS;
      row(
          String.format(Locale.ROOT, "%,d", calls),
          anHour * usual.redisGrowth() / MB,
          anHour * all.redisGrowth() / MB,
          calls * DAYS * usual.stored() / GB,
          calls * DAYS * all.stored() / GB,
          Math.min(anHour, COMBINATIONS) * HOURS * DAYS * usual.hourly() / MB,
          calls * DAYS * contents.stored() / GB);
    }
  }

  private void row(String first, double... values) {
    String[] cells = new String[values.length + 1];
    cells[0] = first;
    for (int i = 0; i < values.length; i++) {
      cells[i + 1] = figure(values[i]);
    }
    row(cells);
  }

  private void row(String... cells) {
    lines.add("| " + String.join(" | ", cells) + " |");
  }

  /** Three digits that count. */
  static String figure(double value) {
    BigDecimal rounded = BigDecimal.valueOf(value).round(THREE);
    int decimals = Math.max(0, rounded.scale());
    return String.format(Locale.ROOT, "%,." + decimals + "f", rounded);
  }
}
