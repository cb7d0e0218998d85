package io.llmlog.worker.admin;

import static io.llmlog.worker.admin.Site.BEARER;
import static io.llmlog.worker.admin.Site.SECRET;
import static io.llmlog.worker.admin.Site.TOKEN;
import static io.llmlog.worker.admin.Site.assertSafe;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.config.ConfigException;
import io.llmlog.worker.admin.Browser.Answer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The server on a port of its own: long, slow and broken requests, files, threads and address. */
final class AdminServerTest {
  @RegisterExtension final Site site = new Site();

  @Test
  void whatIsTooLong_isRefusedWithASentence() {
    Browser browser = site.browser(TOKEN);
    String million = "x".repeat(1_000_000);
    Answer query = browser.get("/api/secret?company=" + million, BEARER);
    assertEquals(414, query.status());
    assertEquals("{\"error\":\"the path and its parameters are too long\"}", query.body());
    assertSafe(query);
    Answer header = browser.get("/api/secret", BEARER, "X-Filter: " + million);
    assertEquals(431, header.status());
    assertSafe(header);
    assertEquals(SECRET, browser.get("/api/secret?company=" + "x".repeat(8000), BEARER).body());
  }

  @Test
  void whatFailsInside_isNotToldOutside() {
    Browser browser = site.browser(null);
    Answer broken = browser.get("/api/broken");
    assertEquals(500, broken.status());
    assertEquals("{\"error\":\"the worker failed to answer: its log says why\"}", broken.body());
    assertSafe(broken);
    Answer error = browser.get("/api/error");
    assertEquals(500, error.status());
    assertFalse(error.body().contains("hunter2"), error.body());
    assertFalse(error.body().contains("at io."), error.body());
  }

  @Test
  void questionsThatTakeTheirTime_leaveRoomForHealth() throws Exception {
    Browser browser = site.browser(null);
    ExecutorService people = Executors.newFixedThreadPool(Gate.MAX_QUESTIONS);
    try {
      List<Future<Answer>> answers = new ArrayList<>();
      for (int i = 0; i < Gate.MAX_QUESTIONS; i++) {
        answers.add(people.submit(() -> browser.get("/api/slow")));
      }
      site.awaitSlowOnes(Gate.MAX_QUESTIONS);
      Answer refused = browser.get("/api/secret");
      assertEquals(503, refused.status());
      assertEquals("1", refused.header("retry-after"));
      assertEquals(200, browser.get("/health/live").status());
      assertEquals(200, browser.get("/metrics").status());
      site.endSlowOnes();
      for (Future<Answer> answer : answers) {
        assertEquals("at last", answer.get().body());
      }
      assertEquals(SECRET, browser.get("/api/secret").body());
    } finally {
      site.endSlowOnes();
      people.shutdownNow();
    }
  }

  @Test
  void files_haveTypesAndAreNotSentTwice() {
    Browser browser = site.browser(null);
    Answer chart = browser.get("/assets/chart.js");
    assertEquals("text/javascript; charset=utf-8", chart.header("content-type"));
    assertTrue(chart.body().contains("Chart.js v4"), "the library");
    assertEquals("private, no-cache", chart.header("cache-control"));
    Answer again = browser.get("/assets/chart.js", "If-None-Match: " + chart.header("etag"));
    assertEquals(304, again.status());
    assertEquals("", again.body());
    assertTrue(browser.get("/").header("content-type").startsWith("text/html"));
    assertEquals(200, browser.send("HEAD", "/", "").status());
    assertEquals("", browser.send("HEAD", "/", "").body());
    assertSafe(chart);
    for (String path : List.of("/assets/DashboardApi.class", "/assets/index.html", "/index.html")) {
      assertEquals(404, browser.get(path).status(), path);
    }
  }

  @Test
  void anAddressThatIsTaken_isAnErrorThatNamesIt() {
    AdminServer first = site.start(new AdminConfig("127.0.0.1", 0, null, false));
    AdminServer second = site.server(new AdminConfig("127.0.0.1", first.port(), null, false));
    ConfigException e = assertThrows(ConfigException.class, second::start);
    assertTrue(
        e.problems().get(0).startsWith("LLMLOG_ADMIN_ADDRESS=127.0.0.1:" + first.port() + ": must"),
        e.problems().toString());
    second.close();
  }

  @Test
  void theServersThreads_areDaemonsAndEnd() {
    AdminServer server = site.start(new AdminConfig("127.0.0.1", 0, null, false));
    new Browser(server.port()).get("/health/live");
    List<Thread> threads =
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getName().startsWith("llmlog-worker-http"))
            .toList();
    assertFalse(threads.isEmpty());
    threads.forEach(thread -> assertTrue(thread.isDaemon(), thread.getName()));
    assertTrue(
        Thread.getAllStackTraces().keySet().stream()
            .noneMatch(thread -> thread.getName().matches("(qtp|Scheduler-|Session-|Jetty).*")));
    server.close();
    server.close();
  }
}
