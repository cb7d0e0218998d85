package io.llmlog.jdbc.rollup;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.PostgresWriter;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.schema.Schema;
import io.llmlog.spi.EventWriter;
import io.llmlog.spi.Message;
import io.llmlog.spi.StoreProvider.StoreSettings;
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

/** A database of its own for one test, and what the rollup in it must be like. */
final class RollupDatabase {
  static final SchemaName SCHEMA = new SchemaName("analytics");
  static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");

  /** What a statement of a hundred does; how many keys at most. */
  static final String FOLD =
      """
      SELECT pg_advisory_xact_lock(hashtextextended('llmlog rollup analytics', 0));
      SELECT analytics.llm_log_hourly_fold(%d)
      """;

  /**
   * Counted without anything of the migration's but the table of bounds. Both ways, so that it
   * shows what is missing as well as what is too much.
   */
  private static final String DIFFERENT =
      """
      WITH counted AS (
        SELECT date_trunc('hour', created_at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' AS hour,
          coalesce(company_id, -1) AS company_id, coalesce(provider, '') AS provider,
          coalesce(model, '') AS model, action,
          coalesce(deployment_environment, '') AS environment, count(*) AS calls,
          sum(CASE WHEN error_type IS NULL AND error_message IS NULL THEN 0 ELSE 1 END) AS errors,
          sum(coalesce(tokens_input, 0)) AS tokens_input,
          sum(coalesce(tokens_output, 0)) AS tokens_output,
          sum(coalesce(tokens_cache_read, 0)) AS tokens_cache_read,
          sum(coalesce(tokens_cache_write, 0)) AS tokens_cache_write,
          sum(coalesce(tokens_reasoning, 0)) AS tokens_reasoning,
          sum(nullif(cost_usd, 'NaN')) AS cost_usd,
          count(*) - count(nullif(cost_usd, 'NaN')) AS calls_cost_unknown,
          sum(coalesce(latency_ms, 0)) AS latency_ms_sum
        FROM analytics.llm_logs GROUP BY 1, 2, 3, 4, 5, 6),
      known AS (
        SELECT hour, company_id, provider, model, action, environment, calls, errors,
          tokens_input, tokens_output, tokens_cache_read, tokens_cache_write, tokens_reasoning,
          cost_usd, calls_cost_unknown, latency_ms_sum
        FROM analytics.llm_log_hourly),
      counted_classes AS (
        SELECT date_trunc('hour', created_at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' AS hour,
          coalesce(company_id, -1), coalesce(provider, ''), coalesce(model, ''), action,
          coalesce(deployment_environment, ''), class, count(*)
        FROM analytics.llm_logs, LATERAL (
          SELECT greatest(count(*), 1) AS class
          FROM unnest(analytics.llm_log_latency_bounds()) AS bound WHERE bound <= latency_ms) AS c
        WHERE latency_ms IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6, 7),
      known_classes AS (
        SELECT hour, company_id, provider, model, action, environment, class, n
        FROM analytics.llm_log_hourly,
          unnest(latency_histogram) WITH ORDINALITY AS classes (n, class) WHERE n <> 0)
      SELECT 'missing ' || counted::text FROM (TABLE counted EXCEPT TABLE known) counted
      UNION ALL SELECT 'too much ' || known::text FROM (TABLE known EXCEPT TABLE counted) known
      UNION ALL SELECT 'class missing ' || c::text
        FROM (TABLE counted_classes EXCEPT TABLE known_classes) c
      UNION ALL SELECT 'class too much ' || c::text
        FROM (TABLE known_classes EXCEPT TABLE counted_classes) c
      """;

  private final String url;

  private RollupDatabase(String url) {
    this.url = url;
  }

  /** One without tables. */
  static RollupDatabase empty(PostgresServer server) {
    return new RollupDatabase(server.createDatabase("rollup"));
  }

  static RollupDatabase create(PostgresServer server) throws Exception {
    RollupDatabase database = empty(server);
    database.apply();
    return database;
  }

  void apply() throws Exception {
    new Schema(PostgresUrl.parse(url), SCHEMA).apply(false, NOW);
  }

  String url() {
    return url;
  }

  void execute(String sql) {
    PostgresServer.execute(url, sql);
  }

  Connection connect() throws SQLException {
    return PostgresServer.connect(url);
  }

  EventWriter writer() {
    return writer(url);
  }

  static EventWriter writer(String url) {
    return PostgresWriter.create(
        new StoreSettings(url, SCHEMA.name(), Period.ofYears(3000), 8, Duration.ofSeconds(30)));
  }

  List<String> texts(String sql) throws SQLException {
    try (Connection connection = connect();
        ResultSet row = connection.createStatement().executeQuery(sql)) {
      List<String> texts = new ArrayList<>();
      while (row.next()) {
        texts.add(String.valueOf(row.getString(1)));
      }
      return texts;
    }
  }

  String text(String sql) throws SQLException {
    return texts(sql).get(0);
  }

  /** The rollup says what the rows say, each figure of each key. */
  void assertExact() throws SQLException {
    assertEquals(List.of(), texts(DIFFERENT));
  }

  /** How often the server has ended a deadlock in this database. */
  long deadlocks() throws SQLException {
    return Long.parseLong(
        text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"));
  }

  /** Messages of the events with these numbers, the last excluded; equal numbers, equal events. */
  static List<Message> batch(int from, int to) {
    List<Message> batch = new ArrayList<>();
    for (int number = from; number < to; number++) {
      batch.add(message(number, "action-" + number % 3));
    }
    return batch;
  }

  static Message message(int number, String action) {
    String json =
        """
        {"event_id": "%s", "created_at": "%s", "action": "%s", "company_id": %d, "model": "model-%d",
         "provider": "p", "tokens_input": %d, "tokens_output": 7, "tokens_cache_read": 1,
         "cost_usd": %s, "latency_ms": %d, "error_type": %s}
        """
            .formatted(
                new UUID(0x7000, 1L << 63 | number),
                NOW.plusSeconds((number * 977L) % 7200 - 3600).plusNanos(number * 1000L),
                action,
                number % 11,
                number % 5,
                number,
                number % 4 == 0 ? "null" : "0.000000000" + (100 + number % 900),
                number % 3000,
                number % 13 == 0 ? "\"Timeout\"" : "null");
    return new Message(json.getBytes(StandardCharsets.UTF_8), new UUID(5, number), NOW);
  }
}
