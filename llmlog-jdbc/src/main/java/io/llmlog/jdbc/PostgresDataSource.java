package io.llmlog.jdbc;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Connections to one database, each newly made.
 *
 * <p>The driver's own data sources write passwords and key passwords into the URL that a connection
 * shows in its metadata, and so in logs. Here they stand in the properties alone. Safe for use by
 * several threads at once.
 */
public final class PostgresDataSource implements DataSource {
  /** Not by the driver manager, which knows the drivers of one class loader. */
  private static final Driver DRIVER = new org.postgresql.Driver();

  private static final Duration LONGEST_LOGIN = Duration.ofSeconds(10);

  private final PostgresUrl url;
  private final Properties properties;
  private final int answerMillis;
  private final boolean answerTimeoutInUrl;
  private final AtomicLong failures = new AtomicLong();
  private volatile boolean closed;

  /**
   * @param answerTimeout how long to wait for an answer before the connection is given up, unless
   *     the URL says {@code socketTimeout}; to the second. Longer than any statement takes
   */
  public PostgresDataSource(PostgresUrl url, Duration answerTimeout) {
    this(url, answerTimeout, LONGEST_LOGIN);
  }

  /**
   * @param loginTimeout how long connecting and each answer of the login may take, unless the URL
   *     says {@code connectTimeout} or {@code socketTimeout}; to the second
   */
  public PostgresDataSource(PostgresUrl url, Duration answerTimeout, Duration loginTimeout) {
    this.url = url;
    this.properties = url.properties();
    long seconds = Math.max(1, answerTimeout.toSeconds());
    this.answerMillis = (int) Math.min(Integer.MAX_VALUE, seconds * 1000);
    this.answerTimeoutInUrl = properties.containsKey("socketTimeout");
    String login = Long.toString(Math.max(1, Math.min(loginTimeout.toSeconds(), seconds)));
    properties.putIfAbsent("socketTimeout", login);
    properties.putIfAbsent("connectTimeout", login);
  }

  @Override
  public Connection getConnection() throws SQLException {
    Connection connection;
    try {
      connection = connect();
    } catch (SQLException | RuntimeException e) {
      failures.incrementAndGet();
      throw e;
    }
    return connection;
  }

  private Connection connect() throws SQLException {
    Connection connection = DRIVER.connect(url.jdbcUrl(), properties);
    if (connection == null) {
      throw new SQLException("the driver refuses the URL of " + url.place(), "08001");
    }
    try {
      if (closed) {
        throw new SQLException(url.place() + " is wanted no more", "08003");
      }
      if (!answerTimeoutInUrl) {
        connection.setNetworkTimeout(Runnable::run, answerMillis);
      }
      return connection;
    } catch (SQLException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  /** How many times connecting has failed so far. */
  long failures() {
    return failures.get();
  }

  /** Makes no connection any more: one that is under way is closed at once when it is there. */
  void close() {
    closed = true;
  }

  /** As {@link #getConnection()}: user and password come from the URL. */
  @Override
  public Connection getConnection(@Nullable String user, @Nullable String password)
      throws SQLException {
    return getConnection();
  }

  @Override
  public @Nullable PrintWriter getLogWriter() {
    return null;
  }

  @Override
  public void setLogWriter(@Nullable PrintWriter out) {}

  @Override
  public void setLoginTimeout(int seconds) {}

  /**
   * For the pool this is how long it waits, at its end, for a login that is under way. That one
   * closes itself, and who ends a service does not want to wait.
   */
  @Override
  public int getLoginTimeout() {
    return 1;
  }

  @Override
  public Logger getParentLogger() throws SQLFeatureNotSupportedException {
    throw new SQLFeatureNotSupportedException();
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    if (type.isInstance(this)) {
      return type.cast(this);
    }
    throw new SQLException("not a " + type.getName());
  }

  @Override
  public boolean isWrapperFor(Class<?> type) {
    return type.isInstance(this);
  }

  /** The place, never a secret. */
  @Override
  public String toString() {
    return url.place();
  }
}
