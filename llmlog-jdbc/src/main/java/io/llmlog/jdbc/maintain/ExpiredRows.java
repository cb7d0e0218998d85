package io.llmlog.jdbc.maintain;

import io.llmlog.jdbc.SchemaName;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * Retention of the small tables, which have no partitions: rows are deleted, in batches of their
 * own transactions that skip what others have locked.
 */
final class ExpiredRows {
  /** Dead letters bring their messages along. */
  private static final int LETTERS = 500;

  private static final int HOURS = 1000;

  private final ConnectionSource database;
  private final String letters;
  private final String rollup;

  /** The part of the rollup that holds all of it once what was added is folded. */
  private final String hours;

  ExpiredRows(ConnectionSource database, SchemaName schema) {
    this.database = database;
    this.letters = schema.table("llm_log_dead_letters");
    this.rollup = schema.table("llm_log_hourly");
    this.hours = schema.table("llm_log_hourly_sums");
  }

  /** Dead letters that nobody has tried since. In the order in which others lock them. */
  void deleteLetters(Instant cutoff, Findings findings) throws SQLException, InterruptedException {
    delete(
        "llm_log_dead_letters",
        """
        DELETE FROM %1$s WHERE id IN (
          SELECT id FROM %1$s WHERE %2$s ORDER BY id LIMIT %3$d FOR UPDATE SKIP LOCKED)
        """
            .formatted(letters, lettersBefore(cutoff), LETTERS),
        LETTERS,
        findings);
  }

  /** Hours of days that ended at the cutoff or before. */
  void deleteHours(Instant cutoff, Findings findings) throws SQLException, InterruptedException {
    delete(
        "llm_log_hourly",
        """
        DELETE FROM %1$s WHERE ctid = ANY (ARRAY(
          SELECT ctid FROM %1$s WHERE %2$s ORDER BY hour LIMIT %3$d FOR UPDATE SKIP LOCKED))
        """
            .formatted(hours, hoursBefore(cutoff), HOURS),
        HOURS,
        findings);
  }

  /** Tells what both would delete. */
  void preview(Instant lettersCutoff, Instant hoursCutoff, Findings findings) throws SQLException {
    findings.deleted("llm_log_dead_letters", count(letters, lettersBefore(lettersCutoff)));
    findings.deleted("llm_log_hourly", count(rollup, hoursBefore(hoursCutoff)));
  }

  private void delete(String table, String sql, int batch, Findings findings)
      throws SQLException, InterruptedException {
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      findings.attempt(table, () -> findings.deleted(table, Batches.run(connection, sql, batch)));
    }
  }

  private long count(String table, String condition) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery("SELECT count(*) FROM " + table + " WHERE " + condition)) {
      row.next();
      return row.getLong(1);
    }
  }

  private static String lettersBefore(Instant cutoff) {
    return "last_seen < TIMESTAMPTZ '" + Range.literal(cutoff) + "'";
  }

  private static String hoursBefore(Instant cutoff) {
    // Whole days, which are added up.
    return "hour < TIMESTAMPTZ '" + Range.literal(cutoff.truncatedTo(ChronoUnit.DAYS)) + "'";
  }
}
