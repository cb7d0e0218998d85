package io.llmlog.jdbc.maintain;

import java.sql.Connection;
import java.sql.SQLException;

/** Where the steps of maintenance have their connections from; each closes the one it was given. */
@FunctionalInterface
interface ConnectionSource {
  /** In auto-commit mode. */
  Connection getConnection() throws SQLException;
}
