package io.llmlog.worker.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.testkit.PostgresServer;
import io.llmlog.testkit.RedisServer;
import io.llmlog.worker.Rows;
import io.llmlog.worker.Wait;
import io.llmlog.worker.cli.Cli.Answer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The command {@code log}, stopped by SIGTERM while it has work left. */
final class LogProcessIT {
  @RegisterExtension static final RedisServer REDIS = RedisServer.create();
  @RegisterExtension static final PostgresServer POSTGRES = PostgresServer.create();

  private static final int EVENTS = 5000;
  private static final String NO_REDIS = "redis://127.0.0.1:1";

  /** Ten seconds for the deliveries, and what closing the rest takes on a busy machine. */
  private static final Duration LONGEST_STOP = Duration.ofSeconds(15);

  @TempDir Path directory;

  private final Map<String, String> variables = new HashMap<>();

  @BeforeEach
  void configure() {
    variables.put("REDIS_URL", REDIS.url());
    variables.put("LLMLOG_QUEUE", "log-" + UUID.randomUUID());
  }

  @Test
  void stoppedWhileStdinIsOpen_deliversWhatItHasRead() throws Exception {
    try (LlmlogProcess log = LlmlogProcess.start(directory, variables, "log", "-", "--ack")) {
      log.input(lines(0, EVENTS));
      awaitLines(log, EVENTS);
      Answer answer = stopped(log);
      assertEquals(0, answer.code(), answer.err());
      assertEquals(EVENTS, answer.number("offered"));
      assertEquals(EVENTS, answer.number("queued"));
      assertEquals(EVENTS + 1, answer.out().lines().count());
      assertEquals("", answer.err());
    }
    assertEquals(EVENTS, depth());
  }

  @Test
  void stoppedWithinAFile_readsNoFurtherAndLosesNothing() throws Exception {
    int many = 400_000;
    Path file = directory.resolve("calls.jsonl");
    Files.writeString(file, lines(0, many));
    try (LlmlogProcess log =
        LlmlogProcess.start(directory, variables, "log", file.toString(), "--ack")) {
      awaitLines(log, 1000);
      Answer answer = stopped(log);
      assertEquals(0, answer.code(), answer.err());
      long accepted = answer.number("accepted");
      assertTrue(accepted < many, "the whole file was read before the stop");
      assertEquals(accepted, answer.number("offered"));
      assertEquals(accepted, answer.number("queued"));
      assertEquals(accepted + 1, answer.out().lines().count(), "an ack for each accepted event");
      assertEquals(accepted, depth());
    }
  }

  @Test
  void stoppedWithoutARoad_dropsWhatIsPendingAndSaysSo() throws Exception {
    variables.put("REDIS_URL", NO_REDIS);
    try (LlmlogProcess log = LlmlogProcess.start(directory, variables, "log", "-", "--ack")) {
      log.input(lines(0, EVENTS));
      awaitLines(log, EVENTS);
      Answer answer = stopped(log);
      assertEquals(1, answer.code(), answer.err());
      assertEquals(EVENTS, answer.number("accepted"));
      assertEquals(EVENTS, answer.number("dropped"));
      assertEquals(0, answer.number("pending"));
      assertEquals(0, answer.number("refused"));
      assertTrue(answer.err().contains(EVENTS + " events are lost: dropped {"), answer.err());
    }
  }

  @Test
  void stoppedWhileItDrains_doesNotUseUpItsPatience() throws Exception {
    variables.put("REDIS_URL", NO_REDIS);
    Path file = directory.resolve("calls.jsonl");
    Files.writeString(file, lines(0, 10));
    try (LlmlogProcess log =
        LlmlogProcess.start(
            directory, variables, "log", file.toString(), "--ack", "--drain", "PT10M")) {
      awaitLines(log, 10);
      Answer answer = stopped(log);
      assertEquals(1, answer.code(), answer.err());
      assertEquals(10, answer.number("dropped"));
    }
  }

  @Test
  void stoppedWithASpool_leavesThereWhatTheNextRunDelivers() throws Exception {
    variables.put("REDIS_URL", NO_REDIS);
    Path spool = Files.createDirectory(directory.resolve("spool"));
    variables.put("LLMLOG_SPOOL_DIR", spool.toString());
    List<String> acks;
    try (LlmlogProcess log = LlmlogProcess.start(directory, variables, "log", "-", "--ack")) {
      log.input(lines(0, EVENTS));
      awaitLines(log, EVENTS);
      Answer answer = stopped(log);
      assertEquals(0, answer.code(), answer.err());
      assertEquals(EVENTS, answer.number("spooled"));
      assertEquals(0, answer.number("dropped"));
      assertEquals(0, answer.number("pending"));
      assertTrue(answer.err().contains("5000 events are in the spool " + spool), answer.err());
      assertFalse(answer.err().contains("lost"), answer.err());
      acks = answer.out().lines().limit(EVENTS).toList();
    }
    variables.put("REDIS_URL", REDIS.url());
    try (LlmlogProcess next = LlmlogProcess.start(directory, variables, "log", "/dev/null")) {
      Answer answer = ended(next);
      assertEquals(0, answer.code(), answer.err());
      assertEquals(0, answer.number("offered"));
      assertEquals(EVENTS, answer.number("adopted"));
      assertEquals(EVENTS, answer.number("queued"));
      assertEquals(0, answer.number("spooled"));
    }
    assertEquals(EVENTS, depth());
    assertRows(acks);
  }

