package io.llmlog.benchmarks;

import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.PostgresWriter;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.schema.Schema;
import io.llmlog.spi.EventWriter;
import io.llmlog.spi.StoreProvider.StoreSettings;
import io.llmlog.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.Period;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * What the rollup costs those who write: four writers with its trigger beside four without it, in
 * rounds that take turns, on one server that this program starts.
 */
public final class RollupReport {
  private static final int WRITERS = 4;
  private static final String SCHEMA = "analytics";
  private static final String LINE = "%-10s %14s %14s %14s %8s%n";

  private final PostgresServer server;
  private final int pairs;
  private final int batchesOfWriter;

  private RollupReport(PostgresServer server, int pairs, int batchesOfWriter) {
    this.server = server;
    this.pairs = pairs;
    this.batchesOfWriter = batchesOfWriter;
  }

  /** Takes {@code --quick}: fewer and shorter rounds, less exact. */
  public static void main(String[] arguments) throws Exception {
    boolean quick = List.of(arguments).equals(List.of("--quick"));
    if (!quick && arguments.length > 0) {
      System.err.println("Usage: benchmarks/run --rollup [--quick]");
      System.exit(2);
    }
    // Of its own, and with what a server in production has on: the test kit's has not.
    try (PostgresServer server =
        PostgresServer.owned()
            .setting("fsync", "on")
            .setting("full_page_writes", "on")
            .setting("shared_buffers", "256MB")
            .setting("max_wal_size", "4GB")
            .start()) {
      new RollupReport(server, quick ? 3 : 7, quick ? 15 : 40).run();
    }
  }

  private void run() throws Exception {
    System.out.printf(
        Locale.ROOT,
        "%d writers, %d batches of %d rows each in a round, %d pairs of rounds; %s, %d processors%n%n",
        WRITERS,
        batchesOfWriter,
        RollupBatches.ROWS,
        pairs,
        text(server.url(), "SHOW server_version"),
        Runtime.getRuntime().availableProcessors());
    System.out.printf(
        Locale.ROOT, LINE, "calls", "groups/batch", "rows/s without", "rows/s with", "ratio");
    for (RollupBatches.Shape shape : RollupBatches.Shape.values()) {
      measure(shape);
    }
  }

  private void measure(RollupBatches.Shape shape) throws Exception {
    String url = server.createDatabase("rollup");
    Instant from = RollupBatches.lastHours();
    new Schema(PostgresUrl.parse(url), new SchemaName(SCHEMA)).apply(false, from);
    StoreSettings settings =
        new StoreSettings(url, SCHEMA, Period.ofYears(3000), WRITERS, Duration.ofSeconds(30));
    RollupBatches batches = new RollupBatches(shape, from);
    try (EventWriter writer = PostgresWriter.create(settings)) {
      for (int warmUp = 0; warmUp < 2; warmUp++) {
        round(writer, batches, url, false);
        round(writer, batches, url, true);
      }
      List<Double> without = new ArrayList<>();
      List<Double> with = new ArrayList<>();
      List<Double> ratios = new ArrayList<>();
      for (int pair = 0; pair < pairs; pair++) {
        // By turns first and second, so that what grows or warms up favours neither.
        boolean first = pair % 2 == 0;
        double one = round(writer, batches, url, first);
        double other = round(writer, batches, url, !first);
        with.add(first ? one : other);
        without.add(first ? other : one);
        ratios.add(with.get(pair) / without.get(pair));
      }
      check(url);
      System.out.printf(
          Locale.ROOT,
          LINE,
          shape.name().toLowerCase(Locale.ROOT),
          batches.groups(),
          "%.0f".formatted(median(without)),
          "%.0f".formatted(median(with)),
          "%.2f".formatted(median(ratios)));
      if (Boolean.getBoolean("llmlog.rollup.ratios")) {
        System.out.println(ratios);
      }
    }
  }

  /** Writes the batches of one round; answers rows for each second. */
  private double round(EventWriter writer, RollupBatches batches, String url, boolean trigger)
      throws Exception {
    // An emptied table, so that no round writes into larger indexes than another. The rollup stays
    // as it is: its rows are there already for all but the first calls of an hour.
    PostgresServer.execute(
        url,
        "TRUNCATE %1$s.llm_logs; ALTER TABLE %1$s.llm_logs %2$s TRIGGER llm_logs_roll_up"
            .formatted(SCHEMA, trigger ? "ENABLE" : "DISABLE"));
    List<RollupBatches.Writer> ready = batches.writers(WRITERS, batchesOfWriter);
    ExecutorService executor = Executors.newFixedThreadPool(WRITERS);
    try {
      long start = System.nanoTime();
      List<Future<Integer>> stored = new ArrayList<>();
      for (RollupBatches.Writer one : ready) {
        stored.add(executor.submit(() -> one.write(writer)));
      }
      int rows = 0;
      for (Future<Integer> one : stored) {
        rows += one.get();
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      if (rows != WRITERS * batchesOfWriter * RollupBatches.ROWS) {
        throw new IllegalStateException(rows + " rows were stored");
      }
      return rows / seconds;
    } finally {
      executor.shutdown();
    }
  }

  /** A figure for a trigger that did not count would be worth nothing. */
  private void check(String url) throws SQLException {
    String counted = text(url, "SELECT sum(calls) FROM " + SCHEMA + ".llm_log_hourly");
    int rows = (pairs + 2) * WRITERS * batchesOfWriter * RollupBatches.ROWS;
    if (!counted.equals(Integer.toString(rows))) {
      throw new IllegalStateException("the rollup counts " + counted + " of " + rows + " rows");
    }
  }

  private static double median(List<Double> figures) {
    List<Double> sorted = figures.stream().sorted().toList();
    return sorted.get(sorted.size() / 2);
  }

  private static String text(String url, String sql) throws SQLException {
    try (Connection connection = PostgresServer.connect(url);
        ResultSet row = connection.createStatement().executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }
}
