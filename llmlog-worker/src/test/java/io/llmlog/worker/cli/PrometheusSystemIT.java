package io.llmlog.worker.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.testkit.PostgresServer;
import io.llmlog.testkit.RedisServer;
import io.llmlog.worker.Rows;
import io.llmlog.worker.alert.RuleFile;
import io.llmlog.worker.alert.RuleFile.Rule;
import io.llmlog.worker.cli.Cli.Answer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The rules, read by Debian's Prometheus, and what they say of real faults. */
@Tag("system")
final class PrometheusSystemIT {
  /** What the project promises, from the fault to the alert and from the healing to its end. */
  private static final Duration PROMISED = Duration.ofSeconds(60);

  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(500);
  private static final int MESSAGES = 4_000;

  /** Metrics that only services have. */
  private static final Set<String> OF_SERVICES =
      Set.of("llmlog_events_", "llmlog_circuit_", "llmlog_spool_", "llmlog_buffer_");

  @RegisterExtension static final RedisServer REDIS = RedisServer.system();
  @RegisterExtension static final PostgresServer POSTGRES = PostgresServer.owned();

  @TempDir Path directory;

  private final Map<String, String> variables = new HashMap<>();
  private Cli llmlog = new Cli(Map.of());
  private String database = "";

  @BeforeEach
  void configure() {
    database = POSTGRES.createDatabase("prometheus");
    variables.put("REDIS_URL", REDIS.url());
    variables.put("ANALYTICS_DATABASE_URL", database);
    variables.put("ANALYTICS_READ_DATABASE_URL", database);
    variables.put("LLMLOG_QUEUE", "prometheus-" + UUID.randomUUID());
    variables.put("LLMLOG_WORKER_BATCH", "100");
    variables.put("LLMLOG_LEASE", "PT10S");
    llmlog = new Cli(variables);
    assertEquals(0, llmlog.run("schema", "apply").code());
  }

  @Test
  void rulesTheirTestsAndTheExamples_areWhatTheToolsWant() throws Exception {
    assertAccepted("promtool", "check", "rules", "llmlog-alerts.yml");
    assertAccepted("promtool", "test", "rules", "llmlog-alerts-test.yml");
    assertAccepted("promtool", "check", "config", "prometheus.yml");
    assertAccepted("amtool", "check-config", "alertmanager.yml");
    String[] route = {"amtool", "config", "routes", "test", "--config.file=alertmanager.yml"};
    assertEquals("on-call", assertAccepted(append(route, "severity=critical")));
    assertEquals("team", assertAccepted(append(route, "severity=warning")));
  }

  @Test
  void eachMetricOfARule_isOneOfALivingWorker() throws Exception {
    int port = FreePort.find();
    try (LlmlogProcess worker = work(port)) {
      worker.awaitErr("Working on queue");
      AdminPage page = new AdminPage(port);
      log(10);
      // A question has a figure once it was asked.
      page.text("/api/overview");
      Set<String> wanted = new TreeSet<>();
      RuleFile.rules().stream().map(Rule::metrics).forEach(wanted::addAll);
      wanted.removeIf(name -> OF_SERVICES.stream().anyMatch(name::startsWith));
      assertTrue(wanted.contains("llmlog_queue_depth"), wanted.toString());
      within("the metrics " + wanted, () -> page.metrics().containsAll(wanted), page::metrics);
    }
  }

