package io.llmlog.worker.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.spi.Providers;
import io.llmlog.spi.QueueException;
import io.llmlog.spi.QueueInspector;
import io.llmlog.spi.QueueInspector.WorkerLease;
import io.llmlog.spi.QueueProvider.QueueSettings;
import io.llmlog.testkit.PostgresServer;
import io.llmlog.testkit.RedisServer;
import io.llmlog.worker.Wait;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A program in another language pushes, while the worker's process is killed again and again. */
@Tag("system")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class KilledWorkersIT {
  private static final int MESSAGES = 20_000;
  private static final int EQUAL = 2_000;
  private static final int KILLS = 30;
  private static final String QUEUE = "llm_logs";

  @RegisterExtension static final RedisServer REDIS = RedisServer.system();
  @RegisterExtension static final PostgresServer POSTGRES = PostgresServer.create();

  @TempDir Path directory;

  @Test
  void killedAtThirtyRandomMoments_everyPushIsOneRow() throws Exception {
    String database = POSTGRES.createDatabase("killed");
    Map<String, String> variables =
        Map.of(
            "REDIS_URL",
            REDIS.url(),
            "ANALYTICS_DATABASE_URL",
            database,
            "LLMLOG_QUEUE",
            QUEUE,
            "LLMLOG_LEASE",
            "PT1S",
            "LLMLOG_WORKER_BATCH",
            "10");
    Cli llmlog = new Cli(variables);
    assertEquals(0, llmlog.run("schema", "apply").code());
    Process pusher = python(URI.create(REDIS.url()).getPort());
    int leftLists;
    try {
      leftLists = kill(variables);
      assertEquals(0, pusher.waitFor());
    } finally {
      pusher.destroy();
    }
    assertEquals(0, llmlog.run("work", "--until-empty").code());

    System.err.println(leftLists + " of " + KILLS + " kills left a processing list");
    assertTrue(leftLists >= KILLS / 2, leftLists + " kills left a processing list");
    assertEquals(
        List.of(MESSAGES, MESSAGES, EQUAL, MESSAGES - EQUAL + 1, 0),
        row(
            database,
            "SELECT count(*), count(DISTINCT event_id),"
                + " count(*) FILTER (WHERE interview_id = -1), count(DISTINCT interview_id),"
                + " (SELECT count(*) FROM llm_log_dead_letters) FROM llm_logs"));
  }

  /** Starts and kills workers; answers how many of them left a list. */
  private int kill(Map<String, String> variables) throws Exception {
    Random random = new Random(20260401);
    int leftLists = 0;
    try (QueueInspector queue =
        Providers.queue(REDIS.url()).inspector(new QueueSettings(REDIS.url(), QUEUE))) {
      for (int kill = 1; kill <= KILLS; kill++) {
        Set<String> before = holders(queue);
        try (LlmlogProcess worker = LlmlogProcess.start(directory, variables, "work")) {
          Wait.until("the worker claims", () -> !newHolders(queue, before).isEmpty());
          // The random moment of the kill, not a wait for anything.
          LockSupport.parkNanos(random.nextInt(400_000_000));
          worker.kill();
        }
        if (!newHolders(queue, before).isEmpty()) {
          leftLists++;
        }
      }
    }
    return leftLists;
  }

  private Process python(int port) throws Exception {
    Path script = Path.of(getClass().getResource("/push.py").toURI());
    return new ProcessBuilder(
            "python3",
            script.toString(),
            String.valueOf(port),
            QUEUE,
            String.valueOf(MESSAGES),
            String.valueOf(EQUAL),
            "30")
        .redirectErrorStream(true)
        .redirectOutput(directory.resolve("push.log").toFile())
        .start();
  }

  private static Set<String> newHolders(QueueInspector queue, Set<String> before) {
    Set<String> now = holders(queue);
    now.removeAll(before);
    return now;
  }

  /** The workers, living or dead, that hold messages. */
  private static Set<String> holders(QueueInspector queue) {
    try {
      return queue.inspect().workers().stream()
          .filter(lease -> lease.claimed() > 0)
          .map(WorkerLease::worker)
          .collect(Collectors.toSet());
    } catch (QueueException | InterruptedException e) {
      throw new AssertionError("the queue could not be inspected", e);
    }
  }

  private static List<Integer> row(String database, String sql) throws Exception {
    try (Connection connection = PostgresServer.connect(database);
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      result.next();
      return List.of(
          result.getInt(1), result.getInt(2), result.getInt(3), result.getInt(4), result.getInt(5));
    }
  }
}
