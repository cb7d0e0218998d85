package io.llmlog.worker.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.testkit.PostgresServer;
import io.llmlog.testkit.RedisServer;
import io.llmlog.worker.Rows;
import io.llmlog.worker.cli.Cli.Answer;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Messages that the table refuses, from the queue to the person who decides about them. */
final class DeadLettersIT {
  @RegisterExtension static final RedisServer REDIS = RedisServer.create();
  @RegisterExtension static final PostgresServer POSTGRES = PostgresServer.create();

  private static final String FIRST = "01890a5d-ac96-774b-bcce-b302099a8001";
  private static final String SECOND = "01890a5d-ac96-774b-bcce-b302099a8002";

  private final Map<String, String> variables = new HashMap<>();
  private Cli llmlog = new Cli(Map.of());
  private String database = "";

  @BeforeEach
  void makeTwoDeadLetters() {
    database = POSTGRES.createDatabase("dead_letters");
    variables.put("REDIS_URL", REDIS.url());
    variables.put("ANALYTICS_DATABASE_URL", database);
    variables.put("LLMLOG_QUEUE", "dead-" + UUID.randomUUID());
    llmlog = new Cli(variables);
    assertEquals(0, llmlog.run("schema", "apply").code());
    execute("ALTER TABLE llm_logs ADD CONSTRAINT known_company CHECK (company_id < 10)");
    String lines =
        """
        {"event_id":"%s","created_at":"2026-11-01T10:00:00.123456Z","action":"a","company_id":10}
        {"event_id":"%s","created_at":"2026-11-01T11:00:00Z","action":"b","company_id":11}
        {"action":"c","company_id":1}
        """;
    assertEquals(0, llmlog.withInput(lines.formatted(FIRST, SECOND), "log", "-").code());
    Answer worked = llmlog.run("work", "--until-empty");
    assertEquals(1, worked.number("stored"), worked.err());
    assertEquals(2, worked.number("dead"), worked.err());
  }

  @Test
  void aMendedCause_makesRowsOfThem() throws Exception {
    Answer list = llmlog.run("dead-letters", "list");
    assertEquals(0, list.code(), list.err());
    assertEquals(4, list.out().lines().count(), list.out());
    assertTrue(list.out().contains(FIRST) && list.out().contains("known_company"), list.out());
    assertFalse(list.out().contains("company_id"), list.out());

    Answer still = llmlog.run("dead-letters", "replay", "--all");
    assertEquals(0, still.code(), still.err());
    assertEquals(
        "{\"replayed\": 2, \"stored\": 0, \"duplicate\": 0, \"still_dead\": 2, \"skipped\": 0}\n",
        still.out());
    assertTrue(still.err().contains("2 can still be no row"), still.err());
    Answer again = llmlog.run("dead-letters", "list", "--json", "--limit", "1");
    assertEquals(2, again.number("total"));
    assertEquals(2, again.number("attempts"));
    assertTrue(again.err().contains("1 of 2 are shown"), again.err());

    execute("ALTER TABLE llm_logs DROP CONSTRAINT known_company");
    Answer one = llmlog.run("dead-letters", "replay", SECOND);
    assertEquals(1, one.number("stored"), one.err());
    Answer all = llmlog.run("dead-letters", "replay", "--all");
    assertEquals(0, all.code(), all.err());
    assertEquals("", all.err());
    assertEquals(1, all.number("stored"));
    assertEquals("no dead letters\n", llmlog.run("dead-letters", "list").out());
    assertEquals(0, llmlog.run("dead-letters", "replay", "--all").number("replayed"));
    assertEquals(3, rows("true"));
    assertEquals(
        1, rows("event_id = '" + FIRST + "' AND created_at = '2026-11-01T10:00:00.123456Z'"));
  }

  @Test
  void whatIsDiscarded_isGone() throws Exception {
    Answer one = llmlog.run("dead-letters", "discard", FIRST.toUpperCase(java.util.Locale.ROOT));
    assertEquals(0, one.code(), one.err());
    assertEquals("{\"discarded\": 1}\n", one.out());
    assertEquals(1, llmlog.run("status", "--json").number("dead_letters"));
    assertEquals(1, llmlog.run("dead-letters", "discard", "--all").number("discarded"));
    assertEquals(0, llmlog.run("dead-letters", "discard", "--all").number("discarded"));
    assertEquals(1, rows("true"));
  }

  @Test
  void anUnknownId_isNamed_andNothingIsDone() throws Exception {
    execute("ALTER TABLE llm_logs DROP CONSTRAINT known_company");
    String unknown = "00000000-0000-0000-0000-00000000000a";
    for (String command : new String[] {"list", "replay", "discard"}) {
      Answer answer = llmlog.run("dead-letters", command, FIRST, unknown);
      assertEquals(1, answer.code(), command);
      assertEquals("", answer.out());
      assertEquals(
          "llmlog: " + unknown + ": no such dead letter; nothing was done\n", answer.err());
    }
    assertEquals(1, rows("true"));
    assertEquals(2, llmlog.run("dead-letters", "list", "--json").number("total"));
  }

  @Test
  void content_isShownWhereAskedFor_shortenedAndHarmless() throws Exception {
    execute(
        """
        UPDATE llm_log_dead_letters SET reason = E'steers \\u001B[31m \\u009B31m \\u202E \\u2028 it',
          raw = convert_to(E'\\u001B]0;title\\u0007\\u009B2J' || repeat('é', 3000), 'UTF8')
        """);
    for (String form : new String[] {"--limit=9", "--json"}) {
      Answer without = llmlog.run("dead-letters", "list", form);
      assertFalse(without.out().contains("title"), without.out());
      Answer with = llmlog.run("dead-letters", "list", "--content", form);
      assertTrue(with.out().contains("]0;title"), with.out());
      assertTrue(with.out().contains("é…"), with.out());
      assertTrue(with.out().contains("6014"), with.out());
      String lines = with.out().replace("\n", "");
      assertTrue(
          lines
              .codePoints()
              .allMatch(c -> !Character.isISOControl(c) && c != 0x202E && c != 0x2028),
          with.out());
    }
    assertEquals(
        2, llmlog.run("dead-letters", "list", "--json", "--reason", "STEERS").number("total"));
    assertEquals(0, llmlog.run("dead-letters", "list", "--json", "--reason", "%").number("total"));
  }

  @Test
  void aRoleWithoutTheRight_isToldSo() {
    String role = "reader_" + Long.toString(System.nanoTime(), 36);
    execute(
        "CREATE ROLE %1$s LOGIN PASSWORD 'hunter2'; GRANT SELECT ON llm_log_dead_letters TO %1$s"
            .formatted(role));
    try {
      String place = database.replaceAll("^[a-z]+://(?:[^@/]*@)?", "");
      variables.put(
          "LLMLOG_MAINTENANCE_DATABASE_URL", "postgresql://" + role + ":hunter2@" + place);
      Answer answer = new Cli(variables).run("dead-letters", "discard", "--all");
      assertEquals(1, answer.code());
      assertEquals(1, answer.err().lines().count(), answer.err());
      assertTrue(answer.err().contains("permission denied"), answer.err());
      assertFalse(answer.err().contains("hunter2"), answer.err());
    } finally {
      execute("DROP OWNED BY %1$s; DROP ROLE %1$s".formatted(role));
    }
  }

  private void execute(String sql) {
    PostgresServer.execute(database, sql);
  }

  private long rows(String condition) throws Exception {
    return Rows.number(database, "SELECT count(*) FROM llm_logs WHERE " + condition);
  }
}
