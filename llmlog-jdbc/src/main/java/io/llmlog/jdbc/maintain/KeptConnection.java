package io.llmlog.jdbc.maintain;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.logging.Logger;
import javax.sql.ConnectionEvent;
import javax.sql.ConnectionEventListener;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGPooledConnection;

/**
 * One connection for all the steps of a round, which would log in a dozen times otherwise. Who asks
 * while it is in use gets another, and who asks after it broke a new one. For one thread.
 */
final class KeptConnection implements DataSource, ConnectionEventListener, AutoCloseable {
  private final DataSource database;
  private @Nullable Connection connection;
  private @Nullable PGPooledConnection lender;
  private boolean lent;

  KeptConnection(DataSource database) {
    this.database = database;
  }

  /** In auto-commit mode; closing it ends its transaction and gives it back. */
  @Override
  public Connection getConnection() throws SQLException {
    if (lent) {
      return database.getConnection();
    }
    if (lender == null || connection == null || connection.isClosed()) {
      connection = database.getConnection();
      lender = new PGPooledConnection(connection, true);
      lender.addConnectionEventListener(this);
    }
    Connection handle = lender.getConnection();
    lent = true;
    return handle;
  }

  /** As {@link #getConnection()}: user and password are the database's. */
  @Override
  public Connection getConnection(@Nullable String user, @Nullable String password)
      throws SQLException {
    return getConnection();
  }

  @Override
  public void connectionClosed(ConnectionEvent event) {
    lent = false;
  }

  /** It is looked at before it is lent again. */
  @Override
  public void connectionErrorOccurred(ConnectionEvent event) {}

  @Override
  public void close() throws SQLException {
    if (connection != null) {
      connection.close();
    }
  }

  @Override
  public @Nullable PrintWriter getLogWriter() throws SQLException {
    return database.getLogWriter();
  }

  @Override
  public void setLogWriter(@Nullable PrintWriter out) throws SQLException {
    database.setLogWriter(out);
  }

  @Override
  public void setLoginTimeout(int seconds) throws SQLException {
    database.setLoginTimeout(seconds);
  }

  @Override
  public int getLoginTimeout() throws SQLException {
    return database.getLoginTimeout();
  }

  @Override
  public Logger getParentLogger() throws SQLFeatureNotSupportedException {
    return database.getParentLogger();
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    return database.unwrap(type);
  }

  @Override
  public boolean isWrapperFor(Class<?> type) throws SQLException {
    return database.isWrapperFor(type);
  }
}
