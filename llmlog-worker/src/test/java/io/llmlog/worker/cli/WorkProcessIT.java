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
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Workers that are stopped, killed and left without their database, as processes of their own. */
final class WorkProcessIT {
  /** Both as they should be, so that a worker has nothing to warn of. */
  @RegisterExtension
  static final RedisServer REDIS = RedisServer.builder().setting("appendonly", "yes").build();

  @RegisterExtension
  static final PostgresServer POSTGRES = PostgresServer.owned().setting("fsync", "on");

  @TempDir Path directory;

  private final Map<String, String> variables = new HashMap<>();
  private Cli llmlog = new Cli(Map.of());
  private String database = "";

  @BeforeEach
  void configure() {
    database = POSTGRES.createDatabase("process");
    variables.put("REDIS_URL", REDIS.url());
    variables.put("ANALYTICS_DATABASE_URL", database);
    variables.put("LLMLOG_QUEUE", "process-" + UUID.randomUUID());
    variables.put("LLMLOG_LEASE", "PT1S");
    llmlog = new Cli(variables);
    assertEquals(0, llmlog.run("schema", "apply").code());
  }

  @Test
  void sigterm_isAnOrderlyEnd() throws Exception {
    try (LlmlogProcess worker = LlmlogProcess.start(directory, variables, "work")) {
      log(500);
      Wait.until("500 rows", () -> rows() == 500);
      worker.terminate();
      assertEquals(0, worker.exitCode(), worker.err());
      assertEquals("", worker.out());
      assertFalse(worker.err().contains("WARN"), worker.err());
    }
    Answer status = llmlog.run("status", "--json");
    assertEquals(0, status.number("queue_depth"));
    assertEquals(0, status.number("workers"), "the leases were given back");
  }

  @Test
  void whatAKilledWorkerHadClaimed_isStoredOnceByTheNext() throws Exception {
    PostgresServer.execute(database, "ALTER TABLE llm_logs RENAME TO llm_logs_away");
    log(1000);
    try (LlmlogProcess worker = LlmlogProcess.start(directory, variables, "work")) {
      worker.awaitErr("Paused");
      Answer status = llmlog.run("status", "--json");
      assertTrue(status.number("paused") >= 1, status.out());
      assertEquals(0, status.number("queue_depth"));
      worker.kill();
    }
    PostgresServer.execute(database, "ALTER TABLE llm_logs_away RENAME TO llm_logs");
    Answer next = llmlog.run("work", "--until-empty");
    assertEquals(0, next.code(), next.err());
    assertEquals(1000, next.number("adopted"));
    assertEquals(1000, next.number("stored"));
    assertEquals(1000, rows());
  }

  @Test
  void aDatabaseThatIsAway_isSaidOnceAndWaitedFor() throws Exception {
    String password = "hunter2";
    PostgresServer.execute(
        POSTGRES.url(), "CREATE ROLE worker_of_it LOGIN SUPERUSER PASSWORD '" + password + "'");
    String place = database.replaceAll("^[a-z]+://(?:[^@/]*@)?", "");
    variables.put("ANALYTICS_DATABASE_URL", "postgresql://worker_of_it:" + password + "@" + place);
    log(10);
    POSTGRES.stopImmediately();
    String hostAndPort = place.replaceAll("/.*", "");
    try (LlmlogProcess worker = LlmlogProcess.start(directory, variables, "work")) {
      worker.awaitErr(hostAndPort);
      POSTGRES.restart();
      worker.awaitErr("The database answers");
      Wait.until("10 rows", () -> rows() == 10);
      POSTGRES.stopImmediately();
      log(5);
      worker.awaitErr("The store does not take messages");
      POSTGRES.restart();
      worker.awaitErr("The store takes messages again");
      Wait.until("15 rows", () -> rows() == 15);
      worker.terminate();
      assertEquals(0, worker.exitCode());
      assertEquals(
          2, worker.err().lines().filter(line -> line.contains("WARN")).count(), worker.err());
      assertFalse(worker.err().contains(password), worker.err());
      assertFalse(worker.err().contains("\tat "), worker.err());
    }
  }

  @Test
  void sigtermBeforeTheQueueIsEmpty_leavesTheRestAndPrintsTheLedger() throws Exception {
    PostgresServer.execute(database, "ALTER TABLE llm_logs RENAME TO llm_logs_away");
    log(100);
    try (LlmlogProcess worker =
        LlmlogProcess.start(directory, variables, "work", "--until-empty")) {
      worker.awaitErr("Paused");
      worker.terminate();
      assertEquals(0, worker.exitCode(), worker.err());
      assertTrue(worker.out().contains("\"stored\": 0"), worker.out());
      assertFalse(worker.out().contains("\"released\": 0"), worker.out());
    }
  }

  @Test
  void serversThatMayLoseMessages_areWarnedOfOnce() throws Exception {
    String name = database.substring(database.lastIndexOf('/') + 1);
    PostgresServer.execute(database, "ALTER DATABASE " + name + " SET synchronous_commit = off");
    try (RedisServer hasty = RedisServer.builder().build().start()) {
      variables.put("REDIS_URL", hasty.url());
      llmlog = new Cli(variables);
      log(5);
      try (LlmlogProcess worker =
          LlmlogProcess.start(directory, variables, "work", "--until-empty")) {
        assertEquals(0, worker.exitCode(), worker.err());
        assertTrue(worker.out().contains("\"stored\": 5"), worker.out());
        assertEquals(2, worker.err().lines().filter(l -> l.contains("WARN")).count(), worker.err());
        assertTrue(worker.err().contains("nothing is kept on disk"), worker.err());
        assertTrue(worker.err().contains("synchronous_commit is off"), worker.err());
      }
    }
  }

  @Test
  void wrongConfiguration_isAllThatTheProcessSays() throws Exception {
    try (LlmlogProcess worker =
        LlmlogProcess.start(directory, Map.of("LLMLOG_LEASE", "soon"), "work")) {
      assertEquals(2, worker.exitCode());
      assertEquals("", worker.out());
      assertEquals(2, worker.err().lines().count(), worker.err());
      assertTrue(worker.err().contains("ANALYTICS_DATABASE_URL is not set"), worker.err());
      assertTrue(worker.err().contains("LLMLOG_LEASE=soon: must be"), worker.err());
    }
  }

  private void log(int events) {
    String lines =
        IntStream.range(0, events)
            .mapToObj(i -> "{\"action\":\"a\",\"tokens_input\":" + i + "}\n")
            .collect(Collectors.joining());
    Answer logged = llmlog.withInput(lines, "log", "-");
    assertEquals(0, logged.code(), logged.err());
  }

  private long rows() {
    try {
      return Rows.number(database, "SELECT count(*) FROM llm_logs");
    } catch (java.sql.SQLException e) {
      return -1;
    }
  }
}
