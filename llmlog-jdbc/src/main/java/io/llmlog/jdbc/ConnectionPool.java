package io.llmlog.jdbc;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import io.llmlog.spi.EventWriter.Connections;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one writer or reader, and its threads: a timer, and two that end by themselves
 * after seconds without work, one that connects and one that disconnects; all are daemons. They are
 * made on first use, so that a fallback which is never needed costs nothing. Safe for use by
 * several threads at once.
 *
 * <p>Connections that nobody has used for {@link #IDLE} are closed: a service keeps none once its
 * outage is over. The pool's own clock for that knows no figure under 40 s (10 s of idling, looked
 * at every 30 s, and the latter can only be set for all pools of a process).
 */
public final class ConnectionPool implements AutoCloseable {
  /**
   * Longer than a batch that failed waits for its next try, so that an outage of the queue does not
   * reconnect for each; shorter than anybody would look for the connections afterwards.
   */
  static final Duration IDLE = Duration.ofSeconds(10);

  /** How long a writer waits for a connection; the connecting goes on for those after it. */
  static final Duration LONGEST_WAIT = Duration.ofSeconds(3);

  /** For a login that is slower than the wait: the next writer finds it done. */
  private static final Duration LOGIN = Duration.ofSeconds(5);

  /** What a statement that ran into its own timeout has to say so, before the socket gives up. */
  private static final Duration LAST_WORDS = Duration.ofSeconds(2);

  /** The least that the pool allows. */
  private static final Duration SHORTEST_WAIT = Duration.ofMillis(250);

  private static final int MAX_CONNECTIONS = 64;
  private static final AtomicInteger POOLS = new AtomicInteger();

  private final String name = "llmlog-postgresql-" + POOLS.incrementAndGet();
  private final PostgresUrl url;
  private final int maxConnections;
  private final Duration timeout;
  private final Duration wait;
  private @Nullable Open open;
  private boolean closed;

  /**
   * @param maxConnections 1 to 64
   * @param timeout the longest that one statement may take; 1 ms or more
   * @throws IllegalArgumentException if one of them is out of bounds
   */
  public ConnectionPool(PostgresUrl url, int maxConnections, Duration timeout) {
    if (maxConnections < 1 || maxConnections > MAX_CONNECTIONS) {
      throw new IllegalArgumentException(
          maxConnections + " connections: must be 1 to " + MAX_CONNECTIONS);
    }
    if (timeout.isNegative() || timeout.toMillis() == 0) {
      throw new IllegalArgumentException("timeout " + timeout + ": must be 1 ms or more");
    }
    this.url = url;
    this.maxConnections = maxConnections;
    this.timeout = timeout;
    Duration longest = timeout.compareTo(LONGEST_WAIT) < 0 ? timeout : LONGEST_WAIT;
    this.wait = longest.compareTo(SHORTEST_WAIT) < 0 ? SHORTEST_WAIT : longest;
  }

  /**
   * A connection without autocommit. Where the server refuses, it fails at once; where nothing
   * answers, after 3 s, or after the statement's timeout if that is shorter.
   */
  public Connection connection() throws SQLException {
    Open pool = open();
    long end = System.nanoTime() + wait.toNanos();
    long failures = pool.database.failures();
    try {
      while (true) {
        try {
          return pool.connection();
        } catch (SQLTransientConnectionException e) {
          // The pool itself would try again until the time is up, and the caller has other roads.
          // It notes why a moment after the failure is counted; without that nobody could tell a
          // server that is away from one that needs a person.
          if (pool.database.failures() != failures && e.getCause() != null) {
            throw e;
          }
          if (System.nanoTime() - end >= 0) {
            // Without the pool's cause, which is the last failure of any time.
            throw new SQLTransientConnectionException(
                "no connection within " + wait.toMillis() + " ms", "08001");
          }
        }
      }
    } catch (SQLException e) {
      if (isClosed()) {
        throw closedException(e);
      }
      throw e;
    }
  }

