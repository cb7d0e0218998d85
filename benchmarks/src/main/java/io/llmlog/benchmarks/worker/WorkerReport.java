package io.llmlog.benchmarks.worker;

import io.llmlog.benchmarks.Proposal;
import io.llmlog.benchmarks.RollupBatches;
import io.llmlog.event.Column;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.PostgresWriter;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.schema.Schema;
import io.llmlog.spi.EventWriter;
import io.llmlog.spi.Message;
import io.llmlog.spi.Providers;
import io.llmlog.spi.QueueProvider;
import io.llmlog.spi.QueueProvider.QueueSettings;
import io.llmlog.spi.StoreProvider.StoreSettings;
import io.llmlog.testkit.PostgresServer;
import io.llmlog.testkit.RedisServer;
import io.llmlog.worker.Worker;
import io.llmlog.worker.WorkerConfig;
import io.llmlog.worker.WorkerStatus;
import java.io.ByteArrayInputStream;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.Period;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.postgresql.PGConnection;

/**
 * Rows per second from a full Redis list to committed and acknowledged rows, beside {@code \copy}
 * of the same calls into the proposal's table, and beside the proposal's own loop, in rounds that
 * take turns, on one Redis and one PostgreSQL that this program starts.
 */
public final class WorkerReport {
  private static final SchemaName SCHEMA = new SchemaName("analytics");
  private static final String QUEUE = "llm_logs";
  private static final String LINE = "%-34s %12s %10s %18s %12s%n";

  /** One message in so many is stored already, in the rounds of redelivery. */
  private static final int REDELIVERED = 20;

  private static final Clock NOW = Clock.systemUTC();
  private static final int USUAL_BATCH = WorkerConfig.DEFAULTS.batch();

  /** The largest that a worker takes; docs/WORKER.md says what it costs. */
  private static final int LARGE_BATCH = 5000;

  /** What a round may be of. */
  enum Way {
    FACTS("\\copy into the proposal's table"),
    COLUMNS("\\copy of its columns alone"),
    WORKER("worker"),
    LARGE("worker, batches of 5000"),
    REDELIVERED("worker, 5 % redelivered"),
    REDELIVERED_LARGE("worker, batches of 5000, 5 %"),
    SURE("worker, by the stage alone"),
    LOOP("the proposal's loop");

    private final String title;

    Way(String title) {
      this.title = title;
    }
  }

  private final PostgresServer postgres;
  private final RedisServer redis;
  private final int rounds;
  private final int size;
  private final int loopSize;

  private WorkerReport(PostgresServer postgres, RedisServer redis, boolean quick) {
    this.postgres = postgres;
    this.redis = redis;
    this.rounds = quick ? 3 : 7;
    this.size = quick ? 60_000 : 200_000;
    this.loopSize = quick ? 1_000 : 4_000;
  }

