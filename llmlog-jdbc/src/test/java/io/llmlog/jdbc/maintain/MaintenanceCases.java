package io.llmlog.jdbc.maintain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.jdbc.PostgresWriter;
import io.llmlog.jdbc.maintain.Partitions.Stuck;
import io.llmlog.spi.WriteResult;
import io.llmlog.testkit.PostgresServer;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A round of maintenance, alone with the tables; the subclasses name the version. */
abstract class MaintenanceCases {
  /** The partitions are there from September 2025; less 13 months, October 15th is past. */
  private static final Instant APPLIED = Instant.parse("2025-09-15T12:00:00Z");

  private static final Instant NOW = Instant.parse("2026-11-15T12:00:00Z");

  private final ExecutorService executor = Executors.newCachedThreadPool();
  private Tables tables;

  abstract PostgresServer server();

  @BeforeEach
  void makeTables() throws Exception {
    tables = new Tables(server(), APPLIED);
  }

  @AfterEach
  void end() {
    executor.shutdownNow();
  }

  @Test
  void run_dropsWhatIsPastRetention_andOnlyThat() throws Exception {
    insert("2025-09-30T23:59:59.999999Z", "past");
    insert("2025-10-01T00:00:00Z", "the month is not wholly past");
    MaintenanceReport planned = tables.maintenance().preview(NOW);
    assertTrue(tables.exists("llm_logs_2025_09"), "a preview changes nothing");
    MaintenanceReport report = tables.maintenance().run(NOW);
    assertEquals(List.of(), report.stuck());
    assertEquals("llm_logs_2025_09", report.dropped().get(0));
    assertEquals(9, report.dropped().size(), "and eight days of contents");
    assertEquals(planned.dropped(), report.dropped());
    assertEquals(planned.created(), report.created());
    assertFalse(tables.exists("llm_logs_2025_09"));
    assertEquals(1, tables.number("SELECT count(*) FROM analytics.llm_logs"));
    assertEquals(2, tables.number("SELECT sum(calls) FROM analytics.llm_log_hourly"));
    assertEquals(Map.of("llm_logs", 7L, "llm_log_contents", 8L), report.partitions());
    MaintenanceReport again = tables.maintenance().run(NOW);
    assertEquals(List.of(), again.dropped());
    assertEquals(List.of(), again.created());
  }

  @Test
  void contentsDeadLettersAndRollup_haveTheirOwnClocks() throws Exception {
    tables.execute(
        """
        INSERT INTO analytics.llm_log_contents (created_at, event_id) VALUES
          ('2026-10-15T23:00:00Z', gen_random_uuid()), ('2026-10-16T01:00:00Z', gen_random_uuid()),
          ('2026-10-16T13:00:00Z', gen_random_uuid()), ('2026-11-15T01:00:00Z', gen_random_uuid());
        INSERT INTO analytics.llm_log_dead_letters (id, created_at, raw, reason, last_seen)
          SELECT gen_random_uuid(), '2020-01-01Z', '', 'x', '2026-10-16T11:59:59Z'
          FROM generate_series(1, 1200);
        INSERT INTO analytics.llm_log_dead_letters (id, created_at, raw, reason, last_seen)
          VALUES (gen_random_uuid(), '2020-01-01Z', '', 'x', '2026-10-16T12:00:00Z');
        INSERT INTO analytics.llm_log_hourly
          (hour, company_id, calls, errors, tokens_input, tokens_output, tokens_cache_read,
           tokens_cache_write, tokens_reasoning, calls_cost_unknown, latency_ms_sum, latency_histogram)
          SELECT t, n, 1, 0, 0, 0, 0, 0, 0, 0, 0, '{}' FROM generate_series(1, 1100) AS n,
            unnest(ARRAY['2021-11-14T23:00:00Z'::timestamptz, '2021-11-15T00:00:00Z']) AS t
        """);
    Map<String, Long> past =
        Map.of(
            "llm_log_contents_default", 2L, "llm_log_dead_letters", 1200L, "llm_log_hourly", 1100L);
    assertEquals(past, tables.maintenance().preview(NOW).deleted());
    MaintenanceReport report = tables.maintenance().run(NOW);
    assertEquals(List.of(), report.stuck());
    assertEquals(past, report.deleted());
    assertEquals(
        Map.of("llm_log_contents_2026_10_16", 1L, "llm_log_contents_2026_11_15", 1L),
        report.moved());
    assertEquals(1, tables.number("SELECT count(*) FROM analytics.llm_log_dead_letters"));
    assertEquals(1100, tables.number("SELECT count(*) FROM analytics.llm_log_hourly"));
    assertEquals(
        List.of("llm_log_contents_2026_10_16"),
        tables.maintenance().run(Instant.parse("2026-11-16T12:00:00Z")).dropped());
  }

