package io.llmlog.faults;

import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.schema.Schema;
import io.llmlog.jdbc.schema.SchemaException;
import io.llmlog.testkit.PostgresServer;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** The PostgreSQL of a class of cases, each of which has a database and a login of its own. */
final class Store implements AutoCloseable {
  private static final AtomicInteger NUMBERS = new AtomicInteger();

  private final PostgresServer server = PostgresServer.embedded();
  private final String template;

  private Store() throws SchemaException, InterruptedException {
    server.start();
    String url = server.createDatabase("faults");
    new Schema(PostgresUrl.parse(url), new SchemaName("public")).apply(false, Instant.now());
    template = URI.create(url).getPath().substring(1);
  }

  static Store start() {
    try {
      return new Store();
    } catch (SchemaException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Removes a database, its tablespace and its role. */
  void drop(Database database) {
    for (String sql :
        List.of(
            "DROP DATABASE IF EXISTS " + database.name() + " (FORCE)",
            "DROP TABLESPACE IF EXISTS " + tablespace(database),
            "DROP ROLE IF EXISTS " + database.role())) {
      PostgresServer.execute(server.url(), sql);
    }
  }

  /** The name of the tablespace that a case may make. */
  static String tablespace(Database database) {
    return "small_" + database.name();
  }

  @Override
  public void close() {
    server.close();
  }

  PostgresServer server() {
    return server;
  }

  int port() {
    return URI.create(server.url()).getPort();
  }

  /**
   * An empty database with its tables, and a role that may write and nothing else.
   *
   * @param password the role's
   */
  Database createDatabase(String password) {
    int number = NUMBERS.incrementAndGet();
    String database = "faults_case_" + number;
    String role = "faults_writer_" + number;
    PostgresServer.execute(server.url(), "CREATE DATABASE " + database + " TEMPLATE " + template);
    String url = server.databaseUrl(database);
    PostgresServer.execute(
        url,
        """
        CREATE ROLE %1$s LOGIN PASSWORD '%2$s';
        GRANT CONNECT, TEMPORARY ON DATABASE %3$s TO %1$s;
        GRANT USAGE ON SCHEMA public TO %1$s;
        GRANT INSERT, SELECT (created_at, event_id) ON llm_logs TO %1$s;
        GRANT SELECT, INSERT, UPDATE ON llm_log_dead_letters TO %1$s
        """
            .formatted(role, password, database));
    return new Database(url, database, role, password);
  }
}
