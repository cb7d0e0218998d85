package io.llmlog.examples.demo;

import io.llmlog.LlmLogger;
import io.llmlog.delivery.LedgerSnapshot;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.maintain.Partitions;
import io.llmlog.jdbc.schema.Schema;
import io.llmlog.jdbc.schema.SchemaException;
import io.llmlog.worker.Worker;
import io.llmlog.worker.WorkerStatus;
import io.llmlog.worker.WorkerStatus.LoopStatus;
import java.io.PrintStream;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The whole road, once: prepares the tables, logs every call, waits for the rows, reports. */
final class Run {
  private static final SchemaName SCHEMA = new SchemaName("public");

  /** Between two looks at how far the worker is. */
  private static final Duration LOOK = Duration.ofMillis(100);

  /** Without a new row for so long something is broken. */
  private static final Duration STALLED = Duration.ofSeconds(60);

  private static final int STEP = 500;

  private final DemoServers servers;
  private final List<Usage> calls;
  private final CallMix mix;
  private final PrintStream out;

  Run(DemoServers servers, List<Usage> calls, CallMix mix, PrintStream out) {
    this.servers = servers;
    this.calls = calls;
    this.mix = mix;
    this.out = out;
  }

  /** What a program needs to know to look at the demo's servers. */
  Map<String, String> environment() {
    return Map.of(
        "REDIS_URL",
        servers.redisUrl(),
        "ANALYTICS_DATABASE_URL",
        servers.databaseUrl(),
        "LLMLOG_RETENTION",
        retention(),
        "LLMLOG_OVERFLOW",
        "block:1m",
        "LLMLOG_SERVICE",
        "demo",
        "DEPLOYMENT_ENVIRONMENT",
        "demo");
  }

  void prepare() throws SchemaException, SQLException, InterruptedException {
    new Schema(PostgresUrl.parse(servers.databaseUrl()), SCHEMA).apply(true, Instant.now());
    // The tables have partitions for the months to come; a trace may be of months long past.
    Partitions partitions = new Partitions(servers.database(), SCHEMA);
    for (YearMonth month : months()) {
      Instant start = month.atDay(1).atStartOfDay(ZoneOffset.UTC).toInstant();
      partitions.cover(start, start);
    }
  }

  /**
   * Logs and stores the calls, prints the ledgers and the costs, and as the last line the JSON.
   *
   * @return whether each call became one row
   */
  boolean complete(LlmLogger logger, Worker worker)
      throws DemoException, SQLException, InterruptedException {
    worker.start();
    try (Progress progress = Progress.of("Rows stored", calls.size())) {
      for (int i = 0; i < calls.size(); i++) {
        logger.log(mix.event(i, calls.get(i)));
        if (i % STEP == 0) {
          progress.at(settled(worker.status()));
        }
      }
      logger.flush(STALLED);
      awaitRows(worker, progress);
    }
    LedgerSnapshot counts = logger.counts();
    Report report = new Report(out);
    report.ledgers(counts, worker.status());
    report.costs(servers.database(), SCHEMA);
    Report.Stored stored = Report.Stored.read(servers.database());
    report.json(stored, counts.dropped());
    return stored.rows() == calls.size() && counts.dropped() == 0 && stored.dead() == 0;
  }

  private static void awaitRows(Worker worker, Progress progress)
      throws DemoException, InterruptedException {
    long last = -1;
    long changed = System.nanoTime();
    while (!worker.awaitEmpty(LOOK)) {
      WorkerStatus status = worker.status();
      progress.at(settled(status));
      if (settled(status) != last) {
        last = settled(status);
        changed = System.nanoTime();
      } else if (System.nanoTime() - changed > STALLED.toNanos()) {
        throw new DemoException(
            "no new row for " + STALLED.toSeconds() + " s; the worker's loops: " + says(status));
      }
    }
    progress.at(settled(worker.status()));
  }

  private static long settled(WorkerStatus status) {
    return status.stored() + status.duplicate() + status.dead();
  }

  private static String says(WorkerStatus status) {
    return status.loops().stream().map(LoopStatus::toString).collect(Collectors.joining(", "));
  }

  /** Long enough for the oldest call, with a year to spare. */
  private String retention() {
    int oldest = months().first().getYear();
    int present = LocalDate.now(ZoneOffset.UTC).getYear();
    return "P" + Math.max(2, present - oldest + 2) + "Y";
  }

  private SortedSet<YearMonth> months() {
    return calls.stream()
        .map(call -> YearMonth.from(call.at().atOffset(ZoneOffset.UTC)))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
