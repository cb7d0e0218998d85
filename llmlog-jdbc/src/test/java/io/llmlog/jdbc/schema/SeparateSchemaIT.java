package io.llmlog.jdbc.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.llmlog.jdbc.DeadLetterBox;
import io.llmlog.jdbc.PostgresDataSource;
import io.llmlog.jdbc.PostgresProvider;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.maintain.Partitions;
import io.llmlog.jdbc.usage.UsageQueries;
import io.llmlog.jdbc.usage.UsageQuery;
import io.llmlog.jdbc.usage.UsageQuery.Dimension;
import io.llmlog.spi.EventWriter;
import io.llmlog.spi.Message;
import io.llmlog.spi.StoreProvider.StoreSettings;
import io.llmlog.testkit.PostgresServer;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.Period;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A schema of its own beside tables of the same names, whatever search path the role has. */
class SeparateSchemaIT {
  @RegisterExtension static final PostgresServer SERVER = PostgresServer.create();

  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
  private static final SchemaName SCHEMA = new SchemaName("analytics");

  /** All names of ours, none of them what we would expect behind it. */
  private static final String DECOYS =
      """
      CREATE TABLE %1$s.llm_logs (created_at text, event_id text, mine int);
      CREATE TABLE %1$s.llm_logs_default (mine int);
      CREATE TABLE %1$s.llm_logs_2026_11 (mine int);
      CREATE TABLE %1$s.llm_logs_to_adopt (mine int);
      CREATE TABLE %1$s.llm_log_dead_letters (id text, mine int);
      CREATE TABLE %1$s.llm_log_contents (mine int);
      CREATE TABLE %1$s.llm_log_hourly (mine int);
      CREATE TABLE %1$s.llmlog_schema_history (version text, mine int);
      CREATE VIEW %1$s.llm_log_calls AS SELECT 1 AS mine;
      CREATE FUNCTION %1$s.llm_logs_roll_up() RETURNS trigger LANGUAGE plpgsql
        AS 'BEGIN RAISE ''not this one''; END';
      CREATE FUNCTION %1$s.llm_log_latency_histogram(bigint[]) RETURNS int[] LANGUAGE sql
        AS 'SELECT ARRAY[1, 2, 3]';
      INSERT INTO %1$s.llm_logs (mine) VALUES (1), (2);
      """;

  @ParameterizedTest
  @ValueSource(strings = {"''", "decoy", "public", "decoy, pg_catalog"})
  void everything_keepsToItsSchema(String searchPath) throws Exception {
    String url = SERVER.createDatabase("separate");
    String role = "service_" + url.substring(url.lastIndexOf('_') + 1);
    String database = PostgresUrl.parse(url).database();
    PostgresServer.execute(
        url,
        DECOYS.formatted("public")
            + "CREATE SCHEMA decoy;"
            + DECOYS.formatted("decoy")
            + """
            CREATE ROLE %1$s LOGIN PASSWORD 'pw'; GRANT CREATE ON DATABASE %2$s TO %1$s;
            ALTER ROLE %1$s SET search_path = %3$s;
            GRANT ALL ON SCHEMA public, decoy TO %1$s;
            GRANT ALL ON ALL TABLES IN SCHEMA public, decoy TO %1$s
            """
                .formatted(role, database, searchPath));
    String before = outside(url);
    String asRole = url.replaceFirst("//[^@]+@", "//" + role + ":pw@");

    PostgresUrl parsed = PostgresUrl.parse(asRole);
    Schema schema = new Schema(parsed, SCHEMA);
    assertEquals(Migrations.newest(), schema.apply(false, NOW).to());
    assertEquals(Migrations.newest(), schema.status().inDatabase());
    StoreSettings settings =
        new StoreSettings(asRole, SCHEMA.name(), Period.ofYears(10), 2, Duration.ofSeconds(20));
    try (EventWriter writer = new PostgresProvider().writer(settings)) {
      List<Message> batch = List.of(message("{\"action\":\"a\",\"company_id\":7}"), message("no"));
      assertEquals(1, writer.write(batch).stored());
    }
    Clock clock = Clock.fixed(NOW, ZoneOffset.UTC);
    DeadLetterBox box = new DeadLetterBox(parsed, SCHEMA, Period.ofYears(10), null, clock);
    assertEquals(1, box.list(new DeadLetterBox.Filter(null, null), null, 10, true).size());
    assertEquals(1, box.replay(null).stillDead());
    assertEquals(1, box.discard(null));
    PostgresDataSource source = new PostgresDataSource(parsed, Duration.ofSeconds(20));
    assertEquals(
        List.of("llm_logs_2027_03"),
        new Partitions(source, SCHEMA).cover(NOW, Instant.parse("2027-03-01T00:00:00Z")).created());
    assertEquals(
        1,
        new UsageQueries(source, SCHEMA)
            .ask(UsageQuery.groupedBy(Dimension.COMPANY))
            .groups()
            .size());

    assertEquals(
        "1 7", Database.text(url, "SELECT calls, company_id FROM analytics.llm_log_hourly"));
    assertEquals(before, outside(url));
    assertEquals("2 2", Database.text(url, ROWS_OUTSIDE));
  }

  private static final String ROWS_OUTSIDE =
      "SELECT (SELECT count(*) FROM public.llm_logs), (SELECT count(*) FROM decoy.llm_logs)";

  private static String outside(String url) throws SQLException {
    return Database.catalog(url, "public") + '\n' + Database.catalog(url, "decoy");
  }

  private static Message message(String json) {
    return new Message(json.getBytes(StandardCharsets.UTF_8), UUID.randomUUID(), NOW);
  }
}