  /** Takes {@code --quick}: fewer and shorter rounds, less exact. */
  public static void main(String[] arguments) throws Exception {
    boolean quick = List.of(arguments).equals(List.of("--quick"));
    if (!quick && arguments.length > 0) {
      System.err.println("Usage: benchmarks/run --worker [--quick]");
      System.exit(2);
    }
    // Each round starts and ends a worker, which would be said each time.
    System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "error");
    // With what a server in production has on: the test kit's has not.
    try (PostgresServer postgres =
            PostgresServer.owned()
                .setting("fsync", "on")
                .setting("full_page_writes", "on")
                .setting("shared_buffers", "256MB")
                .setting("max_wal_size", "4GB")
                .start();
        RedisServer redis = RedisServer.builder().build().start()) {
      new WorkerReport(postgres, redis, quick).run();
    }
  }

  private void run() throws Exception {
    System.out.printf(
        Locale.ROOT,
        """
        PostgreSQL %s with fsync, Redis, worker and both peers on %d processors; %d rounds in turns
        worker: %d threads, batches of %d unless it says other, from its start to the last
          acknowledgement, %,d messages
        \\copy: all rows in one COPY, by the driver's CopyManager, which sends what psql sends; five
          indexes, what has no column of its own in metadata; no event_id, no rollup, no queue
        \\copy of its columns alone: the same, less provider, ttft_ms, finish_reason and service
        5 %% redelivered: every 20th message is a row already when the round begins; messages per second
        by the stage alone: as before there was a straight copy
        loop: BRPOP, INSERT, COMMIT for each message, %,d messages, in Java and prepared

        """,
        text(postgres.url(), "SHOW server_version"),
        Runtime.getRuntime().availableProcessors(),
        rounds,
        WorkerConfig.DEFAULTS.threads(),
        USUAL_BATCH,
        size,
        loopSize);
    for (RollupBatches.Shape shape : List.of(RollupBatches.Shape.FEW, RollupBatches.Shape.USUAL)) {
      measure(shape);
    }
  }

  private void measure(RollupBatches.Shape shape) throws Exception {
    String url = postgres.createDatabase("worker");
    Instant from = RollupBatches.lastHours();
    new Schema(PostgresUrl.parse(url), SCHEMA).apply(false, from);
    PostgresServer.execute(url, Proposal.DDL);
    Load load = new Load(shape, from, size);
    Map<Way, List<Double>> rates = new EnumMap<>(Way.class);
    List<Way> order = new ArrayList<>(List.of(Way.values()));
    for (int round = -1; round < rounds; round++) {
      for (Way way : order) {
        double rate = round(way, url, load);
        if (round >= 0) {
          rates.computeIfAbsent(way, key -> new ArrayList<>()).add(rate);
        }
      }
      // By turns each is first, so that what grows or warms up favours none.
      Collections.rotate(order, 1);
    }
    System.out.printf(
        Locale.ROOT,
        "calls: %s, %d bytes a message, %d rows of the rollup in a batch%n",
        shape.name().toLowerCase(Locale.ROOT),
        load.bytesOfAMessage(),
        load.groups());
    System.out.printf(Locale.ROOT, LINE, "", "rows/s", "of \\copy", "of its columns", "of worker");
    for (Way way : Way.values()) {
      System.out.printf(
          Locale.ROOT,
          LINE,
          way.title,
          "%,.0f".formatted(median(rates.getOrDefault(way, List.of()))),
          ratio(rates, way, Way.FACTS),
          ratio(rates, way, Way.COLUMNS),
          ratio(rates, way, Way.WORKER));
    }
    System.out.println();
  }

  private static String ratio(Map<Way, List<Double>> rates, Way way, Way beside) {
    List<Double> ratios = new ArrayList<>();
    List<Double> ours = rates.getOrDefault(way, List.of());
    List<Double> theirs = rates.getOrDefault(beside, List.of());
    for (int round = 0; round < ours.size(); round++) {
      ratios.add(ours.get(round) / theirs.get(round));
    }
    return "%.2f".formatted(median(ratios));
  }

  /** Rows, or messages where some are rows already, for each second. */
  private double round(Way way, String url, Load load) throws Exception {
    PostgresServer.execute(
        url,
        "TRUNCATE %s, %s, %s, %s"
            .formatted(
                SCHEMA.table("llm_logs"),
                SCHEMA.table("llm_log_hourly_sums"),
                SCHEMA.table("llm_log_hourly_additions"),
                Proposal.TABLE));
    // So that none writes out what the one before has left.
    PostgresServer.execute(url, "CHECKPOINT");
    long nanos =
        switch (way) {
          case FACTS -> copy(url, load.facts());
          case COLUMNS -> copy(url, load.columns());
          case WORKER -> worker(url, load, 0, USUAL_BATCH, NOW);
          case LARGE -> worker(url, load, 0, LARGE_BATCH, NOW);
          case REDELIVERED -> worker(url, load, store(url, load), USUAL_BATCH, NOW);
          case REDELIVERED_LARGE -> worker(url, load, store(url, load), LARGE_BATCH, NOW);
          // By a clock that is ahead all rows are old, and no old row goes straight.
          case SURE -> worker(url, load, 0, USUAL_BATCH, Clock.offset(NOW, Duration.ofDays(30)));
          case LOOP -> loop(url, load);
        };
    return (way == Way.LOOP ? loopSize : size) * 1e9 / nanos;
  }

  private long copy(String url, byte[] text) throws Exception {
    String columns = Load.COLUMNS.stream().map(Column::key).collect(Collectors.joining(", "));
    long start = System.nanoTime();
    try (Connection connection = PostgresServer.connect(url)) {
      long unused =
          connection
              .unwrap(PGConnection.class)
              .getCopyAPI()
              .copyIn(
                  "COPY %s (%s) FROM STDIN".formatted(Proposal.TABLE, columns),
                  new ByteArrayInputStream(text));
    }
    long nanos = System.nanoTime() - start;
    check(url, "SELECT count(*) FROM " + Proposal.TABLE, size);
    return nanos;
  }

  private long worker(String url, Load load, int stored, int batch, Clock clock) throws Exception {
    WorkerConfig config = WorkerConfig.DEFAULTS;
    StoreSettings store =
        new StoreSettings(
            url, SCHEMA.name(), Period.ofMonths(13), config.threads(), config.statementTimeout());
    QueueSettings queue = new QueueSettings(redis.url(), QUEUE);
    QueueProvider provider = Providers.queue(redis.url());
    try (RedisLine line = RedisLine.connect(redis.url())) {
      line.push(QUEUE, load.pushed(size));
      try (Worker worker =
          Worker.builder()
              .sources(() -> provider.source(queue, config.lease()))
              .writer(PostgresWriter.create(store, clock))
              .inspector(provider.inspector(queue))
              .batch(batch)
              .build()) {
        long start = System.nanoTime();
        worker.start();
        WorkerStatus status = worker.status();
        while (status.stored() + status.duplicate() + status.dead() < size) {
          LockSupport.parkNanos(1_000_000);
          status = worker.status();
        }
        // Until the leases alone are left: no list of messages, waiting or in hand.
        while (line.number("DBSIZE") > 1) {
          LockSupport.parkNanos(200_000);
        }
        long nanos = System.nanoTime() - start;
        if (!worker.awaitEmpty(Duration.ofMinutes(1)) || status.duplicate() != stored) {
          throw new IllegalStateException("not what was pushed: " + status);
        }
        check(url, "SELECT count(*) FROM " + SCHEMA.table("llm_logs"), size);
        check(url, "SELECT sum(calls) FROM " + SCHEMA.table("llm_log_hourly"), size);
        return nanos;
      }
    }
  }

  /** Makes rows of one message in twenty; answers how many. */
  private static int store(String url, Load load) throws Exception {
    List<Message> some = new ArrayList<>();
    for (int i = 0; i < load.messages().size(); i += REDELIVERED) {
      some.add(load.messages().get(i));
    }
    try (EventWriter writer =
        PostgresWriter.create(
            new StoreSettings(url, SCHEMA.name(), Period.ofMonths(13), 1, Duration.ofMinutes(1)))) {
      for (int from = 0; from < some.size(); from += RollupBatches.ROWS) {
        writer.write(some.subList(from, Math.min(some.size(), from + RollupBatches.ROWS)));
      }
    }
    return some.size();
  }

  private long loop(String url, Load load) throws Exception {
    try (RedisLine line = RedisLine.connect(redis.url())) {
      line.push(QUEUE, load.pushed(loopSize));
      long start = System.nanoTime();
      ProposalLoop.run(line, QUEUE, url, loopSize);
      long nanos = System.nanoTime() - start;
      check(url, "SELECT count(*) FROM " + Proposal.TABLE, loopSize);
      return nanos;
    }
  }

  /** A figure of a round that lost rows would be worth nothing. */
  private static void check(String url, String sql, int expected) throws SQLException {
    String counted = text(url, sql);
    if (!counted.equals(Integer.toString(expected))) {
      throw new IllegalStateException(sql + ": " + counted + ", not " + expected);
    }
  }

  private static double median(List<Double> figures) {
    List<Double> sorted = figures.stream().sorted().toList();
    return sorted.isEmpty() ? Double.NaN : sorted.get(sorted.size() / 2);
  }

  private static String text(String url, String sql) throws SQLException {
    try (Connection connection = PostgresServer.connect(url);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return String.valueOf(row.getString(1));
    }
  }
}
