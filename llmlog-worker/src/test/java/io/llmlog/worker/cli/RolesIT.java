package io.llmlog.worker.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.testkit.PostgresServer;
import io.llmlog.testkit.RedisServer;
import io.llmlog.worker.Rows;
import io.llmlog.worker.Wait;
import io.llmlog.worker.cli.Cli.Answer;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The commands by the roles that {@code schema sql --roles} makes. */
final class RolesIT {
  @RegisterExtension static final RedisServer REDIS = RedisServer.create();

  /** Roles belong to a whole server. */
  @RegisterExtension static final PostgresServer POSTGRES = PostgresServer.owned();

  @TempDir Path directory;

  private final Map<String, String> variables = new HashMap<>();
  private Cli llmlog = new Cli(Map.of());
  private String database = "";

  @BeforeEach
  void configure() {
    database = POSTGRES.createDatabase("roles");
    variables.put("REDIS_URL", REDIS.url());
    variables.put("LLMLOG_QUEUE", "roles-" + UUID.randomUUID());
    variables.put("LLMLOG_SCHEMA", "analytics");
    variables.put("ANALYTICS_DATABASE_URL", database);
    llmlog = new Cli(variables);
    assertEquals(0, llmlog.run("schema", "apply").code());
    RoleUrls.create(database, llmlog.run("schema", "sql", "--roles").out());
    variables.put("ANALYTICS_DATABASE_URL", RoleUrls.of(database, "writer"));
    variables.put("ANALYTICS_READ_DATABASE_URL", RoleUrls.of(database, "reader"));
    variables.put("LLMLOG_MAINTENANCE_DATABASE_URL", RoleUrls.of(database, "maintenance"));
  }

  @Test
  void eachCommand_worksByTheRoleThatItIsFor() throws Exception {
    log("{\"action\":\"a\",\"company_id\":7,\"cost_usd\":0.5}\n{\"action\":\"b\"}");
    log("{\"action\":\"expired\",\"created_at\":\"1990-01-01T00:00:00Z\"}");
    Answer worked = llmlog.run("work", "--until-empty");
    assertEquals(0, worked.code(), worked.err());
    assertEquals(2, worked.number("stored"));
    assertEquals(1, worked.number("dead"));
    assertFalse(worked.err().contains("WARN"), worked.err());

    Answer status = llmlog.run("status", "--json");
    assertEquals(0, status.code(), status.err());
    assertEquals(1, status.number("dead_letters"));
    Answer cost = llmlog.run("cost", "--by", "company", "--csv");
    assertEquals(0, cost.code(), cost.err());
    assertTrue(cost.out().contains("\r\n7,1,0,"), cost.out());
    Answer letters = llmlog.run("dead-letters", "list");
    assertEquals(0, letters.code(), letters.err());
    assertEquals(0, llmlog.run("dead-letters", "discard", "--all").code());
    assertEquals(0, llmlog.run("schema", "apply").code());
  }

  @Test
  void aServicesFallback_writesAsWriter() throws Exception {
    variables.put("LLMLOG_QUEUE_URL", "none");
    llmlog = new Cli(variables);
    Answer logged = log("{\"action\":\"a\"}\n{\"action\":\"b\"}");
    assertEquals(2, logged.number("fallback"));
    assertEquals(2, rows());
  }

  @Test
  void aWorkerWithoutMaintenancesRights_writesOnAndSaysSo() throws Exception {
    variables.remove("LLMLOG_MAINTENANCE_DATABASE_URL");
    llmlog = new Cli(variables);
    PostgresServer.execute(
        database,
        "DO $$ DECLARE last regclass; BEGIN SELECT max(inhrelid::regclass::text) INTO last"
            + " FROM pg_inherits WHERE inhparent = 'analytics.llm_logs'::regclass"
            + " AND inhrelid::regclass::text ~ '[0-9]$';"
            + " EXECUTE 'DROP TABLE ' || last; END $$");
    try (LlmlogProcess worker = LlmlogProcess.start(directory, variables, "work")) {
      log("{\"action\":\"a\"}");
      Wait.until("the row", () -> rows() == 1);
      worker.awaitErr("permission denied");
      log("{\"action\":\"b\"}");
      Wait.until("the other row", () -> rows() == 2);
      worker.terminate();
      assertEquals(0, worker.exitCode(), worker.err());
      assertTrue(worker.err().contains("WARN"), worker.err());
      assertFalse(worker.err().contains(RoleUrls.PASSWORD), worker.err());
    }
  }

  private Answer log(String lines) {
    Answer logged = llmlog.withInput(lines, "log", "-");
    assertEquals(0, logged.code(), logged.err());
    return logged;
  }

  private long rows() {
    try {
      return Rows.number(database, "SELECT count(*) FROM analytics.llm_logs");
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
