package io.llmlog.worker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.jdbc.DeadLetterBox;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.schema.Schema;
import io.llmlog.spi.EventSender;
import io.llmlog.spi.Providers;
import io.llmlog.spi.QueueInspector;
import io.llmlog.spi.QueueInspector.WorkerLease;
import io.llmlog.spi.QueueProvider.QueueSettings;
import io.llmlog.testkit.PostgresServer;
import io.llmlog.testkit.RedisServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Clock;
import java.time.Instant;
import java.time.Period;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Messages that end their worker, and workers that end of something else: real processes. */
final class ThreeDeathsIT {
  @RegisterExtension static final RedisServer REDIS = RedisServer.create();
  @RegisterExtension static final PostgresServer POSTGRES = PostgresServer.create();

  private static final int GOOD = 40;

  @TempDir Path directory;

  private final List<Process> processes = new ArrayList<>();
  private final QueueSettings queue = new QueueSettings(REDIS.url(), "deaths-" + UUID.randomUUID());
  private String database = "";

  @BeforeEach
  void makeTables() throws Exception {
    database = POSTGRES.createDatabase("deaths");
    new Schema(PostgresUrl.parse(database), new SchemaName("public")).apply(false, Instant.now());
  }

  @AfterEach
  void endProcesses() {
    processes.forEach(Process::destroyForcibly);
  }

  @Test
  void theMessageThatEndsThreeWorkersInItsOwnAttempt_aloneIsADeadLetter() throws Exception {
    push(GOOD, "{\"action\":\"poison\",\"message\":\"é\\u0000\"}");
    int deaths = 0;
    while (endOf(start("poison")) == DyingWorker.DIED) {
      deaths++;
      assertTrue(deaths < 10, "the message ends workers for ever");
    }
    assertEquals(5, deaths, "two with the whole batch, three with the message alone");
    assertEveryGoodMessageIsOneRow();
    assertEquals(1, number("SELECT count(*) FROM llm_log_dead_letters"));
    assertEquals(
        1,
        number(
            "SELECT count(*) FROM llm_log_dead_letters WHERE reason LIKE '%3 workers died%' AND"
                + " convert_from(raw, 'UTF8') ="
                + " E'{\"action\":\"poison\",\"message\":\"é\\\\u0000\"}'"));

    // Where the cause is mended, it is a row like any other.
    DeadLetterBox box =
        new DeadLetterBox(
            PostgresUrl.parse(database),
            new SchemaName("public"),
            Period.ofYears(1),
            null,
            Clock.systemUTC());
    assertEquals(1, box.replay(null).stored());
    assertEquals(0, box.replay(null).replayed());
    assertEquals(GOOD + 1, number("SELECT count(DISTINCT event_id) FROM llm_logs"));
    assertEquals(0, number("SELECT count(*) FROM llm_log_dead_letters"));
  }

  @Test
  void workersThatDieInTheAttemptsOfDifferentMessages_makeNoDeadLetter() throws Exception {
    push(GOOD, "{\"action\":\"good\",\"message\":\"" + GOOD + " in the middle\"}");
    for (String deadly :
        List.of(
            "number 0 ", "number 0 ", "number 1 ", "in the middle", "number 1 ", "number 39 ")) {
      assertEquals(DyingWorker.DIED, endOf(start(deadly)), deadly);
    }
    assertEquals(0, endOf(start("nothing")));
    assertEquals(GOOD + 1, number("SELECT count(*) FROM llm_logs"));
    assertEquals(GOOD + 1, number("SELECT count(DISTINCT event_id) FROM llm_logs"));
    assertEquals(0, number("SELECT count(*) FROM llm_log_dead_letters"));
  }

