package io.llmlog.benchmarks;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Locale;

/**
 * Calls made by the server itself, the same ones for every table: row {@code i} depends on {@code
 * i} alone. 100 companies, a few of them with most of the calls; each uses two of six models for
 * four of twelve actions; one call in fifty fails. The times go evenly from the first moment to the
 * last. Public for the package of the whole road.
 */
public final class GeneratedRows {
  /** In one statement: what a bulk load would take. */
  private static final long CHUNK = 250_000;

  /** The columns that the proposal's table has too, without its id. */
  private static final String COLUMNS =
      "created_at, action, message, user_id, company_id, interview_id, model, tokens_used,"
          + " tokens_input, tokens_output, cost_usd, latency_ms, streaming, error_type,"
          + " error_message, metadata, deployment_version, deployment_environment";

  private static final String VALUES =
      """
      SELECT %s
      FROM (
        SELECT i, timestamptz '%s' + i * interval '%d microseconds' AS created_at,
          company, company * 7 + (i %% 4) AS use, 200 + mixed %% 4000 AS tokens_in,
          20 + mixed %% 700 AS tokens_out, 300 + mixed %% 9000 AS latency, mixed
        FROM (
          SELECT i, mixed, floor(100 * power((mixed %% 10007) / 10007.0, 3))::int AS company
          FROM (SELECT i, (i * 2654435761) %% 1000003 AS mixed
                FROM generate_series(?::bigint, ?::bigint) i) numbers) companies) calls
      """;

  private static final String PLAIN =
      """
      created_at, 'action.' || use %% 12,
          'Question ' || mixed || ' of interview ' || i || ' answered',
          mixed %% 5000, company, i / 20, 'gpt-4o-mini-' || use %% 6, tokens_in + tokens_out,
          tokens_in, tokens_out, (tokens_in * 0.00000015 + tokens_out * 0.0000006)::numeric(10, 6),
          latency, mixed %% 3 = 0, CASE WHEN mixed %% 50 = 0 THEN 'timeout' END,
          CASE WHEN mixed %% 50 = 0 THEN 'no answer within 30 s' END,
          %s, '2026.11.3', 'production'
      """;

  private static final String METADATA =
      "jsonb_build_object('attempt', mixed %% 3, 'prompt', 'v' || mixed %% 9)";

  /** What a service knows beyond the proposal's columns. */
  private static final String MORE_COLUMNS =
      ", provider, response_model, response_id, tokens_cache_read, tokens_cache_write,"
          + " tokens_reasoning, ttft_ms, finish_reason, trace_id, span_id, session_id, service";

  private static final String[][] MORE = {
    {"provider", "'openai'"},
    {"response_model", "'gpt-4o-mini-2024-07-18'"},
    {"response_id", "'chatcmpl-' || md5(i::text)"},
    {"tokens_cache_read", "mixed %% 1024"},
    {"tokens_cache_write", "mixed %% 256"},
    {"tokens_reasoning", "mixed %% 64"},
    {"ttft_ms", "200 + mixed %% 500"},
    {"finish_reason", "'stop'"},
    {"trace_id", "md5('t' || i)"},
    {"span_id", "left(md5('s' || i), 16)"},
    {"session_id", "md5('u' || i / 20)"},
    {"service", "'interviews'"},
  };

  private final Instant from;
  private final long rows;
  private final long stepMicros;

  /**
   * @param to the last call is before
   */
  public GeneratedRows(Instant from, Instant to, long rows) {
    this.from = from;
    this.rows = rows;
    this.stepMicros = Math.max(1, java.time.Duration.between(from, to).toNanos() / 1000 / rows);
  }

  /** Fills a table with the proposal's columns alone. */
  public void fill(Connection connection, String table) throws SQLException {
    insert(connection, table, COLUMNS, PLAIN.formatted(METADATA));
  }

  /** Fills a table of llmlog with all that a service knows. */
  void fillAll(Connection connection, String table) throws SQLException {
    StringBuilder values = new StringBuilder(PLAIN.formatted(METADATA).stripTrailing());
    for (String[] one : MORE) {
      values.append(", ").append(one[1]);
    }
    insert(connection, table, COLUMNS + MORE_COLUMNS, values.toString());
  }

  /** Fills the proposal's table with the same: what it has no column for stands in metadata. */
  void fillAllIntoMetadata(Connection connection, String table) throws SQLException {
    StringBuilder metadata = new StringBuilder(METADATA.substring(0, METADATA.length() - 1));
    for (String[] one : MORE) {
      metadata.append(", '").append(one[0]).append("', ").append(one[1]);
    }
    insert(connection, table, COLUMNS, PLAIN.formatted(metadata.append(')').toString()));
  }

  private void insert(Connection connection, String table, String columns, String values)
      throws SQLException {
    String sql =
        "INSERT INTO %s (%s) ".formatted(table, columns)
            + VALUES.formatted(
                values.replace("%%", "%"), from.atOffset(ZoneOffset.UTC), stepMicros);
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (long first = 0; first < rows; first += CHUNK) {
        statement.setLong(1, first);
        statement.setLong(2, Math.min(rows, first + CHUNK) - 1);
        statement.executeUpdate();
        System.err.printf(
            Locale.ROOT, "\r%s: %,d of %,d rows", table, Math.min(rows, first + CHUNK), rows);
      }
      System.err.println();
    }
  }
}
