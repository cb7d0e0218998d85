package io.llmlog.worker.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.LlmLogger;
import io.llmlog.event.LlmEvent;
import io.llmlog.testkit.PostgresServer;
import io.llmlog.testkit.RedisServer;
import io.llmlog.worker.Rows;
import io.llmlog.worker.cli.Cli.Answer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Prompts and answers on both roads into the database, and out of it again. */
final class EraseIT {
  @RegisterExtension static final RedisServer REDIS = RedisServer.create();
  @RegisterExtension static final PostgresServer POSTGRES = PostgresServer.create();

  private static final String WITH_CONTENTS =
      "SELECT count(*) FROM llm_logs JOIN llm_log_contents USING (created_at, event_id) WHERE ";

  private final Map<String, String> variables = new HashMap<>();
  private String database = "";

  @BeforeEach
  void createTables() {
    database = POSTGRES.createDatabase("erase");
    variables.put("REDIS_URL", REDIS.url());
    variables.put("ANALYTICS_DATABASE_URL", database);
    variables.put("LLMLOG_QUEUE", "erase-" + UUID.randomUUID());
    assertEquals(0, llmlog("schema", "apply").code());
  }

  @Test
  void contentsOfAService_reachTheTableByTheQueue_andByTheFallbackWhileRedisIsAway()
      throws Exception {
    variables.put("LLMLOG_CAPTURE_CONTENT", "true");
    log(variables, 0, 50);
    assertEquals(50, llmlog("work", "--until-empty").number("stored"));
    Map<String, String> away = new HashMap<>(variables);
    away.put("REDIS_URL", "redis://127.0.0.1:1");
    assertEquals(50, log(away, 50, 100).counts().fallback());
    assertEquals(
        100, number(WITH_CONTENTS + "request #>> '{messages,0}' = 'prompt ' || company_id"));
    assertEquals(
        100, number("SELECT count(*) FROM llm_log_contents WHERE response = '\"answer\"'"));
  }

  @Test
  void withoutCapture_noContentLeavesTheService_andNoneIsStored() throws Exception {
    log(variables, 0, 10);
    String line = "{\"request\":\"prompt\",\"response\":\"answer\"}";
    variables.put("LLMLOG_CAPTURE_CONTENT", "true");
    assertEquals(0, new Cli(variables).withInput(line, "log", "-").code());
    variables.remove("LLMLOG_CAPTURE_CONTENT");
    execute("DROP VIEW llm_log_texts; ALTER TABLE llm_log_contents RENAME TO away");
    assertEquals(11, llmlog("work", "--until-empty").number("stored"));
    execute("ALTER TABLE away RENAME TO llm_log_contents");
    variables.put("LLMLOG_CAPTURE_CONTENT", "true");
    variables.put("LLMLOG_QUEUE_URL", "none");
    log(variables, 20, 21);
    variables.remove("LLMLOG_CAPTURE_CONTENT");
    log(variables, 21, 22);
    assertEquals(1, number("SELECT count(*) FROM llm_log_contents"));
    assertEquals(1, number(WITH_CONTENTS + "company_id = 20"));
  }

