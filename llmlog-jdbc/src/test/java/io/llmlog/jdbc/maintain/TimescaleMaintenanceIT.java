package io.llmlog.jdbc.maintain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.jdbc.Partitioning;
import io.llmlog.jdbc.PostgresDataSource;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.maintain.Partitions.Stuck;
import io.llmlog.jdbc.schema.Schema;
import io.llmlog.testkit.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.Period;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAmount;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A round of maintenance on hypertables. */
class TimescaleMaintenanceIT {
  @RegisterExtension static final PostgresServer SERVER = PostgresServer.timescale();

  private static final SchemaName SCHEMA = new SchemaName("analytics");
  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
  private static final Period RETENTION = Period.ofMonths(13);

  private String url = "";

  @BeforeEach
  void createTables() throws Exception {
    url = SERVER.createDatabase("maintenance");
    new Schema(PostgresUrl.parse(url), SCHEMA, Partitioning.TIMESCALE).apply(false, NOW);
    // Weeks begin on Thursdays, and that of 2025-10-23 is not wholly past.
    insert("2025-10-22T23:59:59.999999Z", "2025-10-23T00:00:00Z", "2025-09-01T00:00:00Z");
    insert("2026-11-23T12:00:00Z", "1000-01-03T00:00:00Z", "9999-12-31T00:00:00Z");
  }

  @Test
  void run_dropsWhatIsPastRetention_andOnlyThat() throws Exception {
    MaintenanceReport planned = maintenance(RETENTION, null).preview(NOW);
    assertEquals("6", rows());
    MaintenanceReport report = maintenance(RETENTION, null).run(NOW);
    assertEquals(List.of(), report.stuck());
    assertEquals(List.of(), report.created());
    assertEquals(3, report.dropped().size(), report.toString());
    assertEquals(planned.dropped(), report.dropped());
    assertEquals(Map.of("llm_logs", 3L, "llm_log_contents", 0L), report.partitions());
    assertEquals(Map.of("llm_logs", 0L, "llm_log_contents", 0L), report.defaultRows());
    assertEquals(
        "2025-10-23 00:00:00, 2026-11-23 12:00:00, 9999-12-31 00:00:00",
        text(
            """
            SELECT string_agg((created_at AT TIME ZONE 'UTC')::text, ', ' ORDER BY created_at)
            FROM analytics.llm_logs
            """));
    assertEquals("6", text("SELECT sum(calls) FROM analytics.llm_log_hourly"));
    assertEquals(List.of(), maintenance(RETENTION, null).run(NOW).dropped());
  }

  @Test
  void contents_haveTheirOwnClock() throws Exception {
    // The present: TimescaleDB's own policy, which maintenance sets, goes by the server's clock.
    Instant now = Instant.now();
    Instant today = now.truncatedTo(ChronoUnit.DAYS);
    for (int days : List.of(32, 29, 28, 1)) {
      PostgresServer.execute(
          url,
          "INSERT INTO analytics.llm_log_contents (created_at, event_id) VALUES ('%s', gen_random_uuid())"
              .formatted(today.minus(days, ChronoUnit.DAYS).plusSeconds(3600)));
    }
    MaintenanceReport report = maintenance(Period.ofYears(1500), null).run(now);
    assertEquals(1, report.dropped().size(), report.toString());
    assertEquals("3", text("SELECT count(*) FROM analytics.llm_log_contents"));
    assertEquals("6", rows());
    assertEquals(hasPolicies() ? "30 days" : "", policy("llm_log_contents"));
  }

  @Test
  void policy_followsTheVariable() throws Exception {
    maintenance(RETENTION, null).run(NOW);
    assertEquals(hasPolicies() ? "1 year 1 mon" : "", policy("llm_logs"));
    String job = jobs();
    maintenance(RETENTION, null).run(NOW);
    assertEquals(job, jobs());
    maintenance(Duration.ofDays(90), null).run(NOW);
    assertEquals(hasPolicies() ? "2160:00:00" : "", policy("llm_logs"));
    maintenance(RETENTION, (connection, parent, piece) -> {}).run(NOW);
    assertEquals("", policy("llm_logs"));
  }

  @Test
  void archiver_isAskedBeforeEachDrop_andKeepsWhatItCannotStore() throws Exception {
    List<String> archived = new ArrayList<>();
    Archiver archiver =
        (connection, parent, piece) -> {
          try (ResultSet row =
              connection
                  .createStatement()
                  .executeQuery("SELECT min(created_at) FROM " + piece.quoted())) {
            row.next();
            archived.add(parent + " " + row.getString(1).substring(0, 10));
          }
          if (archived.size() == 2) {
            throw new IOException("the disk is full");
          }
        };
    MaintenanceReport report = maintenance(RETENTION, archiver).run(NOW);
    assertEquals(List.of("llm_logs 1000-01-03", "llm_logs 2025-09-01"), archived);
    assertEquals(1, report.dropped().size());
    Stuck stuck = report.stuck().get(0);
    assertTrue(stuck.reason().contains("the disk is full"), stuck.reason());
    assertEquals("5", rows());
    maintenance(RETENTION, archiver).run(NOW);
    assertEquals("3", rows());
  }

