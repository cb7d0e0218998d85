package io.llmlog.worker.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.jdbc.schema.Schema;
import io.llmlog.testkit.PostgresServer;
import io.llmlog.testkit.RedisServer;
import io.llmlog.worker.cli.Cli.Answer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The commands one after the other, as a person gives them. */
final class CommandLineIT {
  @RegisterExtension static final RedisServer REDIS = RedisServer.create();
  @RegisterExtension static final PostgresServer POSTGRES = PostgresServer.create();

  private static final int VERSION = Schema.programVersion();

  @TempDir Path directory;

  private final Map<String, String> variables = new HashMap<>();
  private Cli llmlog = new Cli(Map.of());

  @BeforeEach
  void configure() {
    variables.put("REDIS_URL", REDIS.url());
    variables.put("ANALYTICS_DATABASE_URL", POSTGRES.createDatabase("cli"));
    variables.put("LLMLOG_QUEUE", "cli-" + UUID.randomUUID());
    llmlog = new Cli(variables);
  }

  @Test
  void theRoad_fromAFileToTheCostTable() throws Exception {
    assertEquals(0, llmlog.run("schema", "apply").code());
    Path file = directory.resolve("calls.jsonl");
    Files.writeString(
        file,
        """
        {"action":"interview.question","company_id":7,"model":"gpt-4o-mini","tokens_input":100,"tokens_output":20,"cost_usd":0.000027}\r
        {"action":"interview.question","company_id":7,"model":"gpt-4o-mini","tokens_input":5,"cost_usd":0.000000000001}

        {"action":"cv.parse","company_id":8,"model":"=cmd()","tokens_input":812}
        {"event_id":"01890a5d-ac96-774b-bcce-b302099a8057","created_at":"2026-11-01T10:00:00.123456Z","action":"cv.parse","company_id":8,"error_type":"timeout"}
        """);
    Answer logged = llmlog.run("log", file.toString(), "--ack");
    assertEquals(0, logged.code(), logged.err());
    List<String> lines = logged.out().lines().toList();
    assertEquals(5, lines.size());
    assertEquals("01890a5d-ac96-774b-bcce-b302099a8057", lines.get(3));
    assertEquals(4, logged.number("offered"));
    assertEquals(4, logged.number("queued"));
    assertEquals(0, logged.number("pending"));

    Answer before = llmlog.run("status", "--json");
    assertEquals(0, before.code(), before.err());
    assertEquals(4, before.number("queue_depth"));
    assertTrue(before.number("oldest_age_seconds") < 600);
    assertEquals(0, before.number("workers"));
    assertEquals(VERSION, before.number("schema_version"));

    Answer worked = llmlog.run("work", "--until-empty");
    assertEquals(0, worked.code(), worked.err());
    assertEquals(4, worked.number("claimed"));
    assertEquals(4, worked.number("stored"));
    assertEquals(0, worked.number("dead"));

    Answer after = llmlog.run("status", "--json");
    assertEquals(
        "{\"queue_depth\": 0, \"oldest_age_seconds\": null, \"workers\": 0, \"dead_letters\": 0,"
            + " \"schema_version\": "
            + VERSION
            + ", \"paused\": 0, \"replica_lag_seconds\": null,"
            + " \"ready\": false, \"checks\": [{\"name\": \"queue\", \"ok\": true, \"reason\": null},"
            + " {\"name\": \"database\", \"ok\": true, \"reason\": null},"
            + " {\"name\": \"schema\", \"ok\": true, \"reason\": null},"
            + " {\"name\": \"workers\", \"ok\": false,"
            + " \"reason\": \"no worker is running: start llmlog work\"}]}\n",
        after.out());
    assertTrue(llmlog.run("status").out().contains("queue depth     0"));

    Answer text = llmlog.run("cost", "--by", "company");
    assertEquals(
        """
        company  calls  errors  tokens in  tokens out        cost USD  cost unknown
        -------  -----  ------  ---------  ----------  --------------  ------------
        7            2       0        105          20  0.000027000001       0 calls
        8            2       1        812           0         unknown       2 calls
        -------  -----  ------  ---------  ----------  --------------  ------------
        total        4       1        917          20  0.000027000001       2 calls
        """,
        text.out());
    Answer csv = llmlog.run("cost", "--by", "model", "--csv", "--from", "2026-11-02");
    assertTrue(csv.out().startsWith("model,calls,errors,tokens_input"), csv.out());
    assertTrue(csv.out().contains("\r\ngpt-4o-mini,2,0,105,20,0,0,0,0.000027000001,0\r\n"));
    assertTrue(csv.out().contains("\r\n'=cmd(),1,0,812,0,0,0,0,,1\r\n"), csv.out());
    Answer json = llmlog.run("cost", "--by", "company,day", "--json", "--to", "2026-11-02");
    assertTrue(
        json.out().startsWith("{\"rows\": [{\"company\": \"8\", \"day\": \"2026-11-01\", "),
        json.out());
    assertTrue(json.out().contains("\"cost_usd\": null"));
  }

