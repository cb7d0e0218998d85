package io.llmlog.worker.cli;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What a worker says on its address, without a token. */
final class AdminPage {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final Pattern ALERT = Pattern.compile("\"name\" ?: ?\"(Llmlog\\w+)\"");
  private static final Pattern METRIC = Pattern.compile("^([a-z]\\w+)[{ ]", Pattern.MULTILINE);

  private final HttpClient client = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
  private final int port;

  AdminPage(int port) {
    this.port = port;
  }

  /** What {@code /health/ready} says: the status, and behind it the body. */
  String ready() {
    HttpResponse<String> answer = get("/health/ready");
    return answer.statusCode() + " " + answer.body();
  }

  /** The names of the alerts that the page shows. */
  Set<String> alerts() {
    return ALERT
        .matcher(text("/api/pipeline"))
        .results()
        .map(match -> match.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** The names of all metrics. */
  Set<String> metrics() {
    return METRIC
        .matcher(text("/metrics"))
        .results()
        .map(match -> match.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** A body that comes with status 200. */
  String text(String path) {
    HttpResponse<String> answer = get(path);
    if (answer.statusCode() != 200) {
      throw new AssertionError(path + ": " + answer.statusCode() + " " + answer.body());
    }
    return answer.body();
  }

  private HttpResponse<String> get(String path) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(TIMEOUT)
            .build();
    try {
      return client.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new AssertionError(request.uri() + ": " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }
}
