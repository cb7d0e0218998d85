package io.llmlog.jdbc.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** From every earlier version to this one, and what ends on the way. */
class UpgradeIT {
  @RegisterExtension static final PostgresServer SERVER = PostgresServer.create();

  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
  private static final SchemaName SCHEMA = new SchemaName("analytics");
  private static final int NEWEST = Migrations.newest();

  private static final String ROWS =
      """
      INSERT INTO analytics.llm_logs (created_at, action, company_id, model, tokens_input, cost_usd,
        latency_ms, error_type)
      SELECT timestamptz '2026-11-20T00:00:00Z' + i * interval '7 minutes', 'a' || i %% 3, i %% 5,
        'm', i, i * 0.000001, i, CASE WHEN i %% 10 = 0 THEN 'e' END
      FROM generate_series(%d, %d) i
      """;

  static IntStream versions() {
    return IntStream.range(0, NEWEST);
  }

  @ParameterizedTest
  @MethodSource("versions")
  void apply_fromEachVersion_keepsTheRowsAndMakesTheSameSchema(int version) throws Exception {
    String url = SERVER.createDatabase("upgrade");
    if (version > 0) {
      assertEquals(version, old(url, version).apply(false, NOW).to());
      PostgresServer.execute(url, ROWS.formatted(1, 500));
    }
    Schema.Applied applied = schema(url).apply(false, NOW);
    assertEquals(version, applied.from());
    assertEquals(NEWEST, applied.to());
    PostgresServer.execute(url, ROWS.formatted(version > 0 ? 501 : 1, 1000));
    assertEquals(
        "1000 500500 0.500500000000 100",
        Database.text(
            url,
            """
            SELECT count(*), sum(tokens_input), sum(cost_usd), count(error_type)
            FROM analytics.llm_logs
            """));
    assertEquals(
        "1000 500500 0.500500000000 100 500500",
        Database.text(
            url,
            """
            SELECT sum(calls), sum(tokens_input), sum(cost_usd), sum(errors), sum(latency_ms_sum)
            FROM analytics.llm_log_hourly
            """));
    String fresh = SERVER.createDatabase("fresh");
    schema(fresh).apply(false, NOW);
    assertEquals(withoutNumbers(fresh), withoutNumbers(url));
  }

