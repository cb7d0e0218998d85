package io.llmlog.jdbc.maintain;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * How a transaction that needs a lock waits for it: never long, because whoever comes after queues
 * behind it, but again and again.
 *
 * @param lockTimeout the longest wait for one lock
 * @param attempts how often it is tried
 * @param longestPause between two attempts; the pauses begin short
 */
record Patience(Duration lockTimeout, int attempts, Duration longestPause) {
  /** For locks that only rows without a partition, and readers, wait behind. */
  static final Patience SOME = new Patience(Duration.ofSeconds(2), 5, Duration.ofSeconds(1));

  /** For locks that every writer waits behind: within a minute, or in the next round. */
  static final Patience SHORT = new Patience(Duration.ofMillis(50), 60, Duration.ofSeconds(1));

  private static final long FIRST_PAUSE_MILLIS = 20;

  /** What a transaction does. */
  @FunctionalInterface
  interface Work<T> {
    T run(Statement statement) throws SQLException, StuckException;
  }

  /** One attempt: when it returns or throws, nothing of it is open. */
  @FunctionalInterface
  interface Attempt<T> {
    T run() throws SQLException, StuckException;
  }

  /**
   * Runs a transaction until it gets its locks.
   *
   * @param connection not in auto-commit mode
   */
  <T> T inTransaction(Connection connection, Work<T> work)
      throws SQLException, StuckException, InterruptedException {
    return retry(
        () -> {
          boolean done = false;
          try (Statement statement = connection.createStatement()) {
            // A client that stands still must not hold the lock; a dead one cannot anyway. What the
            // role's own timeout would cut off, would be cut off in each attempt.
            statement.execute(
                """
                SET LOCAL lock_timeout = %d; SET LOCAL statement_timeout = '10min';
                SET LOCAL idle_in_transaction_session_timeout = '5s'
                """
                    .formatted(lockTimeout.toMillis()));
            T result = work.run(statement);
            connection.commit();
            done = true;
            return result;
          } finally {
            if (!done) {
              rollBack(connection);
            }
          }
        });
  }

  <T> T retry(Attempt<T> attempt) throws SQLException, StuckException, InterruptedException {
    long pause = FIRST_PAUSE_MILLIS;
    for (int i = 1; ; i++) {
      try {
        return attempt.run();
      } catch (SQLException e) {
        if (!busy(e) || i == attempts) {
          throw e;
        }
      }
      TimeUnit.MILLISECONDS.sleep(ThreadLocalRandom.current().nextLong(pause / 2, pause + 1));
      pause = Math.min(pause * 2, longestPause.toMillis());
    }
  }

  /** Whether others were in the way, so that the same may work in a moment. */
  static boolean busy(SQLException e) {
    return switch (String.valueOf(e.getSQLState())) {
      // No lock in time, a deadlock, a statement that took too long.
      case "55P03", "40P01", "57014" -> true;
      default -> false;
    };
  }

  /** Ends a transaction whatever the connection is worth. */
  static void rollBack(Connection connection) {
    try {
      connection.rollback();
    } catch (SQLException e) {
      // It is broken, which rolled it back; what broke it is on its way to the caller.
    }
  }
}