  @Test
  void log_namesBadLinesAndCountsThemAsRefused() {
    Answer answer =
        llmlog.withInput("{\"action\":\"a\"}\nnot json\n   \n[1]\n{\"action\":\"b\"}", "log", "-");
    assertEquals(1, answer.code());
    assertEquals(4, answer.number("offered"));
    assertEquals(2, answer.number("accepted"));
    assertEquals(2, answer.number("refused"));
    assertEquals(2, answer.number("bad_line"));
    assertTrue(answer.err().contains("line 2 "), answer.err());
    assertTrue(answer.err().contains("line 4 "), answer.err());
  }

  @Test
  void log_withoutAQueue_waitsAsLongAsItMayAndSaysWhatWasLost() {
    variables.put("REDIS_URL", "redis://127.0.0.1:1");
    long start = System.nanoTime();
    Answer answer =
        new Cli(variables).withInput("{\"action\":\"a\"}\n", "log", "-", "--drain", "PT0.5S");
    assertEquals(1, answer.code());
    assertEquals(1, answer.number("accepted"));
    assertEquals(1, answer.number("dropped"));
    assertEquals(0, answer.number("pending"));
    assertTrue(System.nanoTime() - start < 5_000_000_000L);
  }

  @Test
  void log_thatIsDisabled_saysWhyItFails() {
    variables.put("LLMLOG_ENABLED", "false");
    Answer answer = new Cli(variables).withInput("{\"action\":\"a\"}\n", "log", "-");
    assertEquals(1, answer.code());
    assertEquals("llmlog: 1 events are lost: dropped {}, refused {disabled=1}\n", answer.err());
  }

  @Test
  void log_ofAMissingFile_namesIt() {
    Answer answer = llmlog.run("log", "/no/such/file.jsonl");
    assertEquals(1, answer.code());
    assertEquals("llmlog: /no/such/file.jsonl: no such file\n", answer.err());
  }

  @Test
  void work_withoutTables_saysWhichCommandMakesThem() {
    Answer answer = llmlog.run("work");
    assertEquals(1, answer.code());
    assertTrue(answer.err().contains("run llmlog schema apply"), answer.err());
    assertEquals(1, answer.err().lines().count());
  }

  @Test
  void schema_isAppliedOnceAndSaysItsVersion() {
    assertTrue(llmlog.run("schema", "status").out().contains("version in the database: 0"));
    Answer first = llmlog.run("schema", "apply");
    assertEquals(0, first.code(), first.err());
    assertTrue(first.out().contains("brought from version 0 to " + VERSION), first.out());
    assertEquals(0, llmlog.run("schema", "apply").code());
    assertTrue(
        llmlog.run("schema", "status").out().contains("version in the database: " + VERSION));
    assertTrue(llmlog.run("schema", "status").out().contains("partitioning: native"));
    assertTrue(llmlog.run("schema", "sql").out().contains("llm_log_dead_letters"));
  }

  @Test
  void schema_withTimescale_printsItsSqlAndRefusesAServerWithoutIt() {
    assertFalse(llmlog.run("schema", "sql").out().contains("create_hypertable"));
    variables.put("LLMLOG_PARTITIONING", "timescale");
    Cli timescale = new Cli(variables);
    assertTrue(timescale.run("schema", "sql").out().contains("create_hypertable"));
    Answer refused = timescale.run("schema", "apply");
    assertEquals(1, refused.code());
    assertTrue(refused.err().contains("LLMLOG_PARTITIONING=timescale"), refused.err());
  }

  @Test
  void schemaApply_createsTheDatabaseWhereAsked() {
    String url = POSTGRES.databaseUrl("cli_made_" + Long.toString(System.nanoTime(), 36));
    variables.put("ANALYTICS_DATABASE_URL", url);
    Cli elsewhere = new Cli(variables);
    Answer without = elsewhere.run("schema", "apply");
    assertEquals(1, without.code());
    assertTrue(without.err().contains("--create-database"), without.err());
    try {
      Answer with = elsewhere.run("schema", "apply", "--create-database");
      assertEquals(0, with.code(), with.err());
    } finally {
      String name = url.replaceAll(".*/([^/?]+).*", "$1");
      PostgresServer.execute(POSTGRES.url(), "DROP DATABASE IF EXISTS " + name + " (FORCE)");
    }
  }

  @Test
  void status_withoutRedis_failsInOneLineWithoutPassword() {
    variables.put("REDIS_URL", "redis://:hunter2@127.0.0.1:1");
    Answer answer = new Cli(variables).run("status");
    assertEquals(1, answer.code());
    assertEquals(1, answer.err().lines().count(), answer.err());
    assertTrue(answer.err().contains("127.0.0.1:1"), answer.err());
    assertFalse(answer.err().contains("hunter2"), answer.err());
  }

  @Test
  void status_withoutADatabase_knowsTheQueueAlone() {
    variables.remove("ANALYTICS_DATABASE_URL");
    Answer answer = new Cli(variables).run("status", "--json");
    assertEquals(0, answer.code(), answer.err());
    assertTrue(answer.out().contains("\"dead_letters\": null"), answer.out());
    assertEquals(0, answer.number("queue_depth"));
  }
}
