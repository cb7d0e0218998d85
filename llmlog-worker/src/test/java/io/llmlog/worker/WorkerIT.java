package io.llmlog.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.LlmCall;
import io.llmlog.LlmLogger;
import io.llmlog.event.LlmEvent;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.schema.Schema;
import io.llmlog.spi.EventSender;
import io.llmlog.spi.Providers;
import io.llmlog.spi.QueueProvider.QueueSettings;
import io.llmlog.testkit.PostgresServer;
import io.llmlog.testkit.RedisServer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The road from a service to the table, with real servers. */
final class WorkerIT {
  @RegisterExtension static final RedisServer REDIS = RedisServer.create();
  @RegisterExtension static final PostgresServer POSTGRES = PostgresServer.create();

  private final Map<String, String> variables = new HashMap<>();
  private final String queue = "worker-" + UUID.randomUUID();
  private String database = "";

  @BeforeEach
  void configure() throws Exception {
    database = POSTGRES.createDatabase("worker");
    new Schema(PostgresUrl.parse(database), new SchemaName("public")).apply(false, Instant.now());
    variables.put("REDIS_URL", REDIS.url());
    variables.put("ANALYTICS_DATABASE_URL", database);
    variables.put("LLMLOG_QUEUE", queue);
  }

  @Test
  void whatAServiceLogs_becomesRows() throws Exception {
    try (LlmLogger llm = LlmLogger.fromEnvironment(variables);
        Worker worker = Worker.fromEnvironment(variables)) {
      worker.start();
      try (LlmCall call = llm.start("interview.question").companyId(7).model("gpt-4o-mini")) {
        call.tokens(812, 45).succeed();
      }
      for (int i = 0; i < 2500; i++) {
        assertTrue(llm.log(LlmEvent.builder("cv.parse").companyId(8).tokensInput(i).build()));
      }
      assertTrue(llm.flush(Duration.ofSeconds(30)));
      assertTrue(worker.awaitEmpty(Duration.ofSeconds(60)));
      Wait.until("the ledger", () -> worker.status().inFlight() == 0);
      WorkerStatus status = worker.status();
      assertEquals(2501, status.stored());
      assertEquals(2501, status.claimed());
      assertTrue(status.balances());
    }
    assertEquals(2501, number("SELECT count(*) FROM llm_logs"));
    assertEquals(857, number("SELECT sum(tokens_used) FROM llm_logs WHERE company_id = 7"));
    assertEquals(
        2499 * 1250, number("SELECT sum(tokens_input) FROM llm_logs WHERE company_id = 8"));
  }

  @Test
  void badInput_becomesRowsOrDeadLetters_andTheRestIsStored() throws Exception {
    String deep = "{\"action\":\"deep\",\"metadata\":{\"a\":" + "[".repeat(10_000);
    List<String> messages =
        List.of(
            "{\"action\":\"good\"}",
            "this is no JSON",
            "[1, 2, 3]",
            "{\"model\":\"without-action\"}",
            "{\"action\":17}",
            "{\"action\":\"digits\",\"tokens_input\":" + "9".repeat(300) + "}",
            "{\"action\":\"year\",\"created_at\":\"99999-01-01T00:00:00Z\"}",
            "{\"action\":\"nul\",\"message\":\"a\\u0000b\"}",
            "{\"action\":\"surrogate\",\"message\":\"a\\ud800b\"}",
            "{\"action\":\"long\",\"message\":\"" + "x".repeat(2 << 20) + "\"}",
            deep + "]".repeat(10_000) + "}}",
            "{\"action\":\"good\"}");
    push(messages);
    try (Worker worker = Worker.fromEnvironment(variables)) {
      worker.start();
      assertTrue(worker.awaitEmpty(Duration.ofSeconds(60)));
      Wait.until("the ledger", () -> worker.status().inFlight() == 0);
      assertEquals(9, worker.status().stored());
      assertEquals(3, worker.status().dead());
      assertTrue(worker.status().balances());
      push(List.of("{\"action\":\"after\"}"));
      Wait.until("the worker to live on", () -> worker.status().stored() == 10);
    }
    assertEquals(2, number("SELECT count(*) FROM llm_logs WHERE action = 'good'"));
    assertEquals(1, number("SELECT count(*) FROM llm_logs WHERE action = 'unknown'"));
    assertEquals(1, number("SELECT count(*) FROM llm_logs WHERE action = '17'"));
    assertEquals(
        1,
        number(
            "SELECT count(*) FROM llm_logs WHERE action = 'digits' AND tokens_input IS NULL"
                + " AND metadata->'invalid' ? 'tokens_input'"));
    assertEquals(
        1,
        number(
            "SELECT count(*) FROM llm_logs WHERE action = 'year'"
                + " AND metadata->'invalid' ? 'created_at'"));
    assertEquals(
        2,
        number(
            "SELECT count(*) FROM llm_logs WHERE message = 'a' || chr(65533) || 'b'"
                + " AND action IN ('nul', 'surrogate')"));
    assertEquals(2 << 20, number("SELECT length(message) FROM llm_logs WHERE action = 'long'"));
    assertEquals(3, number("SELECT count(*) FROM llm_log_dead_letters WHERE length(reason) > 10"));
    assertEquals(
        deep.length() + 10_002, number("SELECT max(length(raw)) FROM llm_log_dead_letters"));
  }