  @Test
  void rowsOfOtherTimes_getTheirMonth_orStayAndAreReported() throws Exception {
    insert("2024-02-29T00:00:00Z", "past retention");
    insert("-infinity", "past retention");
    insert("2026-03-01T00:00:00Z", "late");
    insert("2028-11-30T00:00:00Z", "24 months ahead");
    insert("2028-12-01T00:00:00Z", "25 months ahead");
    insert("9999-12-31T23:59:59Z", "a broken clock");
    insert("infinity", "a joke");
    MaintenanceReport report = tables.maintenance().run(NOW);
    assertEquals(List.of(), report.stuck());
    assertEquals(2L, report.deleted().get("llm_logs_default"));
    assertEquals(Map.of("llm_logs_2026_03", 1L, "llm_logs_2028_11", 1L), report.moved());
    assertEquals(3L, report.defaultRows().get("llm_logs"));
    assertEquals(5, tables.number("SELECT count(*) FROM analytics.llm_logs"));
    report = tables.maintenance().run(NOW);
    assertEquals(Map.of(), report.moved());
    assertEquals(3L, report.defaultRows().get("llm_logs"));
  }

  @Test
  void aRowThatIsChangedOrDeletedWhileItIsMoved_staysSo() throws Exception {
    tables.execute(
        """
        INSERT INTO analytics.llm_logs (created_at, action, end_user)
        SELECT '2026-11-10T00:00:00Z'::timestamptz + n * interval '1 s', 'a', 'u' || n
        FROM generate_series(1, 2500) AS n
        """);
    try (Connection reader = PostgresServer.connect(tables.url())) {
      // Its lock keeps the copied rows from being attached.
      reader.setAutoCommit(false);
      reader.createStatement().executeQuery("SELECT count(*) FROM analytics.llm_logs").close();
      Future<MaintenanceReport> round = executor.submit(() -> tables.maintenance().run(NOW));
      awaitRows("llm_logs_2026_11", 2500);
      tables.execute(
          """
          UPDATE analytics.llm_logs SET end_user = NULL WHERE end_user = 'u7';
          DELETE FROM analytics.llm_logs WHERE end_user = 'u8';
          INSERT INTO analytics.llm_logs (created_at, action) VALUES ('2026-11-10T00:00:00Z', 'new')
          """);
      reader.rollback();
      MaintenanceReport report = round.get(60, TimeUnit.SECONDS);
      assertEquals(List.of(), report.stuck());
      assertEquals(Map.of("llm_logs_2026_11", 2500L), report.moved());
    }
    assertEquals(2500, tables.number("SELECT count(*) FROM analytics.llm_logs_2026_11"));
    assertEquals(
        0, tables.number("SELECT count(*) FROM analytics.llm_logs WHERE end_user IN ('u7', 'u8')"));
    assertEquals(2501, tables.number("SELECT sum(calls) FROM analytics.llm_log_hourly"));
    assertEquals(
        "null", tables.text("SELECT obj_description('analytics.llm_logs_2026_11'::regclass)"));
  }

  @Test
  void aRoundThatDiesBetweenDetachAndDrop_isFinishedByTheNext() throws Exception {
    insert("2025-09-20T00:00:00Z", "past");
    Archiver killer =
        (connection, parent, piece) -> {
          assertEquals("llm_logs", parent);
          assertEquals("llm_logs_2025_09", piece.name());
          connection.createStatement().execute("SELECT pg_terminate_backend(pg_backend_pid())");
        };
    TableMaintenance dying = Tables.maintenance(tables.url(), killer);
    assertThrows(SQLException.class, () -> dying.run(NOW));
    assertTrue(tables.exists("llm_logs_2025_09"), "it is detached");
    assertEquals(0, tables.number("SELECT count(*) FROM analytics.llm_logs"));
    MaintenanceReport report = tables.maintenance().run(NOW);
    assertEquals("llm_logs_2025_09", report.dropped().get(0));
    assertFalse(tables.exists("llm_logs_2025_09"));
  }

  @Test
  void whatCannotBeArchived_isKept_andArchivedByALaterRound() throws Exception {
    insert("2025-09-20T00:00:00Z", "past");
    List<String> archived = new ArrayList<>();
    Archiver full =
        (connection, parent, piece) -> {
          throw new IOException("no space left on the device");
        };
    Archiver working = (connection, parent, piece) -> archived.add(piece.quoted());
    MaintenanceReport report = Tables.maintenance(tables.url(), full).run(NOW);
    assertEquals(2, report.stuck().size(), report.stuck().toString());
    assertTrue(report.stuck().get(0).reason().contains("no space left"), report.toString());
    assertEquals(List.of(), report.dropped());
    assertEquals(1, tables.number("SELECT count(*) FROM analytics.llm_logs_2025_09"));
    assertEquals(List.of(), Tables.maintenance(tables.url(), working).run(NOW).stuck());
    assertEquals("\"analytics\".\"llm_logs_2025_09\"", archived.get(0));
    assertEquals(9, archived.size());
    assertFalse(tables.exists("llm_logs_2025_09"));
  }

