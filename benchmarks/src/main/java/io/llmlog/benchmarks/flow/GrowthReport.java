package io.llmlog.benchmarks.flow;

import io.llmlog.benchmarks.flow.GrowthPoint.Tables;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.testkit.PostgresServer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The rows per second of a worker by the depth of its queue and by the rows that its table has
 * already, in rounds that take turns. What takes turns is one worker each, all of them warm.
 *
 * <p>Takes {@code --quick}, and {@code --database URL --schema NAME} of tables that are filled
 * already: rows are added to them, and tables beside them are made and dropped again.
 */
public final class GrowthReport {
  private static final double WANTED = 0.9;
  private static final String LINE = "%-44s %12s %22s %18s %10s%n";

  /**
   * How much is done.
   *
   * @param depths of the queue, the smallest first
   * @param rows of the table, the smallest first; the first is 0. Empty: left out
   * @param depthWithRows of the queue while the table's rows are what matters
   * @param warmUp before each round is measured
   */
  record Extent(
      List<Long> depths,
      List<Long> rows,
      long depthWithRows,
      int rounds,
      Duration warmUp,
      Duration round) {
    static final Extent FULL =
        new Extent(
            List.of(100_000L, 1_000_000L),
            List.of(0L, 5_000_000L, 20_000_000L),
            50_000,
            5,
            Duration.ofSeconds(3),
            Duration.ofSeconds(12));
    static final Extent QUICK =
        new Extent(
            List.of(20_000L, 200_000L),
            List.of(0L, 250_000L, 1_000_000L),
            20_000,
            3,
            Duration.ofSeconds(1),
            Duration.ofSeconds(4));
  }

  /** Tables that are filled already. */
  private record Given(String url, SchemaName schema) {}

  private final Servers servers;
  private final Extent extent;
  private final @Nullable Given given;

  GrowthReport(Servers servers, Extent extent) {
    this(servers, extent, null);
  }

  private GrowthReport(Servers servers, Extent extent, @Nullable Given given) {
    this.servers = servers;
    this.extent = extent;
    this.given = given;
  }

  public static void main(String[] arguments) throws Exception {
    List<String> left = new ArrayList<>(List.of(arguments));
    boolean quick = left.remove("--quick");
    Given given = null;
    if (left.size() == 4 && left.get(0).equals("--database") && left.get(2).equals("--schema")) {
      given = given(left.get(1), left.get(3));
      left.clear();
    }
    if (!left.isEmpty()) {
      wrongUsage("");
    }
    try (Servers servers = Servers.start()) {
      new GrowthReport(servers, quick ? Extent.QUICK : Extent.FULL, given).run();
    }
  }

  private static @Nullable Given given(String url, String schema) {
    try {
      PostgresUrl.parse(url);
      return new Given(url, new SchemaName(schema));
    } catch (IllegalArgumentException e) {
      wrongUsage(e.getMessage() + System.lineSeparator());
      return null;
    }
  }

  private static void wrongUsage(String why) {
    System.err.println(
        why + "Usage: benchmarks/run --growth [--quick] [--database URL --schema NAME]");
    System.exit(2);
  }

  void run() throws Exception {
    System.out.printf(
        Locale.ROOT,
        "%s%nOne worker, %s, 2 threads; medians of %d rounds of %d s; a program beside it keeps the"
            + " queue at its depth%n",
        servers.describe(),
        WorkerProcess.HEAP,
        extent.rounds(),
        extent.round().toSeconds());
    byDepth();
    if (given != null) {
      System.out.printf("%nThe tables of what follows: %s%n", Servers.describe(given.url()));
    }
    if (!extent.rows().isEmpty()) {
      byRows();
    }
  }

  private void byDepth() throws Exception {
    List<GrowthPoint> points = new ArrayList<>();
    try {
      for (long depth : extent.depths()) {
        Tables tables = new Tables(servers.database("depth", Instant.now()), Servers.SCHEMA, true);
        points.add(
            new GrowthPoint(
                servers,
                String.format(Locale.ROOT, "queue of %,d messages, empty table", depth),
                "depth_" + depth,
                depth,
                tables));
      }
      measure(points);
    } finally {
      points.forEach(GrowthPoint::close);
    }
  }

  private void byRows() throws Exception {
    List<GrowthPoint> points = new ArrayList<>();
    List<Tables> made = new ArrayList<>();
    try {
      for (int i = 0; i < extent.rows().size(); i++) {
        long rows = extent.rows().get(i);
        boolean last = i == extent.rows().size() - 1;
        Tables tables = last && given != null ? given(given) : made(rows, made);
        long before = tables.emptied() ? 0 : Servers.rows(tables.url(), tables.schema());
        points.add(
            new GrowthPoint(
                servers,
                String.format(
                    Locale.ROOT, "table of %,d rows, queue of %,d", before, extent.depthWithRows()),
                "rows_" + i,
                extent.depthWithRows(),
                tables));
      }
      measure(points);
    } finally {
      points.forEach(GrowthPoint::close);
      if (given != null) {
        for (Tables tables : made) {
          PostgresServer.execute(
              tables.url(), "DROP SCHEMA " + tables.schema().quoted() + " CASCADE");
        }
      }
    }
  }

  private static Tables given(Given given) throws Exception {
    FilledTable.fill(given.url(), given.schema(), 0);
    return new Tables(given.url(), given.schema(), false);
  }

  /** Tables of our own, on the server of those that were given, if any were. */
  private Tables made(long rows, List<Tables> made) throws Exception {
    Tables tables;
    if (given == null) {
      tables = new Tables(servers.database("rows", Instant.now()), Servers.SCHEMA, rows == 0);
    } else {
      // Beside others: a name that nobody has.
      String name = "benchmark_" + Long.toString(System.nanoTime(), 36);
      PostgresServer.execute(given.url(), "CREATE SCHEMA " + name);
      tables = new Tables(given.url(), new SchemaName(name), rows == 0);
      made.add(tables);
    }
    FilledTable.fill(tables.url(), tables.schema(), rows);
    return tables;
  }

  private void measure(List<GrowthPoint> points) throws Exception {
    // Not counted: JVMs are cold, and the first round after filling meets a cold cache.
    for (int round = -1; round < extent.rounds(); round++) {
      for (GrowthPoint point : points) {
        point.round(extent.warmUp(), extent.round());
        if (round < 0) {
          point.forget();
        }
      }
    }
    System.out.println();
    System.out.printf(LINE, "", "rows/s", "of the rounds", "to the smallest", "wanted");
    double smallest = EndToEndReport.median(points.get(0).rates());
    for (GrowthPoint point : points) {
      point.finish();
      double median = EndToEndReport.median(point.rates());
      System.out.printf(
          LINE,
          point.name(),
          String.format(Locale.ROOT, "%,.0f", median),
          String.format(
              Locale.ROOT,
              "%,.0f to %,.0f",
              Collections.min(point.rates()),
              Collections.max(point.rates())),
          String.format(Locale.ROOT, "%.2f", median / smallest),
          ">= " + WANTED);
    }
  }
}
