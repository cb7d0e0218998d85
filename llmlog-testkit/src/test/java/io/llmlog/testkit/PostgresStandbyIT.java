package io.llmlog.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class PostgresStandbyIT {
  @RegisterExtension static final PostgresServer POSTGRES = PostgresServer.embedded();

  @Test
  void aStandby_followsItsServer_unlessPausedOrStopped() throws Exception {
    String url = POSTGRES.createDatabase("followed");
    PostgresServer.execute(url, "CREATE TABLE t AS SELECT 1 AS i");
    try (PostgresStandby standby = POSTGRES.standby()) {
      String there = standby.url(url);
      assertEquals("t", ask(there, "SELECT pg_is_in_recovery()"));
      awaitRows(there, "1");
      SQLException refused = assertThrows(SQLException.class, () -> ask(there, "DELETE FROM t"));
      assertEquals("25006", refused.getSQLState());

      standby.pauseReplay();
      PostgresServer.execute(url, "INSERT INTO t VALUES (2)");
      assertEquals("1", ask(there, "SELECT count(*) FROM t"));
      standby.resumeReplay();
      awaitRows(there, "2");

      standby.stop();
      assertThrows(SQLException.class, () -> ask(there, "SELECT 1"));
      PostgresServer.execute(url, "INSERT INTO t VALUES (3)");
      standby.start();
      awaitRows(there, "3");
    }
    assertEquals("0", ask(url, "SELECT count(*) FROM pg_replication_slots"));
  }

  private static void awaitRows(String url, String rows) throws SQLException {
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!ask(url, "SELECT count(*) FROM t").equals(rows)) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("no " + rows + " rows within 30 s");
      }
    }
  }

  private static String ask(String url, String sql) throws SQLException {
    try (Connection connection = PostgresServer.connect(url);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }
}