  @Test
  void erase_saysWhatItDid_andLeavesTheFigures() throws Exception {
    variables.put("LLMLOG_CAPTURE_CONTENT", "true");
    String lines =
        """
        {"user_id":7,"message":"m","error_message":"e","request":"r","company_id":1,"cost_usd":1.5}
        {"user_id":7,"end_user":"anna","company_id":1,"cost_usd":0.25}
        {"user_id":8,"message":"m","request":"r","company_id":1,"cost_usd":1}
        {"user_id":7,"company_id":99,"request":"r"}
        """;
    execute("ALTER TABLE llm_logs ADD CONSTRAINT known_company CHECK (company_id < 10)");
    assertEquals(0, new Cli(variables).withInput(lines, "log", "-").code());
    assertEquals(1, llmlog("work", "--until-empty").number("dead"));
    execute(
        """
        INSERT INTO llm_log_dead_letters (id, created_at, raw, reason)
        VALUES (gen_random_uuid(), now(), 'broken', 'r')
        """);
    Answer cost = llmlog("cost", "--json");

    Answer dry = llmlog("erase", "--user", "7", "--dry-run");
    assertEquals(
        """
        rows to be blanked: 2
        contents to be deleted: 1
        dead letters to be deleted: 1
        """,
        dry.out());
    assertEquals(2, number("SELECT count(*) FROM llm_logs WHERE user_id = 7"));
    Answer json = llmlog("erase", "--end-user", "anna", "--json", "--dry-run");
    assertEquals(
        "{\"rows\": 1, \"contents\": 0, \"dead_letters\": 0, \"unread_dead_letters\": 1,"
            + " \"dry_run\": true}\n",
        json.out());

    Answer erased = llmlog("erase", "--user=7");
    assertEquals(0, erased.code(), erased.err());
    assertEquals(
        """
        rows blanked: 2
        contents deleted: 1
        dead letters deleted: 1
        """,
        erased.out());
    assertTrue(erased.err().contains("1 dead letters cannot be read"), erased.err());
    Answer again = llmlog("erase", "--user", "7", "--json");
    assertEquals(0, again.number("rows") + again.number("contents") + again.number("dead_letters"));
    assertEquals(cost.out(), llmlog("cost", "--json").out());
    assertEquals(1, number("SELECT count(*) FROM llm_logs WHERE user_id = 8 AND message = 'm'"));
    assertEquals(1, number(WITH_CONTENTS + "user_id = 8"));
  }

  @Test
  void tablesOfAnotherVersion_areNamed_andNothingIsDone() throws Exception {
    variables.put("ANALYTICS_DATABASE_URL", POSTGRES.createDatabase("empty"));
    Answer answer = llmlog("erase", "--user", "7");
    assertEquals(1, answer.code());
    assertTrue(answer.err().contains("run llmlog schema apply"), answer.err());
  }

  @Test
  void aRoleWithoutTheRight_isToldSo() throws Exception {
    String role = "reader_" + Long.toString(System.nanoTime(), 36);
    execute(
        "CREATE ROLE %1$s LOGIN PASSWORD 'hunter2'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO %1$s"
            .formatted(role));
    execute("INSERT INTO llm_logs (action, user_id) VALUES ('a', 7)");
    try {
      String place = database.replaceAll("^[a-z]+://(?:[^@/]*@)?", "");
      variables.put(
          "LLMLOG_MAINTENANCE_DATABASE_URL", "postgresql://" + role + ":hunter2@" + place);
      Answer answer = llmlog("erase", "--user", "7");
      assertEquals(1, answer.code());
      assertEquals(1, answer.err().lines().count(), answer.err());
      assertTrue(answer.err().contains("permission denied"), answer.err());
      assertFalse(answer.err().contains("hunter2"), answer.err());
      assertEquals(1, llmlog("erase", "--user", "7", "--dry-run", "--json").number("rows"));
    } finally {
      execute("DROP OWNED BY %1$s; DROP ROLE %1$s".formatted(role));
    }
  }

  private Answer llmlog(String... args) {
    return new Cli(variables).run(args);
  }

  /** Logs calls with content and waits until they are away. */
  private static LlmLogger log(Map<String, String> variables, int from, int to) {
    try (LlmLogger llm = LlmLogger.fromEnvironment(variables)) {
      for (int i = from; i < to; i++) {
        assertTrue(
            llm.log(
                LlmEvent.builder("a")
                    .companyId(i)
                    .request(Map.of("messages", List.of("prompt " + i)))
                    .response("answer")
                    .build()));
      }
      assertTrue(llm.flush(Duration.ofSeconds(30)));
      return llm;
    }
  }

  private void execute(String sql) {
    PostgresServer.execute(database, sql);
  }

  private long number(String sql) throws Exception {
    return Rows.number(database, sql);
  }
}
