package io.llmlog.jdbc;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;
import java.util.Properties;
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

  private final PostgresUrl url;
  private final Properties properties;

  /**
   * @param answerTimeout how long to wait for an answer before the connection is given up, unless
   *     the URL says {@code socketTimeout}; to the second. Longer than any statement takes
   */
  public PostgresDataSource(PostgresUrl url, Duration answerTimeout) {
    this.url = url;
    this.properties = url.properties();
    long seconds = Math.max(1, answerTimeout.toSeconds());
    properties.putIfAbsent("socketTimeout", Long.toString(seconds));
    properties.putIfAbsent("connectTimeout", Long.toString(Math.min(10, seconds)));
  }

  @Override
  public Connection getConnection() throws SQLException {
    Connection connection = DRIVER.connect(url.jdbcUrl(), properties);
    if (connection == null) {
      throw new SQLException("the driver refuses the URL of " + url.place(), "08001");
    }
    return connection;
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

  /** How long a connect may take; the pool waits that long for one that goes on at its end. */
  @Override
  public int getLoginTimeout() {
    return Integer.parseInt(properties.getProperty("connectTimeout"));
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
