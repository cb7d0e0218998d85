package io.llmlog.worker.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.testkit.PostgresServer;
import io.llmlog.testkit.RedisServer;
import io.llmlog.worker.Wait;
import io.llmlog.worker.cli.Cli.Answer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What a worker in a process of its own says of itself, while its servers come and go. */
final class MonitorIT {
  private static final Pattern ADDRESS = Pattern.compile("dashboard at (http://\\S+)");

  @RegisterExtension
  static final RedisServer REDIS = RedisServer.builder().setting("appendonly", "yes").build();

  @RegisterExtension
  static final PostgresServer POSTGRES = PostgresServer.owned().setting("fsync", "on");

  @TempDir Path directory;

  private final HttpClient client = HttpClient.newHttpClient();
  private final Map<String, String> variables = new HashMap<>();
  private Cli llmlog = new Cli(Map.of());

  @BeforeEach
  void configure() {
    variables.put("REDIS_URL", REDIS.url());
    variables.put("ANALYTICS_DATABASE_URL", POSTGRES.createDatabase("monitor"));
    variables.put("LLMLOG_QUEUE", "monitor-" + UUID.randomUUID());
    variables.put("LLMLOG_ADMIN_ADDRESS", "127.0.0.1:0");
    llmlog = new Cli(variables);
  }

  @Test
  void readiness_followsTheServers_andStatusSaysTheSame() throws Exception {
    assertEquals(0, llmlog.run("schema", "apply").code());
    assertEquals(0, llmlog.withInput("{\"action\":\"a\"}\n", "log", "-").code());
    assertTrue(llmlog.run("status").out().contains("workers: no worker is running"));
    POSTGRES.stopImmediately();
    try (LlmlogProcess worker = LlmlogProcess.start(directory, variables, "work")) {
      String url = address(worker);
      // Before the database answers for the first time.
      Wait.until("a look", () -> !get(url, "/health/ready").body().contains("not asked yet"));
      HttpResponse<String> away = get(url, "/health/ready");
      assertEquals(503, away.statusCode());
      assertTrue(away.body().contains("\"name\":\"queue\",\"ok\":true"), away.body());
      assertTrue(away.body().contains("\"name\":\"database\",\"ok\":false"), away.body());
      assertEquals(200, get(url, "/health/live").statusCode());
      POSTGRES.restart();
      Wait.until("ready", () -> get(url, "/health/ready").statusCode() == 200);
      Wait.until(
          "a row", () -> get(url, "/metrics").body().contains("llmlog_worker_stored_total 1"));
      assertTrue(llmlog.run("status").out().contains("ready           yes"));

      REDIS.stop();
      Wait.until(
          "the queue is named",
          () -> get(url, "/health/ready").body().contains("\"name\":\"queue\",\"ok\":false"));
      Answer status = llmlog.run("status", "--json");
      assertEquals(1, status.code());
      assertTrue(status.out().contains("\"name\": \"queue\", \"ok\": false"), status.out());
      assertTrue(status.out().contains("\"name\": \"database\", \"ok\": true"), status.out());
      assertEquals(1, status.err().lines().count(), status.err());
      REDIS.restart();
      Wait.until("ready again", () -> get(url, "/health/ready").statusCode() == 200);
      worker.terminate();
      assertEquals(0, worker.exitCode(), worker.err());
      assertEquals(1, worker.err().lines().filter(line -> line.contains("dashboard at")).count());
      assertFalse(worker.err().contains("\tat "), worker.err());
    }
  }

  @Test
  void untilEmpty_endsWithItsServer() {
    assertEquals(0, llmlog.run("schema", "apply").code());
    Answer worked = llmlog.run("work", "--until-empty");
    assertEquals(0, worked.code(), worked.err());
    assertTrue(
        Thread.getAllStackTraces().keySet().stream()
            .noneMatch(thread -> thread.getName().matches("llmlog-worker-(http|watch).*")),
        "no thread is left");
  }

  @Test
  void anAddressThatIsTaken_isWrongConfiguration() throws Exception {
    try (ServerSocket taken = new ServerSocket(0)) {
      variables.put("LLMLOG_ADMIN_ADDRESS", "127.0.0.1:" + taken.getLocalPort());
      Answer answer = llmlog.run("work");
      assertEquals(2, answer.code());
      assertEquals(1, answer.err().lines().count(), answer.err());
      assertTrue(
          answer
              .err()
              .startsWith("llmlog: LLMLOG_ADMIN_ADDRESS=127.0.0.1:" + taken.getLocalPort() + ": "),
          answer.err());
    }
  }

  @Test
  void anOpenAddressWithoutAToken_isWrongConfiguration() {
    variables.put("LLMLOG_ADMIN_ADDRESS", "0.0.0.0:0");
    Answer answer = llmlog.run("work");
    assertEquals(2, answer.code());
    assertTrue(
        answer.err().contains("LLMLOG_ADMIN_ADDRESS=0.0.0.0:0: must be a loopback"), answer.err());
    variables.put("LLMLOG_ADMIN_TOKEN", "hunter2");
    Answer weak = llmlog.run("work");
    assertEquals(2, weak.code());
    assertTrue(weak.err().contains("LLMLOG_ADMIN_TOKEN=***: must be 16"), weak.err());
    assertFalse(weak.err().contains("hunter2"), weak.err());
  }

  private static String address(LlmlogProcess worker) {
    worker.awaitErr("dashboard at");
    Matcher address = ADDRESS.matcher(worker.err());
    assertTrue(address.find(), worker.err());
    return address.group(1);
  }

  private HttpResponse<String> get(String url, String path) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url + path)).timeout(Duration.ofSeconds(5)).build();
    try {
      return client.send(request, BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }
}
