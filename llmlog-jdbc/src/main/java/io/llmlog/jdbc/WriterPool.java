package io.llmlog.jdbc;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one writer, and its threads. It is made on first use, so that a fallback which
 * is never needed costs nothing, and keeps no idle connection for longer than a minute.
 */
final class WriterPool implements AutoCloseable {
  private static final AtomicInteger POOLS = new AtomicInteger();

  /** The least that the pool allows. */
  private static final Duration SHORTEST_WAIT = Duration.ofMillis(250);

  private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

  private final PostgresUrl url;
  private final int maxConnections;
  private final Duration timeout;
  private @Nullable HikariDataSource pool;
  private boolean closed;

  /**
   * @param timeout the longest that one statement may take
   */
  WriterPool(PostgresUrl url, int maxConnections, Duration timeout) {
    if (maxConnections < 1) {
      throw new IllegalArgumentException(maxConnections + " connections: must be 1 or more");
    }
    if (timeout.isNegative() || timeout.toMillis() == 0) {
      throw new IllegalArgumentException("timeout " + timeout + ": must be 1 ms or more");
    }
    this.url = url;
    this.maxConnections = maxConnections;
    this.timeout = timeout;
  }

  /** A connection without autocommit. Waits for one, but not for long. */
  Connection connection() throws SQLException {
    try {
      return pool().getConnection();
    } catch (SQLException e) {
      if (isClosed()) {
        throw closedException(e);
      }
      throw e;
    }
  }

  @Override
  public void close() {
    HikariDataSource open;
    synchronized (this) {
      closed = true;
      open = pool;
      pool = null;
    }
    if (open != null) {
      open.close();
    }
  }

  private synchronized HikariDataSource pool() throws SQLException {
    if (closed) {
      throw closedException(null);
    }
    if (pool == null) {
      pool = new HikariDataSource(config());
    }
    return pool;
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  /** Of a kind that another try may follow: the batch is as good as before. */
  private static SQLException closedException(@Nullable SQLException cause) {
    return new SQLTransientConnectionException("the writer is closed", cause);
  }

  private HikariConfig config() {
    HikariConfig config = new HikariConfig();
    config.setPoolName("llmlog-postgresql-" + POOLS.incrementAndGet());
    // A statement that runs into its own timeout is told so before the socket gives up.
    config.setDataSource(new PostgresDataSource(url, timeout.plusSeconds(5)));
    config.setMaximumPoolSize(maxConnections);
    config.setMinimumIdle(0);
    config.setAutoCommit(false);
    // Otherwise the pool connects when it is made, and fails or blocks where the database is away.
    config.setInitializationFailTimeout(-1);
    Duration wait = timeout.compareTo(LONGEST_WAIT) < 0 ? timeout : LONGEST_WAIT;
    wait = wait.compareTo(SHORTEST_WAIT) < 0 ? SHORTEST_WAIT : wait;
    config.setConnectionTimeout(wait.toMillis());
    config.setValidationTimeout(wait.toMillis());
    config.setIdleTimeout(Duration.ofMinutes(1).toMillis());
    config.setKeepaliveTime(Duration.ofSeconds(30).toMillis());
    return config;
  }
}