  @Test
  void whoReadUsageByTheHour_readsItsSumsToo() throws Exception {
    String url = SERVER.createDatabase("readers");
    old(url, 7).apply(false, NOW);
    String role = "Reader " + url.substring(url.lastIndexOf('_') + 1);
    PostgresServer.execute(
        url,
        "CREATE ROLE \"%1$s\"; GRANT SELECT ON analytics.llm_log_usage TO \"%1$s\""
            .formatted(role));
    schema(url).apply(false, NOW);
    for (String view : List.of("daily", "days", "overall", "monthly", "months")) {
      String may = "SELECT has_table_privilege('%s', 'analytics.llm_log_usage_%s', 'SELECT')";
      assertEquals("t", Database.text(url, may.formatted(role, view)), view);
    }
    assertEquals(
        "f",
        Database.text(
            url,
            "SELECT has_table_privilege('%s', 'analytics.llm_log_calls', 'SELECT')"
                .formatted(role)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "UPDATE %s SET checksum = checksum + 1 WHERE version = '2' | migration 2 (V2__rollup.sql)"
            + " was applied with the checksum",
        "UPDATE %s SET success = false WHERE version = '3' | migration 3 (V3__contents.sql) is"
            + " recorded as failed",
        "DELETE FROM %s WHERE version = '2' | migration 2 is not recorded",
        "INSERT INTO %s SELECT 50, version, description, type, script, checksum, installed_by,"
            + " installed_on, 0, true FROM %s WHERE version = '1' | migration 1 is recorded twice",
      })
  void apply_onAHistoryThatIsNotOurs_changesNothing(String damage, String message)
      throws Exception {
    String url = SERVER.createDatabase("history");
    old(url, 3).apply(false, NOW);
    PostgresServer.execute(url, damage.replace("%s", "analytics.llmlog_schema_history"));
    assertRefusedUnchanged(url, schema(url), message);
  }

  @Test
  void apply_afterAFailedMigrationIsClearedAway_goesOn() throws Exception {
    String url = SERVER.createDatabase("failed");
    old(url, 2).apply(false, NOW);
    String insert =
        """
        INSERT INTO analytics.llmlog_schema_history
          (installed_rank, version, description, type, script, installed_by, execution_time, success)
        VALUES (9, '3', 'contents', 'SQL', 'V3__contents.sql', 'somebody', 1, false)
        """;
    PostgresServer.execute(url, insert);
    assertEquals(2, schema(url).status().inDatabase());
    assertRefusedUnchanged(
        url, schema(url), "migration 3 (V3__contents.sql) is recorded as failed");
    PostgresServer.execute(url, "DELETE FROM analytics.llmlog_schema_history WHERE NOT success");
    assertEquals(2, schema(url).apply(false, NOW).from());
  }

  @Test
  void apply_thatFailsInTheMiddle_changesNothingAndSucceedsOnceTheCauseIsGone() throws Exception {
    String url = SERVER.createDatabase("conflict");
    PostgresServer.execute(
        url, "CREATE SCHEMA analytics; CREATE TABLE analytics.llm_log_contents (mine int)");
    assertRefusedUnchanged(
        url,
        schema(url),
        "migration V3__contents.sql failed, nothing was changed: SQLSTATE 42P07: relation"
            + " \"llm_log_contents\" already exists");
    assertEquals(0, schema(url).status().inDatabase());
    PostgresServer.execute(url, "DROP TABLE analytics.llm_log_contents");
    assertEquals(0, schema(url).apply(false, NOW).from());
  }

  @Test
  void apply_thatFailsBehindAnOlderVersion_staysThere() throws Exception {
    String url = SERVER.createDatabase("conflict");
    old(url, 1).apply(false, NOW);
    PostgresServer.execute(
        url, ROWS.formatted(1, 100) + "; CREATE VIEW analytics.llm_log_texts AS SELECT 1 AS x");
    assertRefusedUnchanged(url, schema(url), "migration V4__views.sql failed");
    assertEquals(1, schema(url).status().inDatabase());
    PostgresServer.execute(url, "DROP VIEW analytics.llm_log_texts");
    schema(url).apply(false, NOW);
    assertEquals(100, Database.number(url, "SELECT sum(calls) FROM analytics.llm_log_hourly"));
  }

  @Test
  void apply_thatIsKilledInTheMiddle_changesNothing() throws Exception {
    String url = SERVER.createDatabase("killed");
    old(url, 1).apply(false, NOW);
    PostgresServer.execute(url, ROWS.formatted(1, 100));
    String before;
    ExecutorService executor = Executors.newSingleThreadExecutor();
    try (Connection writer = PostgresServer.connect(url)) {
      writer.setAutoCommit(false);
      // The trigger of V2 waits for it; the functions and the table before are made.
      writer.createStatement().execute(ROWS.formatted(101, 101));
      before = Database.catalog(url);
      Future<Schema.Applied> applying = executor.submit(() -> schema(url).apply(false, NOW));
      await(
          url,
          """
          SELECT count(pg_terminate_backend(pid)) > 0 FROM pg_stat_activity
          WHERE datname = current_database() AND wait_event_type = 'Lock'
          AND query LIKE '%CREATE TRIGGER%'
          """);
      ExecutionException died = assertThrows(ExecutionException.class, applying::get);
      assertTrue(
          String.valueOf(died.getMessage()).contains("nothing was changed"), died.toString());
    } finally {
      executor.shutdownNow();
    }
    assertEquals(before, Database.catalog(url));
    assertEquals(1, schema(url).apply(false, NOW).from());
    assertEquals(100, Database.number(url, "SELECT sum(calls) FROM analytics.llm_log_hourly"));
  }

  @Test
  void apply_behindALongTransaction_isTriedAgainUntilThatEnds() throws Exception {
    String url = SERVER.createDatabase("patience");
    old(url, 1).apply(false, NOW);
    ExecutorService executor = Executors.newSingleThreadExecutor();
    try (Connection writer = PostgresServer.connect(url)) {
      writer.setAutoCommit(false);
      writer.createStatement().execute(ROWS.formatted(1, 1));
      Future<Schema.Applied> applying = executor.submit(() -> schema(url).apply(false, NOW));
      await(
          url,
          """
          SELECT count(*) > 0 FROM pg_stat_activity
          WHERE datname = current_database() AND wait_event_type = 'Lock'
          """);
      // Given up, so that others get through between.
      await(
          url,
          """
          SELECT count(*) = 0 FROM pg_locks WHERE NOT granted
          """);
      writer.commit();
      assertEquals(1, applying.get().from());
    } finally {
      executor.shutdownNow();
    }
    assertEquals(1, Database.number(url, "SELECT sum(calls) FROM analytics.llm_log_hourly"));
  }

  @Test
  void aSchemaThatFlywayMade_isOurs() throws Exception {
    String url = SERVER.createDatabase("flyway");
    old(url, 1).apply(false, NOW);
    // As its version 13 left it in the first builds.
    PostgresServer.execute(
        url,
        """
        DELETE FROM analytics.llmlog_schema_history;
        INSERT INTO analytics.llmlog_schema_history VALUES
          (0, NULL, '<< Flyway Schema Creation >>', 'SCHEMA', '"analytics"', NULL, 'x', now(), 0, true),
          (1, '0', '<< Flyway Baseline >>', 'BASELINE', '<< Flyway Baseline >>', NULL, 'x', now(), 0, true),
          (2, '1', 'llm logs', 'SQL', 'V1__llm_logs.sql', 997651179, 'x', now(), 40, true)
        """);
    assertEquals(1, schema(url).apply(false, NOW).from());
    assertFalse(schema(url).status().adopting());
  }

  private static void assertRefusedUnchanged(String url, Schema schema, String part)
      throws SQLException {
    String before = Database.catalog(url);
    String history = history(url);
    SchemaException refused = assertThrows(SchemaException.class, () -> schema.apply(false, NOW));
    assertTrue(String.valueOf(refused.getMessage()).contains(part), refused.getMessage());
    assertEquals(before, Database.catalog(url));
    assertEquals(history, history(url));
  }

  private static String history(String url) throws SQLException {
    return Database.text(url, "SELECT to_regclass('analytics.llmlog_schema_history')")
            .equals("null")
        ? ""
        : Database.text(url, "SELECT * FROM analytics.llmlog_schema_history ORDER BY 1");
  }

  /** The catalog, but for how far the sequences have come. */
  private static String withoutNumbers(String url) throws SQLException {
    return Database.catalog(url)
        .lines()
        .filter(line -> !line.startsWith("sequence "))
        .reduce("", (all, line) -> all + line + "\n");
  }

  private static void await(String url, String condition) throws SQLException {
    long deadline = System.nanoTime() + 60_000_000_000L;
    while (!Database.text(url, condition).equals("t")) {
      assertTrue(System.nanoTime() < deadline, condition);
      LockSupport.parkNanos(1_000_000);
    }
  }

  private static Schema schema(String url) {
    return new Schema(PostgresUrl.parse(url), SCHEMA);
  }

  private static Schema old(String url, int version) {
    List<String> files = Migrations.FILES.subList(0, version);
    return new Schema(PostgresUrl.parse(url), SCHEMA, files, 3);
  }
}
