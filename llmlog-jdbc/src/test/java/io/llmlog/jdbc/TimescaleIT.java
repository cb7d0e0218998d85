package io.llmlog.jdbc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.jdbc.maintain.Erase;
import io.llmlog.jdbc.maintain.MaintenanceReport;
import io.llmlog.jdbc.maintain.Partitions;
import io.llmlog.jdbc.maintain.Retention;
import io.llmlog.jdbc.maintain.TableMaintenance;
import io.llmlog.jdbc.schema.Schema;
import io.llmlog.spi.EventWriter;
import io.llmlog.spi.Message;
import io.llmlog.spi.WriteResult;
import io.llmlog.testkit.PostgresServer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.Period;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The contract on hypertables, and what could go otherwise there. */
class TimescaleIT extends PostgresContract {
  @RegisterExtension static final PostgresServer SERVER = PostgresServer.timescale();

  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");

  @Override
  PostgresServer server() {
    return SERVER;
  }

  @Override
  Partitioning partitioning() {
    return Partitioning.TIMESCALE;
  }

  @Test
  void partitions_areLeftToTheExtension() throws Exception {
    Partitions partitions =
        new Partitions(
            new PostgresDataSource(PostgresUrl.parse(url()), Duration.ofSeconds(20)), SCHEMA);
    assertEquals(new Partitions.Result(List.of(), List.of(), false), partitions.ensure(NOW));
    assertEquals(
        0, number("SELECT count(*) FROM pg_class WHERE relname LIKE 'llm%default' OR relkind='p'"));
  }

  @Test
  void rollup_countsEachRowOnce() throws Exception {
    List<Message> batch = batch(200, i -> NOW.minus(Duration.ofHours(5L * i)));
    try (EventWriter writer = PostgresWriter.create(settings(url()))) {
      assertEquals(200, writer.write(batch).stored());
      assertEquals(200, writer.write(batch).duplicates());
    }
    PostgresServer.execute(
        url(),
        """
        INSERT INTO analytics.llm_logs (action, company_id, cost_usd)
        SELECT 'plain', 7, 0.5 FROM generate_series(1, 50)
        """);
    assertTrue(chunks() >= 6, "one statement filled " + chunks() + " chunks");
    assertEquals(250, number("SELECT sum(calls) FROM analytics.llm_log_hourly"));
    assertEquals(
        25, number("SELECT sum(cost_usd) FROM analytics.llm_log_hourly WHERE company_id = 7"));
    assertEquals(
        0,
        number(
            """
            SELECT count(*) FROM (
              SELECT date_trunc('hour', created_at, 'UTC') AS hour, action, count(*) AS calls
              FROM analytics.llm_logs GROUP BY 1, 2) raw
            FULL JOIN analytics.llm_log_hourly rollup USING (hour, action)
            WHERE raw.calls IS DISTINCT FROM rollup.calls
            """));
  }

  @Test
  void write_ofRowsThatTheTableRefuses_storesAllOthers() throws Exception {
    PostgresServer.execute(
        url(), "ALTER TABLE analytics.llm_logs ADD CONSTRAINT odd CHECK (action <> 'refused')");
    List<Message> batch = batch(100, i -> NOW.minus(Duration.ofDays(i)));
    batch.set(13, event(13, NOW.minus(Duration.ofDays(13)), "refused"));
    batch.set(70, event(70, NOW.minus(Duration.ofDays(70)), "refused"));
    try (EventWriter writer = PostgresWriter.create(settings(url()))) {
      WriteResult result = writer.write(batch);
      assertEquals(98, result.stored());
      assertEquals(List.of(13, 70), result.deadLetters().stream().map(d -> d.index()).toList());
    }
    assertEquals(98, rows());
    assertEquals(98, number("SELECT sum(calls) FROM analytics.llm_log_hourly"));
    assertEquals(
        2,
        number(
            """
            SELECT count(*) FROM analytics.llm_log_dead_letters
            WHERE sqlstate = '23514' AND reason LIKE '%constraint "odd"%'
            """));
  }

  @Test
  void roles_writeAndMaintain() throws Exception {
    Roles.create(url(), SCHEMA);
    try {
      try (EventWriter writer = PostgresWriter.create(settings(Roles.url(url(), "writer")))) {
        List<Message> batch = batch(70, i -> NOW.minus(Duration.ofDays(i)));
        assertEquals(70, writer.write(batch).stored());
        assertEquals(70, writer.write(batch).duplicates());
        assertEquals(
            1,
            writer
                .write(List.of(new Message(new byte[] {'x'}, new UUID(4, 4), NOW)))
                .deadLetters()
                .size());
      }
      assertTrue(chunks() >= 10, chunks() + " chunks");
      PostgresUrl maintenance = PostgresUrl.parse(Roles.url(url(), "maintenance"));
      new Schema(maintenance, SCHEMA, Partitioning.TIMESCALE).apply(false, NOW);
      PostgresDataSource database = new PostgresDataSource(maintenance, Duration.ofSeconds(20));
      MaintenanceReport report = maintain(database, Period.ofMonths(3));
      assertEquals(List.of(), report.stuck());
      assertEquals(List.of(), report.dropped());
      if (hasPolicies()) {
        PostgresServer.execute(url(), "CALL run_job(" + compressionJob() + ")");
        assertTrue(compressedChunks() >= 4, compressedChunks() + " compressed chunks");
      }
      report = maintain(database, Period.ofDays(40));
      assertEquals(List.of(), report.stuck());
      assertEquals(4, report.dropped().size());
    } finally {
      PostgresServer.execute(
          url(),
          """
          REASSIGN OWNED BY llmlog_maintenance TO CURRENT_USER;
          DROP OWNED BY llmlog_writer, llmlog_reader, llmlog_maintenance;
          DROP ROLE llmlog_writer, llmlog_reader, llmlog_maintenance
          """);
    }
  }

