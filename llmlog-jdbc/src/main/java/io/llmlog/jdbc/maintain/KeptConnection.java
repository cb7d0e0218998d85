package io.llmlog.jdbc.maintain;

import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.ConnectionEvent;
import javax.sql.ConnectionEventListener;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGPooledConnection;

/**
 * One connection for all the steps of a round, which would log in a dozen times otherwise. Who asks
 * while it is in use gets another, and who asks after it broke a new one. For one thread.
 */
final class KeptConnection implements ConnectionSource, ConnectionEventListener, AutoCloseable {
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
}
