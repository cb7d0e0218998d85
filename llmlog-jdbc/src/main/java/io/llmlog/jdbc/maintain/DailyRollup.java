package io.llmlog.jdbc.maintain;

import io.llmlog.jdbc.SchemaName;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/**
 * Adds the hours of the rollup up to days, so that questions about months read few rows: each day
 * once it is past, and again when a row came late for it. The migration that makes the table says
 * why both always agree. Each day is a transaction of its own, during which writers of late rows
 * wait, and no others.
 */
final class DailyRollup {
  private final DataSource database;
  private final SchemaName schema;
  private final String hours;
  private final String daily;
  private final String days;

  DailyRollup(DataSource database, SchemaName schema) {
    this.database = database;
    this.schema = schema;
    this.hours = schema.table("llm_log_hourly");
    this.daily = schema.table("llm_log_daily");
    this.days = schema.table("llm_log_days");
  }

  /**
   * Adds up what is past and not whole.
   *
   * @param cutoff days before it are past the rollup's retention
   */
  void addUp(Instant cutoff, Findings findings) throws SQLException, InterruptedException {
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      findings.attempt(
          "llm_log_daily",
          () -> {
            for (Instant day : missing(connection, cutoff)) {
              connection.rollback();
              Patience.SOME.inTransaction(connection, statement -> addUp(statement, day));
            }
            connection.rollback();
          });
    }
  }

  /** Deletes the days that ended at the cutoff or before; first of all, that they are known. */
  void deleteBefore(Instant cutoff, Findings findings) throws SQLException, InterruptedException {
    String before =
        "day < TIMESTAMPTZ '" + Range.literal(cutoff.truncatedTo(ChronoUnit.DAYS)) + "'";
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      findings.attempt(
          "llm_log_daily",
          () ->
              Patience.SOME.inTransaction(
                  connection,
                  statement -> {
                    lock(statement);
                    statement.execute("DELETE FROM %s WHERE %s".formatted(days, before));
                    findings.deleted(
                        "llm_log_daily",
                        statement.executeLargeUpdate(
                            "DELETE FROM %s WHERE %s".formatted(daily, before)));
                    return true;
                  }));
    }
  }

  /** By the server's clock, which the trigger on late rows reads too. */
  private List<Instant> missing(Connection connection, Instant cutoff) throws SQLException {
    String sql =
        """
        SELECT day FROM generate_series(
          date_trunc('day', (SELECT min(hour) FROM %1$s WHERE hour >= TIMESTAMPTZ '%2$s'), 'UTC'),
          date_trunc('day', now() - interval '36 hours', 'UTC') - interval '24 hours',
          interval '24 hours') AS day
        WHERE NOT EXISTS (SELECT FROM %3$s known WHERE known.day = day.day AND known.whole)
          AND EXISTS (
            SELECT FROM %1$s WHERE hour >= day.day AND hour < day.day + interval '24 hours')
        ORDER BY day
        """
            .formatted(hours, Range.literal(cutoff.truncatedTo(ChronoUnit.DAYS)), days);
    List<Instant> missing = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      while (row.next()) {
        missing.add(row.getObject(1, OffsetDateTime.class).toInstant());
      }
    }
    return missing;
  }

  /** One statement after the other: each sees what was committed before the lock was had. */
  private boolean addUp(Statement statement, Instant day) throws SQLException {
    lock(statement);
    String from = "TIMESTAMPTZ '" + Range.literal(day) + "'";
    statement.execute("DELETE FROM %s WHERE day = %s".formatted(daily, from));
    statement.execute(
        """
        INSERT INTO %s
        SELECT %s, company_id, provider, model, action, environment, sum(calls), sum(errors),
          sum(tokens_input), sum(tokens_output), sum(tokens_cache_read), sum(tokens_cache_write),
          sum(tokens_reasoning), sum(cost_usd), sum(calls_cost_unknown), sum(latency_ms_sum),
          %s(latency_histogram)
        FROM %s WHERE hour >= %2$s AND hour < %2$s + interval '24 hours'
        GROUP BY company_id, provider, model, action, environment
        """
            .formatted(daily, from, schema.table("llm_log_histogram_total"), hours));
    statement.execute(
        """
        INSERT INTO %s (day, whole) VALUES (%s, true)
        ON CONFLICT (day) DO UPDATE SET whole = true
        """
            .formatted(days, from));
    return true;
  }

  private void lock(Statement statement) throws SQLException {
    statement.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('llmlog days %s', 0))"
            .formatted(schema.name()));
  }
}
