package io.llmlog.jdbc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.jdbc.schema.Schema;
import io.llmlog.spi.EventWriter;
import io.llmlog.spi.Message;
import io.llmlog.spi.StoreProvider.StoreSettings;
import io.llmlog.spi.WriteException;
import io.llmlog.testkit.PostgresServer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.Period;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a writer does before its first write, and that nothing of it remains. */
class PreparedWriterIT {
  @RegisterExtension static final PostgresServer SERVER = PostgresServer.create();

  private static final SchemaName SCHEMA = new SchemaName("analytics");

  private String url = "";

  @BeforeEach
  void createTables() throws Exception {
    url = SERVER.createDatabase("prepared");
    new Schema(PostgresUrl.parse(url), SCHEMA).apply(false, Instant.now());
  }

  @Test
  void prepare_leavesNeitherRowNorStageNorAGapInTheIds() throws Exception {
    try (EventWriter writer = writer(url)) {
      for (int write = 1; write <= 3; write++) {
        writer.prepare();
        writer.prepare();
        assertEquals(
            write < 3 ? 0 : 1,
            number("SELECT count(*) FROM pg_class WHERE relname LIKE 'llmlog\\_stage%'"),
            "stages after write " + (write - 1));
        // By the fast road, which makes no stage, and then by the sure one.
        assertEquals(1, writer.write(List.of(message(write > 1))).stored());
        assertEquals(write, number("SELECT max(id) FROM analytics.llm_logs"));
      }
      assertEquals(3, number("SELECT count(*) FROM analytics.llm_logs"));
      assertEquals(3, number("SELECT sum(calls) FROM analytics.llm_log_hourly"));
      assertEquals(
          0,
          number(
              "SELECT count(*) FROM analytics.llm_log_hourly WHERE calls = 0 OR action <> 'good'"));
      assertEquals(0, number("SELECT count(*) FROM analytics.llm_log_dead_letters"));
    }
  }

  @Test
  void prepare_goesBothRoadsOfABatch_onTheConnectionOfTheNextWrite() throws Exception {
    PostgresServer.execute(
        url,
        """
        CREATE TABLE analytics.inserts (session int, new_rows bigint);
        CREATE FUNCTION analytics.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          INSERT INTO analytics.inserts
            SELECT pg_backend_pid(), count(*) FROM new_rows HAVING count(*) > 0;
          RETURN NULL;
        END $$;
        CREATE TRIGGER note AFTER INSERT ON analytics.llm_logs
          REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION analytics.note()
        """);
    try (EventWriter writer = writer(url)) {
      writer.prepare();
      assertEquals(0, number("SELECT count(*) FROM analytics.inserts"));
      long session =
          number(
              "SELECT max(pid) FROM pg_stat_activity"
                  + " WHERE datname = current_database() AND application_name = 'llmlog'");
      assertEquals(1, writer.write(List.of(message(false))).stored());
      assertEquals(
          1,
          number(
              "SELECT count(*) FROM analytics.inserts WHERE new_rows = 1 AND session = "
                  + session));
    }
  }

  @Test
  void prepare_whereNoWriteWouldSucceed_failsAsTheWriteWould() throws Exception {
    String empty = SERVER.createDatabase("empty");
    try (EventWriter writer = writer(empty)) {
      assertFails(writer, WriteException.Kind.PAUSE, "42P01");
      new Schema(PostgresUrl.parse(empty), SCHEMA).apply(false, Instant.now());
      writer.prepare();
    }
    EventWriter writer = writer(url);
    try (Connection other = PostgresServer.connect(url);
        Statement statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute("LOCK TABLE analytics.llm_logs");
      assertFails(writer, WriteException.Kind.RETRY, "57014");
      other.rollback();
      writer.prepare();
    }
    writer.close();
    assertFails(writer, WriteException.Kind.RETRY, "closed");
  }

  @Test
  void prepare_byAnInterruptedThread_endsAndTheWriterGoesOn() throws Exception {
    try (EventWriter writer = writer(url)) {
      Thread.currentThread().interrupt();
      assertThrows(InterruptedException.class, writer::prepare);
      assertFalse(Thread.currentThread().isInterrupted());
      writer.prepare();
      assertEquals(1, writer.write(List.of(message(false))).stored());
    }
  }

  private static void assertFails(EventWriter writer, WriteException.Kind kind, String part) {
    WriteException e = assertThrows(WriteException.class, writer::prepare);
    assertEquals(kind, e.kind(), e.getMessage());
    assertTrue(String.valueOf(e.getMessage()).contains(part), e.getMessage());
  }

  private static EventWriter writer(String url) {
    return PostgresWriter.create(
        new StoreSettings(url, "analytics", Period.ofYears(1), 1, Duration.ofSeconds(2)));
  }

  private static Message message(boolean redelivered) {
    byte[] bytes = "{\"action\":\"good\"}".getBytes(StandardCharsets.UTF_8);
    return new Message(bytes, UUID.randomUUID(), Instant.now(), redelivered);
  }

  private long number(String sql) throws SQLException {
    try (Connection connection = PostgresServer.connect(url);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }
}