  @Test
  void workersThatAreKilledWhileTheyWait_makeNoDeadLetter() throws Exception {
    PostgresServer.execute(database, "ALTER TABLE llm_logs RENAME TO llm_logs_away");
    push(GOOD, "{\"action\":\"good\",\"message\":\"the last\"}");
    String before = "";
    for (int kill = 1; kill <= 5; kill++) {
      Process worker = start("nothing");
      String last = before;
      Wait.until("another worker is paused", () -> !paused().isEmpty() && !paused().equals(last));
      before = paused();
      worker.destroyForcibly().waitFor();
    }
    PostgresServer.execute(database, "ALTER TABLE llm_logs_away RENAME TO llm_logs");
    assertEquals(0, endOf(start("nothing")));
    assertEquals(GOOD + 1, number("SELECT count(*) FROM llm_logs"));
    assertEquals(0, number("SELECT count(*) FROM llm_log_dead_letters"));
  }

  @Test
  void workersThatAreKilledBeforeTheirFirstAttempt_makeNoDeadLetter() throws Exception {
    push(GOOD, "{\"action\":\"good\",\"message\":\"the last\"}");
    try (Connection other = PostgresServer.connect(database);
        Statement statement = other.createStatement()) {
      // Each worker comes as far as the table, and no further.
      other.setAutoCommit(false);
      statement.execute("LOCK TABLE llm_logs");
      for (int kill = 1; kill <= 6; kill++) {
        Process worker = start("nothing");
        Wait.until("a worker waits for the table", () -> waitingForALock() == 1);
        worker.destroyForcibly().waitFor();
        PostgresServer.execute(
            database,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                + " WHERE datname = current_database() AND wait_event_type = 'Lock'");
        Wait.until("its session is gone", () -> waitingForALock() == 0);
      }
      other.rollback();
    }
    assertEquals(0, endOf(start("nothing")));
    assertEquals(GOOD + 1, number("SELECT count(*) FROM llm_logs"));
    assertEquals(0, number("SELECT count(*) FROM llm_log_dead_letters"));
  }

  private long waitingForALock() {
    try {
      return number(
          "SELECT count(*) FROM pg_stat_activity"
              + " WHERE datname = current_database() AND wait_event_type = 'Lock'");
    } catch (Exception e) {
      throw new AssertionError("the sessions could not be counted", e);
    }
  }

  private void assertEveryGoodMessageIsOneRow() throws Exception {
    assertEquals(GOOD, number("SELECT count(*) FROM llm_logs"));
    assertEquals(GOOD, number("SELECT count(DISTINCT message) FROM llm_logs"));
    assertEquals(GOOD, number("SELECT count(*) FROM llm_logs WHERE action = 'good'"));
  }

  /** Good messages, and one in their middle; none brings an id or a time. */
  private void push(int good, String middle) throws Exception {
    List<String> messages =
        new ArrayList<>(
            IntStream.range(0, good)
                .mapToObj(i -> "{\"action\":\"good\",\"message\":\"number " + i + " \"}")
                .toList());
    messages.add(good / 2, middle);
    try (EventSender sender = Providers.queue(queue.url()).sender(queue)) {
      sender.send(messages.stream().map(text -> text.getBytes(UTF_8)).toList());
    }
  }

  private Process start(String deadly) throws Exception {
    Path err = Files.createTempFile(directory, "err", ".txt");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                // They live for a second or two.
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                DyingWorker.class.getName(),
                queue.url(),
                queue.queue(),
                database,
                deadly)
            .redirectErrorStream(true)
            .redirectOutput(err.toFile())
            .start();
    processes.add(process);
    return process;
  }

  private static int endOf(Process process) throws InterruptedException {
    assertTrue(process.waitFor(60, TimeUnit.SECONDS), "the process does not end");
    return process.exitValue();
  }

  /** The living worker that waits for a person, or nothing. */
  private String paused() {
    try (QueueInspector inspector = Providers.queue(queue.url()).inspector(queue)) {
      return inspector.inspect().workers().stream()
          .filter(worker -> worker.alive() && worker.paused())
          .map(WorkerLease::worker)
          .findFirst()
          .orElse("");
    } catch (Exception e) {
      throw new AssertionError("the queue could not be inspected", e);
    }
  }

  private long number(String sql) throws Exception {
    return Rows.number(database, sql);
  }
}