  @Test
  void aHalfFilledTable_isFilledByTheNextRound_orDroppedWhereItsRowsAreGone() throws Exception {
    insert("2026-11-10T00:00:00Z", "a");
    String copy =
        """
        CREATE TABLE analytics.%1$s (LIKE analytics.llm_logs INCLUDING ALL EXCLUDING IDENTITY,
          CONSTRAINT llmlog_filling CHECK (created_at >= '%2$s' AND created_at < '%3$s'));
        COMMENT ON TABLE analytics.%1$s IS 'llmlog: filling, from %2$s to %3$s';
        INSERT INTO analytics.%1$s SELECT * FROM analytics.llm_logs LIMIT %4$d
        """;
    tables.execute(
        copy.formatted("llm_logs_2026_11", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z", 1));
    tables.execute(
        copy.formatted("llm_logs_2027_06", "2027-06-01T00:00:00Z", "2027-07-01T00:00:00Z", 0));
    MaintenanceReport report = tables.maintenance().run(NOW);
    assertEquals(List.of(), report.stuck());
    assertEquals(Map.of("llm_logs_2026_11", 1L), report.moved());
    assertEquals(1, tables.number("SELECT count(*) FROM analytics.llm_logs"));
    assertFalse(tables.exists("llm_logs_2027_06"));
  }

  @Test
  void foreignTablesAndWhatIsToBeKept_areLeftAlone() throws Exception {
    tables.execute(
        """
        CREATE TABLE analytics.llm_logs_2024_01 (mine text);
        CREATE TABLE analytics.llm_logs_copy (mine text);
        COMMENT ON TABLE analytics.llm_logs_copy IS 'llmlog: detached';
        CREATE SCHEMA other;
        CREATE TABLE other.llm_logs_2024_02 (LIKE analytics.llm_logs INCLUDING ALL EXCLUDING IDENTITY);
        ALTER TABLE analytics.llm_logs ATTACH PARTITION other.llm_logs_2024_02
          FOR VALUES FROM ('2024-02-01Z') TO ('2024-03-01Z');
        COMMENT ON TABLE analytics.llm_logs_2025_09 IS 'llmlog: keep, from the archive'
        """);
    MaintenanceReport report = tables.maintenance().run(NOW);
    assertEquals(8, report.dropped().size(), "contents alone: " + report.dropped());
    assertEquals(1, report.stuck().size(), report.toString());
    assertEquals("llm_logs_2024_02", report.stuck().get(0).partition());
    assertTrue(tables.exists("llm_logs_2024_01") && tables.exists("llm_logs_copy"));
    assertTrue(tables.exists("llm_logs_2025_09"));
  }

  @Test
  void ofTwoAtOnce_oneDoesTheWork() throws Exception {
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    Archiver slow =
        (connection, parent, piece) -> {
          inside.countDown();
          assertTrue(goOn.await(60, TimeUnit.SECONDS));
        };
    Future<MaintenanceReport> first =
        executor.submit(() -> Tables.maintenance(tables.url(), slow).run(NOW));
    assertTrue(inside.await(60, TimeUnit.SECONDS));
    MaintenanceReport second = tables.maintenance().run(NOW);
    goOn.countDown();
    assertTrue(second.elsewhere());
    assertEquals(List.of(), second.dropped());
    assertNotEquals(0L, second.partitions().get("llm_logs"));
    assertFalse(first.get(60, TimeUnit.SECONDS).elsewhere());
    assertFalse(tables.exists("llm_logs_2025_09"));
  }

  @Test
  void withoutRights_itReports_andWritingGoesOn() throws Exception {
    String role = "role_" + tables.url().substring(tables.url().lastIndexOf('_') + 1);
    tables.execute(
        """
        CREATE ROLE %1$s LOGIN PASSWORD 'pw'; GRANT USAGE ON SCHEMA analytics TO %1$s;
        GRANT INSERT, SELECT (created_at, event_id) ON analytics.llm_logs TO %1$s;
        GRANT INSERT, SELECT, UPDATE ON analytics.llm_log_dead_letters TO %1$s
        """
            .formatted(role));
    insert("2026-11-15T00:00:00Z", "waits in DEFAULT");
    String url = tables.url(role + ":pw");
    MaintenanceReport report = Tables.maintenance(url, null).run(NOW);
    List<String> names = report.stuck().stream().map(Stuck::partition).toList();
    assertTrue(names.contains("llm_logs_2026_11"), report.toString());
    assertTrue(names.contains("llm_logs_2025_09"), report.toString());
    assertTrue(names.contains("llm_log_dead_letters"), report.toString());
    assertTrue(
        report.stuck().stream().allMatch(stuck -> stuck.reason().contains("42501")),
        report.toString());
    try (PostgresWriter writer = Tables.writer(url, NOW)) {
      WriteResult result = writer.write(List.of(Tables.message(1, NOW, "a")));
      assertEquals(1, result.stored());
    }
  }

  private void insert(String time, String action) {
    tables.execute(
        "INSERT INTO analytics.llm_logs (created_at, action) VALUES ('%s', '%s')"
            .formatted(time, action));
  }

  private void awaitRows(String table, long rows) throws SQLException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!tables.exists(table)
        || tables.number("SELECT count(*) FROM analytics." + table) < rows) {
      assertTrue(System.nanoTime() < end, "no " + rows + " rows in " + table);
    }
  }
}