  @Test
  void aPause_healsWhenTheTableIsBack() throws Exception {
    PostgresServer.execute(database, "ALTER TABLE llm_logs RENAME TO llm_logs_away");
    push(List.of("{\"action\":\"a\"}", "{\"action\":\"b\"}"));
    try (Worker worker = Worker.fromEnvironment(variables)) {
      worker.start();
      Wait.until(
          "a pause",
          () ->
              worker.status().loops().stream()
                  .anyMatch(loop -> loop.state() == WorkerStatus.State.PAUSED));
      PostgresServer.execute(database, "ALTER TABLE llm_logs_away RENAME TO llm_logs");
      Wait.until("the rows", () -> worker.status().stored() == 2);
      assertTrue(worker.status().balances());
    }
  }

  @Test
  void whatEndangersMessages_isSaidOnceByAnEmbeddedWorkerToo() throws Exception {
    String bare = POSTGRES.createDatabase("bare");
    String name = bare.substring(bare.lastIndexOf('/') + 1);
    PostgresServer.execute(bare, "ALTER DATABASE " + name + " SET synchronous_commit = off");
    variables.put("ANALYTICS_DATABASE_URL", bare);
    PrintStream before = System.err;
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
    try (RedisServer hasty = RedisServer.builder().build().start()) {
      variables.put("REDIS_URL", hasty.url());
      try (Worker worker = Worker.fromEnvironment(variables)) {
        worker.start();
        for (String sentence :
            List.of(
                "nothing is kept on disk",
                "synchronous_commit is off",
                "has no tables: run llmlog schema apply")) {
          Wait.until(sentence, () -> said.toString(StandardCharsets.UTF_8).contains(sentence));
          assertEquals(
              1,
              said.toString(StandardCharsets.UTF_8)
                  .lines()
                  .filter(line -> line.contains("WARN") && line.contains(sentence))
                  .count());
        }
        assertEquals(WorkerStatus.State.RUNNING, worker.status().loops().get(0).state());
      }
    } finally {
      System.setErr(before);
    }
  }

  @Test
  void tablesOfAnotherVersion_areNotWrittenUntilTheyFit() throws Exception {
    PostgresServer.execute(
        database, "UPDATE llmlog_schema_history SET version = '99' WHERE version = '2'");
    assertPausesUntil("UPDATE llmlog_schema_history SET version = '2' WHERE version = '99'");
    // Behind, as far as the record says.
    PostgresServer.execute(
        database,
        """
        CREATE TABLE kept AS SELECT * FROM llmlog_schema_history WHERE version::int > 1;
        DELETE FROM llmlog_schema_history WHERE version::int > 1
        """);
    assertPausesUntil("INSERT INTO llmlog_schema_history SELECT * FROM kept");
    assertEquals(2, number("SELECT count(*) FROM llm_logs"));
  }

  private void assertPausesUntil(String mended) throws Exception {
    push(List.of("{\"action\":\"kept\"}"));
    long before = number("SELECT count(*) FROM llm_logs");
    try (Worker worker = Worker.fromEnvironment(variables)) {
      worker.start();
      Wait.until(
          "a pause",
          () ->
              worker.status().loops().stream()
                  .anyMatch(loop -> loop.state() == WorkerStatus.State.PAUSED));
      assertEquals(before, number("SELECT count(*) FROM llm_logs"));
      PostgresServer.execute(database, mended);
      Wait.until("the row", () -> worker.status().stored() == 1);
    }
  }

  @Test
  void tablesOfANewerVersion_areWarnedOf() throws Exception {
    ServerChecks.Check check = PostgresChecks.create(database, "public");
    assertFalse(check.warnings().stream().anyMatch(said -> said.contains("version")));
    PostgresServer.execute(
        database,
        """
        INSERT INTO llmlog_schema_history
          (installed_rank, version, description, type, script, installed_by, execution_time, success)
        VALUES (99, '99', 'later', 'SQL', 'V99__later.sql', 'somebody', 1, true)
        """);
    assertTrue(
        check.warnings().stream().anyMatch(said -> said.contains("is of version 99, newer than")));
  }

  private void push(List<String> messages) throws Exception {
    try (EventSender sender =
        Providers.queue(REDIS.url()).sender(new QueueSettings(REDIS.url(), queue))) {
      sender.send(messages.stream().map(text -> text.getBytes(StandardCharsets.UTF_8)).toList());
    }
  }

  private long number(String sql) throws Exception {
    return Rows.number(database, sql);
  }
}
