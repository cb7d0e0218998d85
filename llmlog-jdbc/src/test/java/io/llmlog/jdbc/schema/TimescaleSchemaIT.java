package io.llmlog.jdbc.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.jdbc.Partitioning;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.maintain.Partitions;
import io.llmlog.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class TimescaleSchemaIT {
  @RegisterExtension static final PostgresServer SERVER = PostgresServer.timescale();

  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
  private static final SchemaName SCHEMA = new SchemaName("analytics");
  private static final int NEWEST = Migrations.newest();

  /** Columns, keys, indexes, sequences, triggers and views, by name and shape. */
  private static final String SHAPE =
      """
      SELECT string_agg(line, E'\\n' ORDER BY line COLLATE "C") FROM (
        SELECT 'column ' || concat_ws(' ', c.relname, attnum, attname, attnotnull, attidentity,
          format_type(atttypid, atttypmod), pg_get_expr(adbin, adrelid)) AS line
        FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
        LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE relnamespace = 'analytics'::regnamespace AND attnum > 0 AND relkind IN ('p', 'r', 'v')
        UNION ALL
        SELECT 'index ' || replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ')
        FROM pg_index JOIN pg_class c ON c.oid = indexrelid
        WHERE relnamespace = 'analytics'::regnamespace
        UNION ALL
        SELECT 'constraint ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'analytics'::regnamespace
        UNION ALL
        SELECT 'sequence ' || relname FROM pg_class
        WHERE relnamespace = 'analytics'::regnamespace AND relkind = 'S'
        UNION ALL
        SELECT 'trigger ' || tgname FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid
        WHERE relnamespace = 'analytics'::regnamespace AND tgname NOT LIKE 'ts_%') shape
      WHERE line NOT LIKE '%\\_20%' AND line NOT LIKE '%\\_default%'
      """;

  @Test
  void apply_onAnEmptyDatabase_makesHypertables() throws Exception {
    String url = SERVER.createDatabase("timescale");
    Schema schema = schema(url, Partitioning.TIMESCALE);
    Schema.Applied applied = schema.apply(false, NOW);
    assertEquals(NEWEST, applied.to());
    assertEquals(new Partitions.Result(List.of(), List.of(), false), applied.partitions());
    assertEquals(Partitioning.TIMESCALE, schema.partitioning());
    assertEquals(
        "llm_log_contents 1 day, llm_logs 7 days",
        text(
            url,
            """
            SELECT string_agg(hypertable_name || ' ' || time_interval, ', ' ORDER BY hypertable_name)
            FROM timescaledb_information.dimensions WHERE hypertable_schema = 'analytics'
            """));
    assertEquals("0", text(url, "SELECT count(*) FROM pg_class WHERE relkind = 'p'"));
    assertEquals(NEWEST, schema.apply(false, NOW).from());
  }

  @Test
  void hypertables_haveTheShapeOfTheNativeTables() throws Exception {
    String timescale = applied("shape", Partitioning.TIMESCALE);
    String plain = applied("shape_native", Partitioning.NATIVE);
    assertEquals(text(plain, SHAPE), text(timescale, SHAPE));
    assertTrue(text(plain, SHAPE).contains("llm_logs_id_seq"));
  }

  @Test
  void sql_isAllThatApplyRuns() throws Exception {
    String url = SERVER.createDatabase("timescale_sql");
    PostgresServer.execute(url, schema(url, Partitioning.TIMESCALE).sql());
    String applied = applied("timescale_applied", Partitioning.TIMESCALE);
    String jobs =
        """
        SELECT string_agg(proc_name || config::text, ', ') FROM timescaledb_information.jobs
        WHERE hypertable_name IS NOT NULL
        """;
    assertEquals(text(applied, jobs), text(url, jobs));
    String history = "\\n[^\\n]*llmlog_schema_history[^\\n]*";
    assertEquals(text(applied, SHAPE).replaceAll(history, ""), text(url, SHAPE));
  }

  @Test
  void apply_bySeveralAtOnce_isDoneOnce() throws Exception {
    String url = SERVER.databaseUrl("timescale_race_" + System.nanoTime());
    ExecutorService executor = Executors.newFixedThreadPool(3);
    try {
      Callable<Schema.Applied> applying =
          () -> schema(url, Partitioning.TIMESCALE).apply(true, NOW);
      int applied = 0;
      for (Future<Schema.Applied> one : executor.invokeAll(List.of(applying, applying, applying))) {
        applied += one.get().from() == 0 ? 1 : 0;
      }
      assertEquals(1, applied);
    } finally {
      executor.shutdownNow();
    }
    PostgresServer.execute(
        SERVER.url(), "DROP DATABASE " + PostgresUrl.parse(url).database() + " (FORCE)");
  }

  @Test
  void apply_withTheOtherPartitioning_changesNothing() throws Exception {
    String plain = applied("plain", Partitioning.NATIVE);
    String before = text(plain, SHAPE);
    assertRefused(
        plain,
        Partitioning.TIMESCALE,
        "LLMLOG_PARTITIONING=timescale, but the tables in schema analytics are partitioned"
            + " natively; nothing was changed: set LLMLOG_PARTITIONING=native, or");
    assertEquals(before, text(plain, SHAPE));
    assertEquals("0", text(plain, "SELECT count(*) FROM pg_extension WHERE extname LIKE 'time%'"));
    assertRefused(
        applied("hyper", Partitioning.TIMESCALE),
        Partitioning.NATIVE,
        "LLMLOG_PARTITIONING=native, but the tables in schema analytics are hypertables of"
            + " TimescaleDB; nothing was changed: set LLMLOG_PARTITIONING=timescale, or");
  }

  @Test
  void apply_whereTheExtensionStandsElsewhere_findsIt() throws Exception {
    String url = SERVER.createDatabase("elsewhere");
    PostgresServer.execute(
        url, "CREATE SCHEMA \"Odd Place\"; CREATE EXTENSION timescaledb SCHEMA \"Odd Place\"");
    schema(url, Partitioning.TIMESCALE).apply(false, NOW);
    PostgresServer.execute(url, "INSERT INTO analytics.llm_logs (action) VALUES ('a')");
    assertEquals("1", text(url, "SELECT sum(calls) FROM analytics.llm_log_hourly"));
  }

  @Test
  void apply_thatFailsInTheMiddle_changesNothing() throws Exception {
    String url = SERVER.createDatabase("crash");
    // In the way of the hypertable of the contents: the migrations before it are done.
    PostgresServer.execute(
        url, "CREATE SCHEMA analytics; CREATE TABLE analytics.llm_log_contents_hypertable ()");
    assertRefused(url, Partitioning.TIMESCALE, "migration V3__contents.sql failed, nothing was");
    assertEquals("1", text(url, "SELECT count(*) FROM pg_class WHERE relname LIKE 'llm%'"));
    assertEquals("0", text(url, "SELECT count(*) FROM pg_extension WHERE extname LIKE 'time%'"));
    PostgresServer.execute(url, "DROP TABLE analytics.llm_log_contents_hypertable");
    assertEquals(0, schema(url, Partitioning.TIMESCALE).apply(false, NOW).from());
    assertEquals("2", text(url, "SELECT count(*) FROM timescaledb_information.hypertables"));
  }

  @Test
  void apply_besideTheProposalsTable_adoptsItsRows() throws Exception {
    String url = SERVER.createDatabase("adopted");
    PostgresServer.execute(
        url,
        "CREATE SCHEMA analytics; SET search_path = analytics; "
            + Proposal.DDL
            + """
            ; INSERT INTO llm_logs (created_at, action, cost_usd)
            SELECT timestamptz '2026-11-01Z' - i * interval '1 day', 'old', 0.001
            FROM generate_series(1, 100) i
            """);
    Schema.Applied applied = schema(url, Partitioning.TIMESCALE).apply(false, NOW);
    assertEquals(100, applied.adopted() == null ? 0 : applied.adopted().rows());
    assertEquals("100 100", text(url, "SELECT count(*) || ' ' || max(id) FROM analytics.llm_logs"));
    assertEquals("100", text(url, "SELECT sum(calls) FROM analytics.llm_log_hourly"));
    PostgresServer.execute(url, "INSERT INTO analytics.llm_logs (action) VALUES ('new')");
    assertEquals("101", text(url, "SELECT max(id) FROM analytics.llm_logs"));
    assertEquals(null, text(url, "SELECT to_regclass('analytics.llm_logs_to_adopt')::text"));
  }

  @Test
  void apply_byARoleWithoutRights_saysWhichGrantIsMissing() throws Exception {
    String url = SERVER.createDatabase("rights");
    String role = PostgresUrl.parse(url).database();
    PostgresServer.execute(
        url,
        "CREATE ROLE %1$s LOGIN PASSWORD 'hunter2'; CREATE SCHEMA analytics AUTHORIZATION %1$s"
            .formatted(role));
    String poor = url.replaceFirst("//[^@]+@", "//" + role + ":hunter2@");
    try {
      assertRefused(poor, Partitioning.TIMESCALE, "GRANT CREATE ON DATABASE");
      PostgresServer.execute(
          url, "CREATE SCHEMA hidden; CREATE EXTENSION timescaledb SCHEMA hidden");
      assertRefused(poor, Partitioning.TIMESCALE, "GRANT USAGE ON SCHEMA hidden TO");
      assertEquals("0", text(url, "SELECT count(*) FROM pg_class WHERE relname LIKE 'llm%'"));
      PostgresServer.execute(url, "GRANT USAGE ON SCHEMA hidden TO " + role);
      schema(poor, Partitioning.TIMESCALE).apply(false, NOW);
    } finally {
      PostgresServer.execute(url, "DROP OWNED BY %1$s CASCADE; DROP ROLE %1$s".formatted(role));
    }
  }

  private static void assertRefused(String url, Partitioning partitioning, String part) {
    SchemaException refused =
        assertThrows(SchemaException.class, () -> schema(url, partitioning).apply(false, NOW));
    String message = String.valueOf(refused.getMessage());
    assertTrue(message.contains(part), message);
    assertFalse(message.contains("hunter2"), message);
  }

  private static Schema schema(String url, Partitioning partitioning) {
    return new Schema(PostgresUrl.parse(url), SCHEMA, partitioning);
  }

  private static String applied(String prefix, Partitioning partitioning) throws Exception {
    String url = SERVER.createDatabase(prefix);
    schema(url, partitioning).apply(false, NOW);
    return url;
  }

  private static String text(String url, String sql) throws SQLException {
    try (Connection connection = PostgresServer.connect(url);
        ResultSet row = connection.createStatement().executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }
}