  @Test
  void write_ofRowsFarFromNow_failsNoBatch() throws Exception {
    Instant[] far = {
      Instant.parse("0001-01-01T00:00:00Z"),
      Instant.parse("9999-12-31T23:59:59.999999Z"),
      Instant.parse("3000-01-01T00:00:00Z"),
      NOW
    };
    try (EventWriter writer = PostgresWriter.create(settings(url()))) {
      assertEquals(4, writer.write(batch(4, i -> far[i])).stored());
      assertEquals(4, writer.write(batch(4, i -> far[i])).duplicates());
      // Each in a chunk of its own: what a producer without a clock could do at worst.
      assertEquals(
          300, writer.write(batch(300, i -> NOW.plus(Duration.ofDays(1000 + 7L * i)))).stored());
    }
    assertEquals(304, rows());
    assertEquals(304, number("SELECT sum(calls) FROM analytics.llm_log_hourly"));
  }

  @Test
  void write_intoACompressedChunk_isExactAndErasable() throws Exception {
    List<Message> old = batch(3000, i -> NOW.minus(Period.ofDays(60)).plusMillis(100L * i));
    List<Message> late = batch(3010, i -> NOW.minus(Period.ofDays(60)).plusMillis(100L * i));
    try (EventWriter writer = PostgresWriter.create(settings(url()))) {
      assertEquals(3000, writer.write(old).stored());
      if (!hasPolicies()) {
        assertEquals(0, compressedTables());
        return;
      }
      assertEquals(1, compressedTables());
      PostgresServer.execute(url(), "CALL run_job(" + compressionJob() + ")");
      assertEquals(1, compressedChunks());
      WriteResult result = writer.write(late);
      assertEquals(10, result.stored());
      assertEquals(3000, result.duplicates());
      assertEquals(0, writer.write(late).stored());
    }
    assertEquals(3010, rows());
    assertEquals(3010, number("SELECT sum(calls) FROM analytics.llm_log_hourly"));
    Erase erase =
        new Erase(new PostgresDataSource(PostgresUrl.parse(url()), Duration.ofMinutes(2)), SCHEMA);
    Erase.Person person = Erase.Person.byEndUser("user-3");
    assertEquals(new Erase.Erased(31, 0, 0, 0), erase.run(person, true));
    assertEquals(new Erase.Erased(31, 0, 0, 0), erase.run(person, false));
    assertEquals(0, number("SELECT count(*) FROM analytics.llm_logs WHERE end_user = 'user-3'"));
    assertEquals(3010, rows());
    assertEquals(3010, number("SELECT sum(calls) FROM analytics.llm_log_hourly"));
  }

  @Test
  void settings_ofCompression_areAPersonsToChange() throws Exception {
    if (!hasPolicies()) {
      return;
    }
    PostgresServer.execute(url(), "SELECT remove_compression_policy('analytics.llm_logs')");
    new Schema(PostgresUrl.parse(url()), SCHEMA, Partitioning.TIMESCALE).apply(false, NOW);
    assertEquals(
        0,
        number(
            """
            SELECT count(*) FROM timescaledb_information.jobs WHERE proc_name = 'policy_compression'
            """));
  }

  @Test
  void edition_isOneOfTheTwo() throws Exception {
    assertFalse(license().isEmpty());
    System.err.println(
        "TimescaleDB "
            + text("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'")
            + ", license "
            + license()
            + ", "
            + text("SELECT version()"));
  }

  private static MaintenanceReport maintain(PostgresDataSource database, Period rows)
      throws Exception {
    return new TableMaintenance(
            database, SCHEMA, new Retention(rows, Period.ofDays(30), Period.ofYears(5)), null)
        .run(NOW);
  }

  private boolean hasPolicies() throws SQLException {
    return license().equals("timescale");
  }

  private String license() throws SQLException {
    return text("SHOW timescaledb.license");
  }

  private long compressionJob() throws SQLException {
    return number(
        """
        SELECT job_id FROM timescaledb_information.jobs
        WHERE proc_name = 'policy_compression' AND hypertable_name = 'llm_logs'
        """);
  }

  private long compressedTables() throws SQLException {
    return number(
        "SELECT count(*) FROM timescaledb_information.hypertables WHERE compression_enabled");
  }

  private long compressedChunks() throws SQLException {
    return number("SELECT count(*) FROM timescaledb_information.chunks WHERE is_compressed");
  }

  private long chunks() throws SQLException {
    return number(
        """
        SELECT count(*) FROM timescaledb_information.chunks WHERE hypertable_name = 'llm_logs'
        """);
  }

  private String text(String sql) throws SQLException {
    try (Connection connection = PostgresServer.connect(url());
        ResultSet row = connection.createStatement().executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }

  private static List<Message> batch(int size, IntFunction<Instant> time) {
    List<Message> batch = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      batch.add(event(i, time.apply(i), "good"));
    }
    return batch;
  }

  private static Message event(int number, Instant createdAt, String action) {
    String json =
        """
        {"event_id": "%s", "created_at": "%s", "action": "%s", "company_id": %d,
         "end_user": "user-%d", "message": "text"}
        """
            .formatted(new UUID(1, number), createdAt, action, number % 5, number % 100);
    return new Message(json.getBytes(StandardCharsets.UTF_8), new UUID(2, number), NOW);
  }
}