  @Test
  void realFaults_areToldWithinAMinute_andAreOverWithinAMinute() throws Exception {
    int port = FreePort.find();
    int otherPort = FreePort.find();
    AdminPage page = new AdminPage(port);
    LlmlogProcess worker = work(port);
    LlmlogProcess other = work(otherPort);
    try (Prometheus prometheus = Prometheus.start(directory, List.of(port, otherPort))) {
      worker.awaitErr("Working on queue");
      other.awaitErr("Working on queue");
      within("two workers", () -> prometheus.workersUp() == 2, prometheus::log);
      within("nothing fires", () -> isWell(prometheus, page), prometheus::firing);

      // One worker is killed, and the other cannot store: the queue grows.
      try (Connection lock = PostgresServer.connect(database);
          Statement statement = lock.createStatement()) {
        lock.setAutoCommit(false);
        statement.execute("LOCK TABLE llm_logs IN SHARE MODE");
        other.kill();
        log(MESSAGES);
        within(
            "a worker is gone, and the queue is deep",
            () ->
                prometheus
                        .firing()
                        .containsAll(
                            Set.of("LlmlogQueueDepth", "LlmlogWorkerStuck", "LlmlogWorkerDown"))
                    && page.alerts().containsAll(Set.of("LlmlogQueueDepth", "LlmlogWorkerStuck"))
                    && status().number("queue_depth") > 1_000
                    && status().number("workers") == 2,
            () -> prometheus.firing() + " " + page.alerts() + " " + status());
      }
      other = work(otherPort);
      within(
          "all is stored",
          () -> isWell(prometheus, page) && rows() == MESSAGES && status().number("workers") == 4,
          () -> prometheus.firing() + " " + page.alerts() + " " + status());
      assertEquals(0, status().number("queue_depth"));

      POSTGRES.stop();
      within(
          "the database is away",
          () ->
              prometheus.firing().contains("LlmlogDatabaseDown")
                  && page.alerts().contains("LlmlogDatabaseDown")
                  && page.ready().startsWith("503")
                  && status().code() == 1,
          () -> prometheus.firing() + " " + page.alerts() + " " + page.ready() + " " + status());
      POSTGRES.restart();
      within(
          "the database is back",
          () -> isWell(prometheus, page) && status().code() == 0,
          () -> prometheus.firing() + " " + page.alerts() + " " + page.ready() + " " + status());

      REDIS.kill();
      within(
          "the queue is away",
          () ->
              prometheus.firing().contains("LlmlogQueueDown")
                  && page.alerts().contains("LlmlogQueueDown")
                  && page.ready().startsWith("503")
                  && status().code() == 1,
          () -> prometheus.firing() + " " + page.alerts() + " " + page.ready() + " " + status());
      REDIS.start();
      within(
          "the queue is back",
          () -> isWell(prometheus, page) && status().code() == 0,
          () -> prometheus.firing() + " " + page.alerts() + " " + page.ready() + " " + status());

      worker.kill();
      other.kill();
      within(
          "no worker is there",
          () -> prometheus.firing().contains("LlmlogNoWorker") && status().number("workers") == 0,
          () -> prometheus.firing() + " " + status());
      worker = work(port);
      within(
          "a worker is there",
          () -> !prometheus.firing().contains("LlmlogNoWorker") && status().number("workers") == 2,
          () -> prometheus.firing() + " " + status());
    } finally {
      worker.close();
      other.close();
    }
  }

  private boolean isWell(Prometheus prometheus, AdminPage page) {
    return prometheus.firing().isEmpty()
        && page.alerts().isEmpty()
        && page.ready().startsWith("200");
  }

  private LlmlogProcess work(int port) throws IOException {
    Map<String, String> own = new HashMap<>(variables);
    own.put("LLMLOG_ADMIN_ADDRESS", "127.0.0.1:" + port);
    return LlmlogProcess.start(directory, own, "work");
  }

  private Answer status() {
    return llmlog.run("status", "--json");
  }

  private void log(int events) {
    Answer logged = llmlog.withInput("{\"action\":\"a\"}\n".repeat(events), "log", "-");
    assertEquals(0, logged.code(), logged.err());
  }

  private long rows() {
    try {
      return Rows.number(database, "SELECT count(*) FROM llm_logs");
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Waits until it is so, for as long as is promised. */
  private static void within(String what, BooleanSupplier condition, Supplier<?> found) {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - start > PROMISED.toNanos()) {
        throw new AssertionError("not within " + PROMISED + ": " + what + ": " + found.get());
      }
      LockSupport.parkNanos(BETWEEN_LOOKS.toNanos());
    }
  }

  private static String[] append(String[] command, String last) {
    return Stream.concat(Arrays.stream(command), Stream.of(last)).toArray(String[]::new);
  }

  /** Runs a tool of Debian's where the rules stand, and answers the last line that it says. */
  private String assertAccepted(String... command) throws Exception {
    Path out = directory.resolve("tool.txt");
    Process process =
        new ProcessBuilder(command)
            .directory(RuleFile.directory().toFile())
            .redirectErrorStream(true)
            .redirectOutput(out.toFile())
            .start();
    boolean ended = process.waitFor(60, TimeUnit.SECONDS);
    if (!ended) {
      process.destroyForcibly();
    }
    assertTrue(
        ended && process.exitValue() == 0, () -> String.join(" ", command) + ": " + text(out));
    // Warnings may stand before it.
    return text(out).lines().reduce("", (before, line) -> line);
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
