package io.llmlog.jdbc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.jdbc.schema.Schema;
import io.llmlog.spi.EventWriter;
import io.llmlog.spi.Message;
import io.llmlog.spi.StoreProvider.StoreSettings;
import io.llmlog.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.Period;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;

/** Tables that count the tries of each road, and writers into them. */
abstract class RoadsCase {
  private static final SchemaName SCHEMA = new SchemaName("analytics");
  static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");

  private String url = "";

  abstract PostgresServer server();

  Partitioning partitioning() {
    return Partitioning.NATIVE;
  }

  /** Sequences count the tries of each road, also those that were rolled back. */
  @BeforeEach
  void createTables() throws Exception {
    url = server().createDatabase("roads");
    new Schema(PostgresUrl.parse(url), SCHEMA, partitioning()).apply(false, NOW);
    execute(
        """
        CREATE SEQUENCE analytics.fast;
        CREATE SEQUENCE analytics.sure;
        CREATE FUNCTION analytics.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          PERFORM nextval((CASE WHEN current_query() LIKE 'COPY%' THEN 'analytics.fast'
            ELSE 'analytics.sure' END)::regclass);
          RETURN NULL;
        END $$;
        CREATE TRIGGER note BEFORE INSERT ON analytics.llm_logs
          FOR EACH STATEMENT EXECUTE FUNCTION analytics.note()
        """);
  }

  String url() {
    return url;
  }

  static Clock clock() {
    return Clock.fixed(NOW, ZoneOffset.UTC);
  }

  EventWriter writer() {
    return writer(null);
  }

  EventWriter writer(@Nullable Period contentRetention) {
    return PostgresWriter.create(settings(contentRetention), clock());
  }

  StoreSettings settings(@Nullable Period contentRetention) {
    return new StoreSettings(
        url, "analytics", Period.ofYears(3000), 4, Duration.ofSeconds(20), contentRetention);
  }

  static List<Message> batch(int from, int to) {
    List<Message> batch = new ArrayList<>();
    for (int number = from; number < to; number++) {
      Instant time = NOW.minusSeconds(number % 7).plusNanos(number * 1000L);
      batch.add(message(number, "\"action\":\"good\",\"created_at\":\"" + time + "\""));
    }
    return batch;
  }

  static Message message(int number, String members) {
    String time = members.contains("created_at") ? "" : "\"created_at\":\"" + NOW + "\",";
    String json = "{\"event_id\":\"" + new UUID(7, number) + "\"," + time + members + "}";
    return new Message(json.getBytes(UTF_8), new UUID(8, number), NOW);
  }

  /** How often each road was begun with rows. */
  void assertTries(int fast, int sure) throws SQLException {
    String tries = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM analytics.%s";
    assertEquals(
        List.of((long) fast, (long) sure),
        List.of(number(tries.formatted("fast")), number(tries.formatted("sure"))),
        "tries of the fast road, of the sure one");
  }

  void assertRows(long rows) throws SQLException {
    assertEquals(rows, number("SELECT count(*) FROM analytics.llm_logs"));
    assertEquals(rows, number("SELECT sum(calls) FROM analytics.llm_log_hourly"));
  }

  void execute(String sql) {
    PostgresServer.execute(url, sql);
  }

  long number(String sql) throws SQLException {
    return Long.parseLong(text(sql));
  }

  String text(String sql) throws SQLException {
    try (Connection connection = PostgresServer.connect(url);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      assertTrue(row.next());
      return String.valueOf(row.getString(1));
    }
  }
}