  @Test
  void archive_keepsChunks_alsoCompressedOnes(@TempDir Path directory) throws Exception {
    if (hasPolicies()) {
      PostgresServer.execute(
          url,
          "SELECT compress_chunk(c) FROM show_chunks('analytics.llm_logs', newer_than =>"
              + " '2025-10-10Z'::timestamptz, older_than => '2025-10-24Z'::timestamptz) c");
    }
    Archive archive = Archive.in(directory);
    assertEquals(List.of(), maintenance(RETENTION, archive::keep).run(NOW).stuck());
    assertEquals("3", rows());
    Path week = directory.resolve("_timescaledb_internal.llm_logs_2025_10_16.zip");
    try (Stream<Path> files = Files.list(directory)) {
      assertEquals(3, files.filter(file -> file.toString().endsWith(".zip")).count());
    }
    PostgresDataSource database = dataSource(url);
    IOException refused =
        assertThrows(IOException.class, () -> new Restore(database, SCHEMA).run(week));
    assertTrue(String.valueOf(refused.getMessage()).contains("hypertables"), refused.getMessage());
    assertEquals("3", rows());

    SchemaName natives = new SchemaName("elsewhere");
    new Schema(PostgresUrl.parse(url), natives).apply(false, NOW);
    assertEquals(
        new Restore.Restored(
            "llm_logs_2025_10_16",
            Instant.parse("2025-10-16T00:00:00Z"),
            Instant.parse("2025-10-23T00:00:00Z"),
            1),
        new Restore(database, natives).run(week));
    assertEquals("1", text("SELECT count(*) FROM elsewhere.llm_logs"));
  }

  @Test
  void run_dropsCompressedChunksToo() throws Exception {
    if (hasPolicies()) {
      PostgresServer.execute(
          url,
          "SELECT compress_chunk(c) FROM show_chunks('analytics.llm_logs', older_than =>"
              + " '2026-01-01Z'::timestamptz) c");
    }
    assertEquals(3, maintenance(RETENTION, null).run(NOW).dropped().size());
    assertEquals("3", rows());
    assertEquals(
        hasPolicies() ? "4" : "3",
        text("SELECT count(*) FROM pg_class WHERE relname ~ '^(_hyper|compress_hyper).*chunk$'"));
  }

  @Test
  void run_behindAReader_waitsForItAndBlocksNoWriter() throws Exception {
    try (Connection reader = PostgresServer.connect(url);
        Connection writer = PostgresServer.connect(url)) {
      reader.setAutoCommit(false);
      reader
          .createStatement()
          .executeQuery("SELECT * FROM analytics.llm_logs WHERE created_at < '2025-10-01Z'");
      CompletableFuture<MaintenanceReport> dropping =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return maintenance(RETENTION, null).run(NOW);
                } catch (SQLException | InterruptedException e) {
                  throw new AssertionError(e);
                }
              });
      long begun = System.nanoTime();
      long slowest = 0;
      int written = 0;
      while (System.nanoTime() - begun < Duration.ofSeconds(3).toNanos() && !dropping.isDone()) {
        long start = System.nanoTime();
        writer
            .createStatement()
            .executeUpdate("INSERT INTO analytics.llm_logs (action) VALUES ('while dropping')");
        slowest = Math.max(slowest, System.nanoTime() - start);
        written++;
      }
      assertFalse(dropping.isDone(), "it tries again while the reader reads");
      System.err.println("slowest of " + written + " inserts: " + slowest / 1000 + " us");
      assertTrue(slowest < Duration.ofSeconds(1).toNanos(), slowest + " ns");
      reader.rollback();
      MaintenanceReport report = dropping.join();
      assertEquals(List.of(), report.stuck());
      assertEquals(3, report.dropped().size(), report.toString());
    }
  }

  @Test
  void run_byARoleThatDoesNotOwnTheTables_saysSo() throws Exception {
    String role = "poor_" + url.substring(url.lastIndexOf('_') + 1);
    PostgresServer.execute(
        url,
        "CREATE ROLE %1$s LOGIN PASSWORD 'pw'; GRANT USAGE ON SCHEMA analytics TO %1$s"
            .formatted(role));
    try {
      String poor = url.replaceFirst("//[^@]+@", "//" + role + ":pw@");
      MaintenanceReport report = maintenance(poor, RETENTION, null).run(NOW);
      assertTrue(report.stuck().size() >= 3, report.toString());
      assertTrue(report.stuck().get(0).reason().contains("42501"), report.toString());
      assertEquals("6", rows());
    } finally {
      PostgresServer.execute(url, "DROP OWNED BY %1$s; DROP ROLE %1$s".formatted(role));
    }
  }

  private TableMaintenance maintenance(TemporalAmount rows, @Nullable Archiver archiver) {
    return maintenance(url, rows, archiver);
  }

  private static TableMaintenance maintenance(
      String url, TemporalAmount rows, @Nullable Archiver archiver) {
    return new TableMaintenance(
        dataSource(url),
        SCHEMA,
        new Retention(rows, Period.ofDays(30), Period.ofYears(1500)),
        archiver);
  }

  private static PostgresDataSource dataSource(String url) {
    return new PostgresDataSource(PostgresUrl.parse(url), Duration.ofMinutes(2));
  }

  private boolean hasPolicies() throws SQLException {
    return text("SHOW timescaledb.license").equals("timescale");
  }

  private String rows() throws SQLException {
    return text("SELECT count(*) FROM analytics.llm_logs");
  }

  private String policy(String table) throws SQLException {
    return text(
        """
        SELECT coalesce(max(config->>'drop_after'), '') FROM timescaledb_information.jobs
        WHERE proc_name = 'policy_retention' AND hypertable_name = '%s'
        """
            .formatted(table));
  }

  private String jobs() throws SQLException {
    return text(
        """
        SELECT coalesce(string_agg(job_id::text, ',' ORDER BY job_id), '')
        FROM timescaledb_information.jobs WHERE proc_name = 'policy_retention'
        """);
  }

  private void insert(String... times) {
    for (String time : times) {
      PostgresServer.execute(
          url, "INSERT INTO analytics.llm_logs (created_at, action) VALUES ('" + time + "', 'a')");
    }
  }

  private String text(String sql) throws SQLException {
    try (Connection connection = PostgresServer.connect(url);
        ResultSet row = connection.createStatement().executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }
}
