package io.llmlog.jdbc.maintain;

import io.llmlog.jdbc.SchemaName;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Folds what statements have added to the rollup into its sums. Writers do so themselves now and
 * then; this is for the last additions of a queue that has become quiet, and comes before whatever
 * reads or deletes sums by the day.
 */
final class HourlyAdditions {
  private static final int MOST = 100_000;

  private final ConnectionSource database;
  private final SchemaName schema;

  HourlyAdditions(ConnectionSource database, SchemaName schema) {
    this.database = database;
    this.schema = schema;
  }

  /** Folds all there is, in transactions of their own, unless another is at it. */
  void fold(Findings findings) throws SQLException, InterruptedException {
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      findings.attempt(
          "llm_log_hourly",
          () -> {
            long folded = MOST;
            while (folded >= MOST) {
              folded = Patience.SOME.inTransaction(connection, this::foldSome);
            }
          });
    }
  }

  /**
   * One statement after the other: what is folded is what was committed before the lock was had.
   */
  private long foldSome(Statement statement) throws SQLException {
    boolean mine =
        number(
                statement,
                "SELECT pg_try_advisory_xact_lock(hashtextextended('llmlog rollup %s', 0))::int"
                    .formatted(schema.name()))
            == 1;
    return mine
        ? number(statement, "SELECT %s(%d)".formatted(schema.table("llm_log_hourly_fold"), MOST))
        : 0;
  }

  private static long number(Statement statement, String sql) throws SQLException {
    try (ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }
}
