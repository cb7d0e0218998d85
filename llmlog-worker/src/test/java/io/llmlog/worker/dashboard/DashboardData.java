package io.llmlog.worker.dashboard;

import io.llmlog.jdbc.DeadLetterBox;
import io.llmlog.jdbc.PostgresDataSource;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.maintain.Retention;
import io.llmlog.jdbc.maintain.TableMaintenance;
import io.llmlog.jdbc.schema.Schema;
import io.llmlog.jdbc.usage.CallQueries;
import io.llmlog.jdbc.usage.ReadDatabase;
import io.llmlog.jdbc.usage.UsageQueries;
import io.llmlog.spi.EventWriter;
import io.llmlog.testkit.PostgresServer;
import io.llmlog.worker.RecordingLog;
import io.llmlog.worker.WorkerStatus;
import io.llmlog.worker.WorkerStatus.LoopStatus;
import io.llmlog.worker.WorkerStatus.State;
import io.llmlog.worker.alert.Alert;
import io.llmlog.worker.usage.CachedUsage;
import io.llmlog.worker.watch.Observation;
import io.llmlog.worker.watch.Observation.QueueView;
import io.llmlog.worker.watch.Observation.StoreView;
import io.llmlog.worker.watch.Observation.Writes;
import io.llmlog.worker.watch.Watch;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.Period;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** Tables with calls of sixty days, and the API over them. */
final class DashboardData {
  static final SchemaName SCHEMA = new SchemaName("analytics");

  /** In the middle of an hour, as most moments are. */
  static final Instant NOW = Instant.parse("2026-11-20T12:30:00Z");

  static final int ROWS = 20_000;
  static final Retention RETENTION =
      new Retention(Period.ofYears(90), Period.ofDays(30), Period.ofYears(90));

  private DashboardData() {}

  /** 20 companies and calls of none, 12 models, of which one is hostile; every 25th fails. */
  static void fill(String url) throws Exception {
    new Schema(PostgresUrl.parse(url), SCHEMA).apply(false, NOW.minus(Duration.ofDays(65)));
    PostgresServer.execute(
        url,
        """
        INSERT INTO analytics.llm_logs (created_at, action, company_id, user_id, end_user, model,
          provider, deployment_environment, tokens_input, tokens_output, tokens_cache_read,
          cost_usd, latency_ms, error_type, error_message, session_id, trace_id, metadata)
        SELECT '2026-11-20T12:29:00Z'::timestamptz - i * interval '259 seconds', 'action.' || i %% 5,
          nullif((i * 7919) %% 21, 0), CASE WHEN i %% 2 = 0 THEN i %% 50 END,
          CASE WHEN i %% 2 = 1 THEN 'user ' || i %% 50 END,
          CASE i %% 12 WHEN 0 THEN '<img src=x onerror=alert(1)>' WHEN 1 THEN NULL
            ELSE 'model-' || i %% 12 END,
          'provider-' || i %% 2, CASE WHEN i %% 3 > 0 THEN 'prod' END, 100 + i %% 900, 10 + i %% 90,
          CASE WHEN i %% 4 = 0 THEN i %% 100 END,
          CASE WHEN i %% 9 > 0 THEN (i %% 1000) * 0.000123456789 END,
          CASE WHEN i %% 11 > 0 THEN 1 + (i * 31) %% 9000 END,
          CASE WHEN i %% 50 = 0 THEN 'timeout' END, CASE WHEN i %% 50 = 25 THEN 'broke' END,
          's' || i / 4, 't' || i, jsonb_build_object('i', i)
        FROM generate_series(0, %d) i;
        ANALYZE
        """
            .formatted(ROWS - 1));
    new TableMaintenance(database(url), SCHEMA, RETENTION, null).run(NOW);
  }

  static DashboardApi api(String url, DashboardApi.Timing timing, RecordingLog log)
      throws InterruptedException {
    ReadDatabase database = ReadDatabase.of(database(url));
    Deque<Observation> seen =
        new ArrayDeque<>(
            List.of(
                observation(NOW.minusSeconds(70), writes(1, 9000)),
                observation(NOW.minusSeconds(5), Writes.NONE),
                observation(NOW, writes(15, 25).plus(writes(1, 145)))));
    Watch watch = new Watch(before -> seen.remove());
    while (!seen.isEmpty()) {
      watch.lookOnce();
    }
    return new DashboardApi(
        new CachedUsage(new UsageQueries(database, SCHEMA)),
        new CallQueries(database, SCHEMA),
        new DeadLetterBox(
            PostgresUrl.parse(url),
            SCHEMA,
            Period.ofYears(90),
            null,
            Clock.fixed(NOW, ZoneOffset.UTC)),
        watch,
        () -> List.of(new Alert("LlmlogQueueDepth", "warning", NOW, "1,234 wait", "queue-depth")),
        RETENTION,
        timing,
        () -> NOW,
        log.logger());
  }

  private static Writes writes(int count, int millisEach) {
    Duration each = Duration.ofMillis(millisEach);
    return new Writes(count, each.multipliedBy(count), each);
  }

  private static Observation observation(Instant at, Writes writes) {
    WorkerStatus worker =
        new WorkerStatus(
            10, 1, 8, 1, 1, 0, 0, 1, List.of(new LoopStatus("loop-1", State.PAUSED, "why", NOW)));
    return new Observation(
        at,
        worker,
        NOW.minusSeconds(3),
        new QueueView(null, 1234L, Duration.ofMillis(61_500), List.of()),
        new StoreView(
            "the database is away",
            null,
            6,
            null,
            new EventWriter.Connections("llmlog-postgresql-1", 1, 1, 0, 2),
            null,
            "silent",
            true),
        null,
        null,
        writes);
  }

  static PostgresDataSource database(String url) {
    return new PostgresDataSource(PostgresUrl.parse(url), Duration.ofSeconds(30));
  }
}
