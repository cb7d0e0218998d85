package io.llmlog.jdbc.usage;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/** What about the server's settings endangers rows that it has committed. */
public final class StoreWarnings {
  private StoreWarnings() {}

  /**
   * A sentence each: what may happen and what to set. Asked as the role that writes, because a role
   * or a database may have settings of its own.
   *
   * @param database says its place by {@code toString()}
   * @return empty where all is well; what the server does not tell is not claimed
   * @throws SQLException if the database is away
   */
  public static List<String> read(DataSource database) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                """
                SELECT current_setting('synchronous_commit', true),
                  current_setting('fsync', true), current_setting('full_page_writes', true)
                """)) {
      row.next();
      String prefix = "PostgreSQL at " + database + ": ";
      List<String> warnings = new ArrayList<>();
      if (isOff(row, 1)) {
        warnings.add(
            prefix
                + "synchronous_commit is off: rows are acknowledged before they are on disk, so a"
                + " crash loses the newest, and the queue holds them no more; set"
                + " synchronous_commit to on, for this role at least");
      }
      if (isOff(row, 2)) {
        warnings.add(
            prefix
                + "fsync is off: a crash of the machine may lose rows or damage the whole database;"
                + " set fsync to on");
      }
      if (isOff(row, 3)) {
        warnings.add(
            prefix
                + "full_page_writes is off: a crash of the machine may leave pages half written and"
                + " rows unreadable, unless the file system writes pages whole; set"
                + " full_page_writes to on");
      }
      return warnings;
    }
  }

  private static boolean isOff(ResultSet row, int column) throws SQLException {
    return "off".equals(row.getString(column));
  }
}
