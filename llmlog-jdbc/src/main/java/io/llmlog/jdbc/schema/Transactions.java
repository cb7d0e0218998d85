package io.llmlog.jdbc.schema;

import io.llmlog.jdbc.SchemaName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * Transactions that change the schema, one at a time among all processes. Whoever writes calls
 * queues behind a lock that is waited for, so no lock is waited for long: the transaction is given
 * up, and tried again after a pause.
 *
 * <p>Nothing is set for longer than the transaction, so this works through a pool that gives each
 * transaction another session.
 */
final class Transactions {
  /** How long others may have to wait behind us for a lock that we do not get. */
  static final long LOCK_MILLIS = 1000;

  private static final String LOCK_NOT_AVAILABLE = "55P03";
  private static final String DEADLOCK = "40P01";

  private final SchemaName schema;
  private final int attempts;

  Transactions(SchemaName schema, int attempts) {
    this.schema = schema;
    this.attempts = attempts;
  }

  /** What is done in a transaction; called again, from its beginning, where that was given up. */
  interface Work<T> {
    T run(Statement statement) throws SQLException, SchemaException;
  }

  /**
   * Runs the work and commits it, or nothing.
   *
   * @throws SQLException also where others hold a lock after all attempts: SQLSTATE 55P03
   */
  <T> T run(Connection connection, Work<T> work)
      throws SQLException, SchemaException, InterruptedException {
    for (int attempt = 1; ; attempt++) {
      try {
        return once(connection, work);
      } catch (SQLException e) {
        String state = String.valueOf(e.getSQLState());
        boolean busy = state.equals(LOCK_NOT_AVAILABLE) || state.equals(DEADLOCK);
        if (!busy || attempt >= attempts) {
          throw e;
        }
      }
      // Longer than the wait, so that writers get through between two attempts.
      TimeUnit.MILLISECONDS.sleep(
          ThreadLocalRandom.current().nextLong(LOCK_MILLIS, 2 * LOCK_MILLIS));
    }
  }

  private <T> T once(Connection connection, Work<T> work) throws SQLException, SchemaException {
    connection.setAutoCommit(false);
    boolean committed = false;
    try (Statement statement = connection.createStatement()) {
      // Names without a schema are PostgreSQL's own, whatever the role's settings say.
      statement.execute("SET LOCAL search_path = pg_catalog, pg_temp");
      // An index over many rows takes its time; so does another process that is at work.
      statement.execute("SET LOCAL statement_timeout = 0");
      statement.execute("SET LOCAL lock_timeout = 0");
      lock(connection);
      statement.execute("SET LOCAL lock_timeout = " + LOCK_MILLIS);
      T result = work.run(statement);
      connection.commit();
      committed = true;
      return result;
    } finally {
      if (!committed) {
        rollBack(connection);
      }
    }
  }

  private void lock(Connection connection) throws SQLException {
    try (PreparedStatement lock =
        connection.prepareStatement(
            "SELECT pg_advisory_xact_lock(hashtextextended('llmlog schema ' || ?, 0))")) {
      lock.setString(1, schema.name());
      lock.execute();
    }
  }

  /** Without an error of its own: the one that led here says more. */
  private static void rollBack(Connection connection) {
    try {
      connection.rollback();
    } catch (SQLException e) {
      // The connection is gone, and the transaction with it.
    }
  }
}