  @Test
  void killedWithASpoolInModeAlways_losesNothingThatWasAcknowledged() throws Exception {
    variables.put("REDIS_URL", NO_REDIS);
    Path spool = Files.createDirectory(directory.resolve("spool"));
    variables.put("LLMLOG_SPOOL_DIR", spool.toString());
    variables.put("LLMLOG_SPOOL_MODE", "always");
    List<String> acks;
    try (LlmlogProcess log = LlmlogProcess.start(directory, variables, "log", "-", "--ack")) {
      log.input(lines(0, EVENTS));
      awaitLines(log, EVENTS);
      log.kill();
      acks = log.out().lines().toList();
    }
    variables.put("REDIS_URL", REDIS.url());
    try (LlmlogProcess next = LlmlogProcess.start(directory, variables, "log", "/dev/null")) {
      Answer answer = ended(next);
      assertEquals(0, answer.code(), answer.err());
      assertEquals(EVENTS, answer.number("adopted"));
      assertEquals(EVENTS, answer.number("queued"));
    }
    assertRows(acks);
  }

  @Test
  void withoutARoadUntilItsPatienceEnds_leavesAllInTheSpool() throws Exception {
    variables.put("REDIS_URL", NO_REDIS);
    Path spool = Files.createDirectory(directory.resolve("spool"));
    variables.put("LLMLOG_SPOOL_DIR", spool.toString());
    Answer answer = new Cli(variables).withInput(lines(0, EVENTS), "log", "-", "--drain", "PT0.5S");
    assertEquals(0, answer.code(), answer.err());
    assertEquals(EVENTS, answer.number("spooled"));
    assertEquals(0, answer.number("dropped"));

    Answer again = new Cli(variables).withInput("", "log", "-", "--drain", "PT0.5S");
    assertEquals(0, again.code(), again.err());
    assertEquals(EVENTS, again.number("adopted"));
    assertEquals(EVENTS, again.number("spooled"));
  }

  @Test
  void withAQueueThatHangsUntilItsPatienceEnds_leavesAllInTheSpool() throws Exception {
    Path spool = Files.createDirectory(directory.resolve("spool"));
    variables.put("LLMLOG_SPOOL_DIR", spool.toString());
    try (RedisServer hanging = RedisServer.builder().build().start()) {
      variables.put("REDIS_URL", hanging.url());
      hanging.pause();
      Answer answer =
          new Cli(variables).withInput(lines(0, EVENTS), "log", "-", "--drain", "PT0.5S");
      hanging.resume();
      assertEquals(0, answer.code(), answer.err());
      assertEquals(EVENTS, answer.number("spooled"));
      assertEquals(0, answer.number("dropped"));
    }
  }

  @Test
  void withADatabaseInPlaceOfTheQueue_writesThereAtOnce() throws Exception {
    String database = POSTGRES.createDatabase("log");
    variables.put("ANALYTICS_DATABASE_URL", database);
    assertEquals(0, new Cli(variables).run("schema", "apply").code());
    variables.put("REDIS_URL", NO_REDIS);
    try (LlmlogProcess log = LlmlogProcess.start(directory, variables, "log", "-", "--ack")) {
      log.input(lines(0, EVENTS));
      awaitLines(log, EVENTS);
      Answer answer = stopped(log);
      assertEquals(0, answer.code(), answer.err());
      assertEquals(EVENTS, answer.number("fallback"));
      assertEquals(0, answer.number("queued"));
    }
    assertEquals(EVENTS, Rows.number(database, "SELECT count(*) FROM llm_logs"));
  }

  private static String lines(int from, int count) {
    return IntStream.range(from, from + count)
        .mapToObj(i -> "{\"action\":\"a\",\"tokens_input\":" + i + "}\n")
        .collect(Collectors.joining());
  }

  private static void awaitLines(LlmlogProcess process, int count) {
    Wait.until(count + " lines on stdout", () -> process.out().lines().count() >= count);
  }

  private static Answer stopped(LlmlogProcess process) throws InterruptedException {
    long start = System.nanoTime();
    process.terminate();
    Answer answer = ended(process);
    Duration took = Duration.ofNanos(System.nanoTime() - start);
    assertTrue(took.compareTo(LONGEST_STOP) < 0, "the stop took " + took);
    return answer;
  }

  private static Answer ended(LlmlogProcess process) throws InterruptedException {
    int code = process.exitCode();
    return new Answer(code, process.out(), process.err());
  }

  private long depth() throws IOException {
    Answer status = new Cli(variables).run("status", "--json");
    assertEquals(0, status.code(), status.err());
    return status.number("queue_depth");
  }

  /** Brings the queue to a database: these events are its rows, each once, and no others. */
  private void assertRows(List<String> ids) throws Exception {
    String database = POSTGRES.createDatabase("log");
    Map<String, String> worker = new HashMap<>(variables);
    worker.put("ANALYTICS_DATABASE_URL", database);
    Cli cli = new Cli(worker);
    assertEquals(0, cli.run("schema", "apply").code());
    assertEquals(0, cli.run("work", "--until-empty").code());
    assertEquals(ids.size(), Rows.number(database, "SELECT count(*) FROM llm_logs"));
    String all = ids.stream().map(id -> "'" + id + "'").collect(Collectors.joining(","));
    assertEquals(
        ids.size(),
        Rows.number(database, "SELECT count(*) FROM llm_logs WHERE event_id IN (" + all + ")"));
  }
}
