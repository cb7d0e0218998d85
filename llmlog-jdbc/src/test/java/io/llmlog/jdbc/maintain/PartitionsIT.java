package io.llmlog.jdbc.maintain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.jdbc.PostgresDataSource;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.schema.Schema;
import io.llmlog.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class PartitionsIT {
  @RegisterExtension static final PostgresServer SERVER = PostgresServer.create();

  private static final SchemaName SCHEMA = new SchemaName("analytics");
  private static final Instant NOW = Instant.parse("2026-11-30T23:59:59.999Z");
  private static final Instant NEXT_YEAR = Instant.parse("2027-12-01T00:00:00Z");
  private static final Instant NEXT_MONTH = Instant.parse("2026-12-01T00:00:00Z");

  private String url = "";
  private Partitions partitions = partitions("postgresql://h/d");

  @BeforeEach
  void createTables() throws Exception {
    url = SERVER.createDatabase("partitions");
    new Schema(PostgresUrl.parse(url), SCHEMA).apply(false, NOW);
    partitions = partitions(url);
  }

  @Test
  void ensure_asTimeGoesOn_makesWhatIsMissing() throws Exception {
    assertEquals(new Partitions.Result(List.of(), List.of(), false), partitions.ensure(NOW));
    assertEquals(
        List.of("llm_logs_2027_03", "llm_log_contents_2026_12_08"),
        partitions.ensure(NEXT_MONTH).created());
    assertEquals(List.of(), partitions.ensure(NEXT_MONTH).created());
  }

  @Test
  void partitions_holdTheirMonthInUtc() throws Exception {
    PostgresServer.execute(
        url,
        """
        SET timezone = 'Asia/Tokyo';
        INSERT INTO analytics.llm_logs (created_at, action) VALUES
          ('2026-11-30T23:59:59.999999Z', 'november'), ('2026-12-01T00:00:00Z', 'december')
        """);
    assertEquals("november", text("SELECT action FROM analytics.llm_logs_2026_11"));
    assertEquals("december", text("SELECT action FROM analytics.llm_logs_2026_12"));
  }

  @Test
  void partitions_haveTheIndexesOfTheTable() throws Exception {
    assertEquals("3", text("SELECT count(*) FROM pg_indexes WHERE tablename = 'llm_logs_2026_12'"));
  }

  @Test
  void contentsPartitions_holdTheirDayInUtc() throws Exception {
    PostgresServer.execute(
        url,
        """
        SET timezone = 'Asia/Tokyo';
        INSERT INTO analytics.llm_log_contents (created_at, event_id, request) VALUES
          ('2026-11-30T23:59:59.999999Z', gen_random_uuid(), '1'),
          ('2026-12-01T00:00:00Z', gen_random_uuid(), '2')
        """);
    assertEquals("1", text("SELECT request FROM analytics.llm_log_contents_2026_11_30"));
    assertEquals("2", text("SELECT request FROM analytics.llm_log_contents_2026_12_01"));
  }

  @Test
  void ensure_whileRowsOfTheMonthStandInDefault_movesThem() throws Exception {
    PostgresServer.execute(
        url,
        """
        INSERT INTO analytics.llm_logs (created_at, action) VALUES
          ('2027-03-05T00:00:00Z', 'a'), ('2027-05-05T00:00:00Z', 'b')
        """);
    Partitions.Result result = partitions.ensure(NEXT_MONTH);
    assertEquals(List.of(), result.stuck());
    assertTrue(result.created().contains("llm_logs_2027_03"), result.toString());
    assertTrue(result.defaultInUse());
    assertEquals("a", text("SELECT action FROM analytics.llm_logs_2027_03"));
    assertEquals("b", text("SELECT action FROM analytics.llm_logs_default"));
    assertEquals("2", text("SELECT sum(calls) FROM analytics.llm_log_hourly"));
  }

  @Test
  void cover_makesMonthsOfThePast() throws Exception {
    Instant september = Instant.parse("2026-09-30T23:00:00Z");
    assertEquals(
        List.of("llm_logs_2026_09", "llm_logs_2026_10"),
        partitions.cover(september, Instant.parse("2026-10-01T00:00:00Z")).created());
  }

  @Test
  void ensure_besideAPartitionOfAnotherForm_makesTheRestOfTheMonth() throws Exception {
    PostgresServer.execute(
        url,
        """
        DROP TABLE analytics.llm_logs_2026_11;
        CREATE TABLE analytics.llm_logs_before (LIKE analytics.llm_logs INCLUDING ALL);
        ALTER TABLE analytics.llm_logs_before ALTER id DROP IDENTITY;
        ALTER TABLE analytics.llm_logs ATTACH PARTITION analytics.llm_logs_before
          FOR VALUES FROM (MINVALUE) TO ('2026-11-10 09:00:00+00')
        """);
    assertEquals(List.of("llm_logs_2026_11"), partitions.ensure(NOW).created());
    PostgresServer.execute(
        url,
        """
        INSERT INTO analytics.llm_logs (created_at, action) VALUES
          ('2026-11-10T08:59:59Z', 'a'), ('2026-11-10T09:00:00Z', 'b')
        """);
    assertEquals("b", text("SELECT action FROM analytics.llm_logs_2026_11"));
  }

  @Test
  void ensure_whereAForeignTableHasTheName_leavesItAlone() throws Exception {
    PostgresServer.execute(url, "CREATE TABLE analytics.llm_logs_2027_03 (mine text)");
    Partitions.Result result = partitions.ensure(NEXT_MONTH);
    assertEquals(
        List.of(new Partitions.Stuck("llm_logs_2027_03", "another table has that name")),
        result.stuck());
    assertEquals("1", text("SELECT count(*) FROM pg_class WHERE relname = 'llm_logs_2027_03'"));
    assertEquals("", text("SELECT coalesce(max(mine), '') FROM analytics.llm_logs_2027_03"));
  }

  @Test
  void ensure_behindALongReader_givesUpInTimeAndBlocksNoInsert() throws Exception {
    ExecutorService executor = Executors.newSingleThreadExecutor();
    try (Connection reader = PostgresServer.connect(url)) {
      reader.setAutoCommit(false);
      reader.createStatement().executeQuery("SELECT count(*) FROM analytics.llm_logs").close();
      Future<Partitions.Result> ensuring = executor.submit(() -> partitions.ensure(NEXT_MONTH));
      long longest = 0;
      int inserts = 0;
      while (!ensuring.isDone()) {
        long start = System.nanoTime();
        PostgresServer.execute(
            url,
            """
            SET lock_timeout = '1s';
            INSERT INTO analytics.llm_logs (created_at, action) VALUES ('2026-11-30T00:00:00Z', 'a')
            """);
        longest = Math.max(longest, System.nanoTime() - start);
        inserts++;
      }
      assertTrue(inserts > 10 && Duration.ofNanos(longest).toMillis() < 1000, inserts + " inserts");
      assertEquals(List.of("llm_log_contents_2026_12_08"), ensuring.get().created());
      assertTrue(ensuring.get().stuck().get(0).reason().contains("lock"));
      reader.rollback();
      assertEquals(List.of("llm_logs_2027_03"), partitions.ensure(NEXT_MONTH).created());
    } finally {
      executor.shutdownNow();
    }
  }

  @Test
  void ensure_bySeveralAtOnce_makesEachOnce() throws Exception {
    ExecutorService executor = Executors.newFixedThreadPool(4);
    try {
      Callable<Partitions.Result> ensuring = () -> partitions.cover(NEXT_MONTH, NEXT_YEAR);
      int created = 0;
      for (Future<Partitions.Result> one :
          executor.invokeAll(List.of(ensuring, ensuring, ensuring, ensuring))) {
        assertEquals(List.of(), one.get().stuck());
        created += one.get().created().size();
      }
      assertEquals(10, created);
    } finally {
      executor.shutdownNow();
    }
  }

  @Test
  void ensure_withoutRights_saysSo() throws Exception {
    String role = "role_" + url.substring(url.lastIndexOf('_') + 1);
    PostgresServer.execute(
        url,
        """
        CREATE ROLE %1$s LOGIN PASSWORD 'pw'; GRANT USAGE ON SCHEMA analytics TO %1$s;
        GRANT SELECT ON ALL TABLES IN SCHEMA analytics TO %1$s
        """
            .formatted(role));
    Partitions poor = partitions(url.replaceFirst("//[^@]+@", "//" + role + ":pw@"));
    Partitions.Result result = poor.ensure(NEXT_MONTH);
    assertEquals(2, result.stuck().size());
    assertTrue(result.stuck().get(0).reason().contains("permission denied"), result.toString());
    assertFalse(result.defaultInUse());
  }

  @Test
  void ensure_withoutTables_fails() {
    Partitions empty = partitions(SERVER.createDatabase("empty"));
    SQLException e = assertThrows(SQLException.class, () -> empty.ensure(NOW));
    assertEquals("3F000", e.getSQLState());
  }

  private static Partitions partitions(String url) {
    return new Partitions(
        new PostgresDataSource(PostgresUrl.parse(url), Duration.ofSeconds(30)), SCHEMA);
  }

  private String text(String sql) throws SQLException {
    try (Connection connection = PostgresServer.connect(url);
        ResultSet row = connection.createStatement().executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }
}
