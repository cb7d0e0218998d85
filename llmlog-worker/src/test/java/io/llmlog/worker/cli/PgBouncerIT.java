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
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The whole road through a PgBouncer in transaction mode, whose sessions all clients share. */
@Tag("system")
final class PgBouncerIT {
  /**
   * With the server; fewer than the connections before it, so that transactions change sessions.
   */
  private static final int SESSIONS = 3;

  @RegisterExtension static final RedisServer REDIS = RedisServer.system();

  @RegisterExtension
  static final PostgresServer POSTGRES = PostgresServer.owned().setting("fsync", "on");

  @TempDir Path directory;

  private final Map<String, String> variables = new HashMap<>();
  private Cli llmlog = new Cli(Map.of());
  private String database = "";
  private PgBouncer bouncer;

  @BeforeEach
  void start() throws Exception {
    database = POSTGRES.createDatabase("bouncer");
    // Whoever relies on a search path finds a table that takes nothing.
    PostgresServer.execute(
        database, "CREATE TABLE llm_logs (decoy int CHECK (false)); CREATE SCHEMA analytics");
    bouncer =
        PgBouncer.start(
            directory,
            database,
            List.of(
                user("llmlog", "llmlog"),
                user("llmlog_writer", RoleUrls.PASSWORD),
                user("llmlog_reader", RoleUrls.PASSWORD),
                user("llmlog_maintenance", RoleUrls.PASSWORD)),
            SESSIONS);
    variables.put("REDIS_URL", REDIS.url());
    variables.put("LLMLOG_QUEUE", "bouncer-" + UUID.randomUUID());
    variables.put("LLMLOG_SCHEMA", "analytics");
    variables.put("LLMLOG_WORKER_THREADS", "6");
    variables.put("LLMLOG_WORKER_BATCH", "50");
    variables.put("ANALYTICS_DATABASE_URL", bouncer.through(database));
    llmlog = new Cli(variables);
    Answer applied = llmlog.run("schema", "apply");
    assertEquals(0, applied.code(), applied.err());
    RoleUrls.create(database, llmlog.run("schema", "sql", "--roles").out());
    variables.put("ANALYTICS_DATABASE_URL", bouncer.through(RoleUrls.of(database, "writer")));
    variables.put("ANALYTICS_READ_DATABASE_URL", bouncer.through(RoleUrls.of(database, "reader")));
    variables.put(
        "LLMLOG_MAINTENANCE_DATABASE_URL", bouncer.through(RoleUrls.of(database, "maintenance")));
  }

  private static String user(String name, String password) {
    return '"' + name + "\" \"" + password + '"';
  }

  @AfterEach
  void stop() {
    bouncer.close();
  }

  @Test
  void theWholeRoad_throughSharedSessions() throws Exception {
    int events = 5_000;
    String lines =
        IntStream.range(0, events)
            .mapToObj(i -> "{\"action\":\"a\",\"company_id\":" + i % 7 + ",\"tokens_input\":1}\n")
            .collect(Collectors.joining());
    log(lines);
    log("{\"action\":\"expired\",\"created_at\":\"1990-01-01T00:00:00Z\"}");
    try (LlmlogProcess worker = LlmlogProcess.start(directory, variables, "work")) {
      Wait.until("all rows", () -> rows() == events);
      Wait.until(
          "the dead letter",
          () -> number("SELECT count(*) FROM analytics.llm_log_dead_letters") == 1);
      long sessions =
          number("SELECT count(*) FROM pg_stat_activity WHERE usename = 'llmlog_writer'");
      assertTrue(sessions >= 1 && sessions <= SESSIONS, sessions + " sessions of the writer");
      worker.terminate();
      assertEquals(0, worker.exitCode(), worker.err());
      // Redis keeps nothing on disk here, and one message was too old.
      List<String> warnings = worker.err().lines().filter(line -> line.contains("WARN")).toList();
      assertEquals(
          List.of(),
          warnings.stream()
              .filter(line -> !line.contains("Redis at") && !line.contains("expired:"))
              .toList(),
          worker.err());
    }
    assertEquals(events, number("SELECT sum(calls) FROM analytics.llm_log_hourly"));
    Answer cost = llmlog.run("cost", "--by", "company", "--csv");
    assertEquals(0, cost.code(), cost.err());
    assertEquals(8, cost.out().lines().count(), cost.out());
    Answer replayed = llmlog.run("dead-letters", "replay", "--all");
    assertEquals(1, number("SELECT count(*) FROM analytics.llm_log_dead_letters"), replayed.err());
    assertEquals(0, llmlog.run("dead-letters", "discard", "--all").code());
    Answer again = llmlog.run("schema", "apply");
    assertEquals(0, again.code(), again.err());
  }

  @Test
  void theFallback_throughSharedSessions() {
    variables.put("LLMLOG_QUEUE_URL", "none");
    llmlog = new Cli(variables);
    Answer logged = log("{\"action\":\"a\"}\n".repeat(2_000));
    assertEquals(2_000, logged.number("fallback"));
    assertEquals(2_000, rows());
    assertFalse(logged.err().contains(RoleUrls.PASSWORD), logged.err());
  }

  private Answer log(String lines) {
    Answer logged = llmlog.withInput(lines, "log", "-");
    assertEquals(0, logged.code(), logged.err());
    return logged;
  }

  private long rows() {
    return number("SELECT count(*) FROM analytics.llm_logs");
  }

  private long number(String sql) {
    try {
      return Rows.number(database, sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
