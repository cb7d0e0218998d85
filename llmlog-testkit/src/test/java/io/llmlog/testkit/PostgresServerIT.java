package io.llmlog.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class PostgresServerIT {
  @RegisterExtension
  static final PostgresServer POSTGRES = PostgresServer.owned().setting("max_connections", "40");

  @Test
  void settings_reachTheServer() throws SQLException {
    assertEquals("40", show(POSTGRES.url(), "SHOW max_connections"));
    assertEquals("on", show(POSTGRES.url(), "SHOW synchronous_commit"));
  }

  @Test
  void databases_areApart() throws SQLException {
    String one = POSTGRES.createDatabase("apart");
    String other = POSTGRES.createDatabase("apart");
    assertNotEquals(one, other);
    PostgresServer.execute(one, "CREATE TABLE t (i int)");
    assertEquals("", show(other, "SELECT coalesce(to_regclass('t')::text, '')"));
  }

  @Test
  void passwords_count() {
    String url = POSTGRES.url().replaceFirst(":[^:@/]+@", ":wrong@");
    SQLException refused =
        assertThrows(SQLException.class, () -> PostgresServer.connect(url).close());
    assertEquals("28P01", refused.getSQLState());
  }

  @Test
  void stopAndRestart_keepPortAndData() throws Exception {
    String url = POSTGRES.createDatabase("restart");
    PostgresServer.execute(url, "CREATE TABLE t AS SELECT 7 AS i");
    for (Fault fault :
        new Fault[] {POSTGRES::stop, POSTGRES::stopImmediately, POSTGRES::kill, () -> {}}) {
      fault.happen();
      POSTGRES.restart();
      assertEquals("7", show(url, "SELECT i FROM t"));
    }
    POSTGRES.kill();
    assertThrows(SQLException.class, () -> PostgresServer.connect(url).close());
    POSTGRES.restart();
    assertEquals("7", show(url, "SELECT i FROM t"));
  }

  private interface Fault {
    void happen() throws Exception;
  }

  private static String show(String url, String sql) throws SQLException {
    try (Connection connection = PostgresServer.connect(url);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }
}
