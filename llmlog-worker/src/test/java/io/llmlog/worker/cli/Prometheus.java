package io.llmlog.worker.cli;

import io.llmlog.worker.Wait;
import io.llmlog.worker.alert.RuleFile;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Debian's Prometheus on loopback, with the rules of the checkout as they stand. */
final class Prometheus implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final Pattern NAME = Pattern.compile("\"alertname\":\"(\\w+)\"");
  private static final Pattern WORKER = Pattern.compile("\"job\":\"llmlog-worker\"");

  private final HttpClient client = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
  private final Process process;
  private final Path log;
  private final int port;

  private Prometheus(Process process, Path log, int port) {
    this.process = process;
    this.log = log;
    this.port = port;
  }

  /**
   * Starts it, scraping and evaluating each 5 s as the example does, and waits until it has read
   * the rules.
   *
   * @param workers the ports of workers on loopback
   */
  static Prometheus start(Path directory, List<Integer> workers) throws IOException {
    int port = FreePort.find();
    String targets =
        workers.stream()
            .map(worker -> "'127.0.0.1:" + worker + "'")
            .collect(Collectors.joining(","));
    Path config =
        Files.writeString(
            directory.resolve("prometheus.yml"),
            """
            global:
              scrape_interval: 5s
              scrape_timeout: 4s
              evaluation_interval: 5s
            rule_files:
              - %s
            scrape_configs:
              - job_name: llmlog-worker
                static_configs:
                  - targets: [%s]
            """
                .formatted(RuleFile.directory().resolve("llmlog-alerts.yml"), targets));
    Path log = directory.resolve("prometheus.log");
    Process process =
        new ProcessBuilder(
                "prometheus",
                "--config.file=" + config,
                "--storage.tsdb.path=" + directory.resolve("prometheus-data"),
                "--web.listen-address=127.0.0.1:" + port)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    Prometheus started = new Prometheus(process, log, port);
    Wait.until("Prometheus on port " + port, started::isReady);
    return started;
  }

  private boolean isReady() {
    if (!process.isAlive()) {
      throw new AssertionError("prometheus ended: " + log());
    }
    try {
      return get("/-/ready").statusCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  /** The names of the alerts that fire now. */
  Set<String> firing() {
    return NAME.matcher(query("ALERTS{alertstate=\"firing\"}"))
        .results()
        .map(match -> match.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** How many workers answered the last scrape. */
  int workersUp() {
    return (int) WORKER.matcher(query("up{job=\"llmlog-worker\"} == 1")).results().count();
  }

  private String query(String query) {
    try {
      HttpResponse<String> answer =
          get("/api/v1/query?query=" + URLEncoder.encode(query, StandardCharsets.UTF_8));
      if (answer.statusCode() != 200) {
        throw new AssertionError(query + ": " + answer.body());
      }
      return answer.body();
    } catch (IOException e) {
      throw new AssertionError(query + ": " + e + "; " + log(), e);
    }
  }

  private HttpResponse<String> get(String path) throws IOException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(TIMEOUT)
            .build();
    try {
      return client.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** Ends it, and waits, since its directory is deleted next. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
