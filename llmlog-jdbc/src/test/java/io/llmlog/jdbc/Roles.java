package io.llmlog.jdbc;

import io.llmlog.jdbc.schema.Schema;
import io.llmlog.testkit.PostgresServer;

/** The roles of {@code schema sql --roles}, made on a test's own server, where they can log in. */
public final class Roles {
  private static final String PASSWORD = "hunter2";

  private Roles() {}

  /** Makes the roles in a database that has the tables. */
  public static void create(String url, SchemaName schema) {
    PostgresServer.execute(url, new Schema(PostgresUrl.parse(url), schema).roles());
    for (String role : new String[] {"writer", "reader", "maintenance"}) {
      PostgresServer.execute(url, "ALTER ROLE llmlog_" + role + " PASSWORD '" + PASSWORD + "'");
    }
  }

  /** The URL of the same database for {@code writer}, {@code reader} or {@code maintenance}. */
  public static String url(String url, String role) {
    return url.replaceFirst("//[^@]+@", "//llmlog_" + role + ":" + PASSWORD + "@");
  }
}
