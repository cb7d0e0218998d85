package io.llmlog.worker.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.testkit.PostgresServer;
import io.llmlog.testkit.RedisServer;
import io.llmlog.worker.Rows;
import io.llmlog.worker.Wait;
import io.llmlog.worker.Worker;
import io.llmlog.worker.WorkerStatus.State;
import io.llmlog.worker.cli.Cli.Answer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Batches of which the database refuses too much, and the person who lets them go by. */
final class AcceptIT {
  @RegisterExtension static final RedisServer REDIS = RedisServer.create();
  @RegisterExtension static final PostgresServer POSTGRES = PostgresServer.create();

  private static final String NOBODY =
      "llmlog: no worker waits because too much was refused; llmlog status says what they do\n";

  private final Map<String, String> variables = new HashMap<>();
  private Cli llmlog = new Cli(Map.of());
  private String database = "";

  @BeforeEach
  void refuseNegativeTokens() {
    database = POSTGRES.createDatabase("accept");
    variables.put("REDIS_URL", REDIS.url());
    variables.put("ANALYTICS_DATABASE_URL", database);
    variables.put("LLMLOG_QUEUE", "accept-" + UUID.randomUUID());
    variables.put("LLMLOG_WORKER_THREADS", "1");
    variables.put("LLMLOG_WORKER_BATCH", "100");
    llmlog = new Cli(variables);
    assertEquals(0, llmlog.run("schema", "apply").code());
    execute("ALTER TABLE llm_logs ADD CONSTRAINT odd CHECK (tokens_input >= 0)");
  }

  @Test
  void accept_releasesThatBatchAlone() throws Exception {
    log(100, 30);
    log(100, 30);
    try (Worker worker = Worker.fromEnvironment(variables)) {
      worker.start();
      awaitPause(worker);
      assertEquals(0, rows());
      Answer status = llmlog.run("status");
      assertTrue(status.out().contains("dead-letters accept"), status.out());
      Matcher name = Pattern.compile("  (\\S+)  holds 100 ").matcher(status.out());
      assertTrue(name.find(), status.out());
      Answer wrong = llmlog.run("dead-letters", "accept", "nobody");
      assertEquals(1, wrong.code());
      assertTrue(wrong.err().contains("nobody: no such worker"), wrong.err());

      Answer first = llmlog.run("dead-letters", "accept", name.group(1));
      assertEquals(0, first.code(), first.err());
      assertEquals("{\"batches\": 1, \"messages\": 100}\n", first.out());
      Wait.until("70 rows", () -> worker.status().stored() == 70);
      awaitPause(worker);
      assertEquals(70, rows(), "the second batch is another one");
      assertEquals(30, letters());

      assertEquals(1, llmlog.run("dead-letters", "accept").number("batches"));
      Wait.until("140 rows", () -> worker.status().stored() == 140);
      Wait.until("the end", () -> worker.status().inFlight() == 0);
      assertTrue(worker.status().balances());
      assertEquals(60, worker.status().dead());
    }
    assertEquals(140, rows());
    assertEquals(60, letters());
    execute("ALTER TABLE llm_logs DROP CONSTRAINT odd");
    assertEquals(60, llmlog.run("dead-letters", "replay", "--all").number("stored"));
    assertEquals(200, rows());
    assertEquals(0, letters());
  }

  @Test
  void whereNobodyWaitsForThat_acceptSaysSo() throws Exception {
    Answer empty = llmlog.run("dead-letters", "accept");
    assertEquals(0, empty.code());
    assertEquals("{\"batches\": 0, \"messages\": 0}\n", empty.out());
    assertEquals(NOBODY, empty.err());

    execute("ALTER TABLE llm_logs RENAME TO llm_logs_away");
    log(100, 30);
    try (Worker worker = Worker.fromEnvironment(variables)) {
      worker.start();
      awaitPause(worker);
      assertEquals(NOBODY, llmlog.run("dead-letters", "accept").err());
      String status = llmlog.run("status").out();
      assertTrue(status.contains("paused: its log says what a person must mend"), status);
    }
  }

  private void awaitPause(Worker worker) {
    Wait.until(
        "a pause with a batch in hand",
        () ->
            worker.status().inFlight() == 100
                && worker.status().loops().get(0).state() == State.PAUSED
                && llmlog.run("status", "--json").number("paused") == 1);
  }

  private void log(int events, int refused) {
    List<Integer> tokens =
        IntStream.range(0, events).mapToObj(i -> i < refused ? -1 - i : i).toList();
    String lines =
        tokens.stream()
            .map(n -> "{\"action\":\"a\",\"tokens_input\":" + n + "}\n")
            .collect(Collectors.joining());
    assertEquals(0, llmlog.withInput(lines, "log", "-").code());
  }

  private void execute(String sql) {
    PostgresServer.execute(database, sql);
  }

  private long rows() throws Exception {
    return Rows.number(database, "SELECT count(*) FROM llm_logs");
  }

  private long letters() throws Exception {
    return Rows.number(database, "SELECT count(*) FROM llm_log_dead_letters");
  }
}
