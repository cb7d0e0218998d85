package io.llmlog.worker.dashboard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.testkit.PostgresServer;
import io.llmlog.testkit.RedisServer;
import io.llmlog.worker.Wait;
import io.llmlog.worker.cli.LlmlogProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.NumberFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A worker with its dashboard over a filled database, and a browser that looks at it. */
final class RunningDashboard implements AutoCloseable {
  static final String TOKEN = "a-token-of-at-least-some-length";

  private static final Pattern RANGE = Pattern.compile("(.+) UTC to (.+) UTC");

  final FilledDatabase database;
  final Browser browser;
  final String address;
  private final LlmlogProcess worker;

  private RunningDashboard(
      FilledDatabase database, Browser browser, String address, LlmlogProcess worker) {
    this.database = database;
    this.browser = browser;
    this.address = address;
    this.worker = worker;
  }

  static RunningDashboard start(RedisServer redis, PostgresServer postgres, Path directory)
      throws Exception {
    String url = postgres.createDatabase("dashboard");
    int port = freePort();
    String address = "http://127.0.0.1:" + port;
    Map<String, String> variables =
        Map.of(
            "REDIS_URL",
            redis.url(),
            "ANALYTICS_DATABASE_URL",
            url,
            "LLMLOG_QUEUE",
            "dashboard",
            "LLMLOG_CAPTURE_CONTENT",
            "true",
            "LLMLOG_ADMIN_ADDRESS",
            "127.0.0.1:" + port,
            "LLMLOG_ADMIN_TOKEN",
            TOKEN);
    try (LlmlogProcess schema = LlmlogProcess.start(directory, variables, "schema", "apply")) {
      assertEquals(0, schema.exitCode(), schema.err());
    }
    FilledDatabase database = new FilledDatabase(url);
    database.fill();
    LlmlogProcess worker = LlmlogProcess.start(directory, variables, "work");
    try {
      Wait.until("the worker answers", () -> answers(address));
      Browser browser = Browser.start(Files.createDirectory(directory.resolve("profile")));
      return new RunningDashboard(database, browser, address, worker);
    } catch (IOException | RuntimeException | Error e) {
      e.addSuppressed(new AssertionError(worker.err()));
      worker.close();
      throw e;
    }
  }

  /** A large window with a login. */
  void logIn() {
    browser.show(1360, 1000, "light");
    browser.open(address + "/");
    if (browser.count("#token") > 0) {
      browser.type("#token", TOKEN);
      browser.click("button[type=submit]");
    }
    browser.settled();
    // Before a login the page itself is refused, and the browser says so.
    browser.complaints();
  }

  /** Opens a state of the dashboard and waits until it is shown. */
  void open(String query) {
    browser.open(address + "/" + query);
    browser.settled();
  }

  void shot(@Nullable String shots, String name) throws IOException {
    if (shots != null) {
      Path folder = Files.createDirectories(Path.of(shots));
      browser.screenshot(folder.resolve("dashboard-" + name + ".png"));
    }
  }

  /** The figures on top are those of the rows that meet the condition. */
  void assertFigures(String condition) throws Exception {
    List<String> row =
        database.row(
            "SELECT count(*), coalesce(trim_scale(sum(cost_usd))::text, 'the cost is unknown'),"
                + " count(*) FILTER (WHERE error_type IS NOT NULL OR error_message IS NOT NULL),"
                + " coalesce(sum(tokens_input), 0), coalesce(sum(tokens_output), 0)"
                + " FROM llm_logs WHERE "
                + condition);
    assertEquals(number(row.get(0)), browser.text("[data-kpi=calls] .kpi-value"), condition);
    assertEquals(row.get(1) + " USD", browser.title("[data-kpi=cost] .kpi-value"), condition);
    assertTrue(
        browser.title("[data-kpi=errors] .kpi-value").startsWith(number(row.get(2)) + " of "),
        condition);
    String tokens = browser.title("[data-kpi=tokens] .kpi-value");
    assertTrue(
        tokens.startsWith(number(row.get(3)) + " in, " + number(row.get(4)) + " out"), tokens);
  }

  String number(String digits) {
    return NumberFormat.getIntegerInstance(Locale.US).format(Long.parseLong(digits));
  }

  /** The range that the page says it shows, as a condition. */
  String range() {
    Matcher said = RANGE.matcher(browser.title("#range span"));
    assertTrue(said.matches(), browser.title("#range span"));
    return "created_at >= '%sZ' AND created_at < '%sZ'".formatted(said.group(1), said.group(2));
  }

  /** The middle of the lowest piece of the last bar that has one. */
  void clickBar() {
    String place =
        browser.script(
            """
            const canvas = document.querySelector('canvas');
            canvas.scrollIntoView({ block: 'center' });
            const chart = Chart.getChart(canvas);
            const bars = chart.getDatasetMeta(0).data;
            const at = bars.findLastIndex((bar, i) => chart.data.datasets[0].data[i] > 0
              && Math.abs(bar.base - bar.y) > 4);
            const box = canvas.getBoundingClientRect();
            return `${box.left + bars[at].x} ${box.top + (bars[at].y + bars[at].base) / 2}`;
            """);
    List<String> both = List.of(place.split(" ", -1));
    browser.clickAt(Double.parseDouble(both.get(0)), Double.parseDouble(both.get(1)));
    browser.visible("[data-chip]");
  }

  /** No element that a text asked for, no address that is code. */
  void assertNothingMade() {
    assertEquals(
        "0",
        browser.script(
            "return document.querySelectorAll('body script, img, iframe, [onerror], [onclick],"
                + " [href^=\"javascript:\" i], [src^=\"javascript:\" i]').length"));
    assertEquals("undefined", browser.script("return typeof window.harmed"));
  }

  String encoded(String text) {
    return browser.script("return encodeURIComponent(arguments[0])", text);
  }

  String status(String path) {
    return browser.later(
        "const done = arguments[1];"
            + "fetch(arguments[0]).then((answer) => done(answer.status), (error) => done(error))",
        path);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static boolean answers(String address) {
    try {
      HttpRequest live =
          HttpRequest.newBuilder(URI.create(address + "/health/live"))
              // Else it asks for HTTP/2 first, which the server refuses.
              .version(HttpClient.Version.HTTP_1_1)
              .build();
      return HttpClient.newHttpClient().send(live, BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    try {
      browser.close();
    } finally {
      worker.close();
    }
  }
}
