package io.llmlog.worker.cli;

import io.llmlog.testkit.PostgresServer;

/** The roles that {@code schema sql --roles} prints, with a password. */
final class RoleUrls {
  static final String PASSWORD = "hunter2";

  private RoleUrls() {}

  /** Runs the SQL as the administrator, and lets the roles log in. */
  static void create(String database, String sql) {
    PostgresServer.execute(database, sql);
    for (String role : new String[] {"writer", "reader", "maintenance"}) {
      PostgresServer.execute(
          database, "ALTER ROLE llmlog_" + role + " PASSWORD '" + PASSWORD + "'");
    }
  }

  /** The URL of the database for {@code writer}, {@code reader} or {@code maintenance}. */
  static String of(String database, String role) {
    return database.replaceFirst("//[^@]+@", "//llmlog_" + role + ":" + PASSWORD + "@");
  }
}