  /** The place, never a secret. */
  @Override
  public String toString() {
    return url.place();
  }

  /**
   * What the pool looks like now; there is nothing in it before the first use and after the end.
   */
  Connections state() {
    Open pool;
    synchronized (this) {
      pool = open;
    }
    return pool == null ? new Connections(name, 0, 0, 0, maxConnections) : pool.state();
  }

  /** Closes every connection, those in use too: whoever waits on one fails. Takes about 1 s. */
  @Override
  public void close() {
    Open pool;
    synchronized (this) {
      closed = true;
      pool = open;
      open = null;
    }
    if (pool != null) {
      // The pool breaks off its own end where the thread is interrupted, and leaves its
      // connections.
      boolean interrupted = Thread.interrupted();
      try {
        pool.close();
      } finally {
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
      }
    }
  }

  private synchronized Open open() throws SQLException {
    if (closed) {
      throw closedException(null);
    }
    if (open == null) {
      open = new Open();
    }
    return open;
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  /** Of a kind that another try may follow: the batch is as good as before. */
  private static SQLException closedException(@Nullable SQLException cause) {
    return new SQLTransientConnectionException("the writer is closed", cause);
  }

  /** What exists from the first use on. */
  private final class Open implements AutoCloseable {
    private final PostgresDataSource database =
        new PostgresDataSource(url, timeout.plus(LAST_WORDS), LOGIN);
    private final ScheduledThreadPoolExecutor timer;
    private final HikariDataSource pool;
    private boolean watched;
    private long lastUse;

    Open() {
      HikariConfig config = config();
      timer =
          new ScheduledThreadPoolExecutor(
              1,
              task -> {
                Thread thread = new Thread(task, name + "-timer");
                thread.setDaemon(true);
                return thread;
              });
      timer.setRemoveOnCancelPolicy(true);
      config.setScheduledExecutor(timer);
      pool = new HikariDataSource(config);
    }

    Connection connection() throws SQLException {
      Connection connection = pool.getConnection();
      used();
      return connection;
    }

    Connections state() {
      HikariPoolMXBean now = pool.getHikariPoolMXBean();
      return new Connections(
          name,
          now.getActiveConnections(),
          now.getIdleConnections(),
          now.getThreadsAwaitingConnection(),
          maxConnections);
    }

    private synchronized void used() {
      lastUse = System.nanoTime();
      if (!watched && !timer.isShutdown()) {
        watched = true;
        watchAgainIn(IDLE.toNanos());
      }
    }

    private void watchAgainIn(long nanos) {
      var unused = timer.schedule(this::closeIdle, nanos, TimeUnit.NANOSECONDS);
    }

    private synchronized void closeIdle() {
      long left = IDLE.toNanos() - (System.nanoTime() - lastUse);
      if (left > 0) {
        watchAgainIn(left);
      } else if (pool.getHikariPoolMXBean().getActiveConnections() > 0) {
        watchAgainIn(IDLE.toNanos());
      } else {
        watched = false;
        pool.getHikariPoolMXBean().softEvictConnections();
      }
    }

    @Override
    public void close() {
      // First: a login that ends later must not leave a connection behind.
      database.close();
      pool.close();
      timer.shutdownNow();
    }

    private HikariConfig config() {
      HikariConfig config = new HikariConfig();
      config.setPoolName(name);
      config.setDataSource(database);
      config.setMaximumPoolSize(maxConnections);
      config.setMinimumIdle(0);
      config.setAutoCommit(false);
      // Otherwise the pool connects when it is made, and fails or blocks where the database is
      // away.
      config.setInitializationFailTimeout(-1);
      config.setConnectionTimeout(SHORTEST_WAIT.toMillis());
      config.setValidationTimeout(wait.toMillis());
      config.setIdleTimeout(IDLE.toMillis());
      // Nothing idles for long enough to be kept alive.
      config.setKeepaliveTime(0);
      return config;
    }
  }
}
