package io.llmlog.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

/** What each transaction of a writer begins with: how long it may take and wait. Immutable. */
final class Limits {
  private final String sql;

  /**
   * @param statementTimeout the longest that one statement may take
   */
  Limits(Duration statementTimeout) {
    // The notice that a stage exists already is not worth sending.
    sql =
        """
        SET LOCAL client_min_messages = warning;
        SET LOCAL timezone = 'UTC';
        SET LOCAL lock_timeout = '5s';
        SET LOCAL statement_timeout = %d;
        """
            .formatted(statementTimeout.toMillis());
  }

  /** The statements, for those that send more in the same round trip. */
  String sql() {
    return sql;
  }

  /** Sets them for a transaction that begins with nothing else. */
  void set(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
