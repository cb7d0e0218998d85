package io.llmlog.faults;

import io.llmlog.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** One case's database, seen past all code under test. Each call has a connection of its own. */
final class Database {
  private final String url;
  private final String name;
  private final String role;
  private final String password;

  Database(String url, String name, String role, String password) {
    this.url = url;
    this.name = name;
    this.role = role;
    this.password = password;
  }

  /** For a person with every right. */
  String url() {
    return url;
  }

  String name() {
    return name;
  }

  /** The role of service and worker. */
  String role() {
    return role;
  }

  /** The role's. */
  String password() {
    return password;
  }

  /** For service and worker, through a proxy. */
  String writerUrl(int port) {
    return "postgresql://%s:%s@127.0.0.1:%d/%s".formatted(role, password, port, name);
  }

  void execute(String sql) {
    PostgresServer.execute(url, sql);
  }

  /** A connection with every right; the caller closes it. */
  Connection connect() throws SQLException {
    return PostgresServer.connect(url);
  }

  /** The one number that a query answers. */
  long number(String sql) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }

  long rows() throws SQLException {
    return number("SELECT count(*) FROM llm_logs");
  }

  /** What the server answers to the writer's role: SQLSTATE and text, or nothing if all is well. */
  String refusal(String sql) {
    try (Connection connection =
            PostgresServer.connect(writerUrl(java.net.URI.create(url).getPort()));
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
      return "";
    } catch (SQLException e) {
      return e.getSQLState() + " " + first(String.valueOf(e.getMessage()));
    }
  }

  /** The first sentence: what follows is advice. */
  private static String first(String text) {
    return text.replaceFirst("(?s)(\\. |\n).*", "");
  }
}
