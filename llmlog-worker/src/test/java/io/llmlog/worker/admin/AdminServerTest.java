package io.llmlog.worker.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.javalin.config.RoutesConfig;
import io.llmlog.config.ConfigException;
import io.llmlog.worker.admin.Browser.Answer;
import io.llmlog.worker.watch.Health;
import io.llmlog.worker.watch.Health.Check;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The server on a port of its own, by bytes on a socket. */
final class AdminServerTest {
  private static final String TOKEN = "correct-horse-battery";
  private static final String BEARER = "Authorization: Bearer " + TOKEN;
  private static final String JSON = "Content-Type: application/json";
  private static final String SECRET = "figures of company 7";
  private static final Health GOOD = new Health(List.of(new Check("queue", true, null)));
  private static final Health BAD =
      new Health(List.of(new Check("queue", false, "Redis at 127.0.0.1:1: refused")));

  private final AtomicReference<Health> health = new AtomicReference<>(GOOD);
  private final List<AdminServer> servers = new ArrayList<>();
  private final Semaphore slowOnes = new Semaphore(0);
  private final CountDownLatch slowEnd = new CountDownLatch(1);

  @AfterEach
  void close() {
    servers.forEach(AdminServer::close);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "/index.html",
        "/metrics",
        "/metrics/",
        "//metrics",
        "/METRICS",
        "/%6detrics",
        "/metrics;x=y",
        "/api/secret",
        "/api/act",
        "/api/nothing",
        "/API/SESSION",
        "/api/session/",
        "/api/login/",
        "/api/logout",
        "/health/ready/",
        "/health//ready",
        "/health/live%2f..%2f..%2fmetrics",
        "/health/live;/../../metrics",
        "/health/%2e%2e/metrics",
        "/%2e%2e%2fmetrics",
        "/login.html/",
        "/login.html/../metrics",
        "/LOGIN.HTML",
        "/assets/chart.js",
        "/assets/app.js",
        "/assets/login.css/../app.js",
        "/assets/%2e%2e/dashboard/DashboardApi.class",
        "/favicon.ico"
      })
  void withoutALogin_everyPathThatIsNotOpenAnswers401(String path) {
    Browser browser = browser(TOKEN);
    for (String method : List.of("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")) {
      Answer answer = browser.send(method, path, "");
      assertEquals(401, answer.status(), method + " " + path + ": " + answer);
      assertFalse(answer.body().contains(SECRET));
      assertSafe(answer);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/../metrics",
        "/%2e%2e/metrics",
        "metrics",
        "*",
        "/%zz",
        "/%00",
        "http://[::1/metrics"
      })
  void whatIsNoPath_isRefusedWithASentence(String target) {
    Answer answer = browser(TOKEN).get(target);
    assertTrue(answer.status() == 400 || answer.status() == 401, answer.toString());
    assertTrue(answer.body().startsWith("{\"error\":\""), answer.body());
    assertSafe(answer);
  }

  @Test
  void openPaths_tellNoMoreThanTheyMust() {
    Browser browser = browser(TOKEN);
    assertEquals("{\"status\":\"up\"}", browser.get("/health/live").body());
    assertEquals("{\"status\":\"ready\"}", browser.get("/health/ready").body());
    health.set(BAD);
    Answer bad = browser.get("/health/ready");
    assertEquals(503, bad.status());
    assertEquals("{\"status\":\"not_ready\"}", bad.body());
    assertEquals(503, browser.send("HEAD", "/health/ready", "").status());
    Answer session = browser.get("/api/session");
    assertTrue(
        session.body().contains("\"login_required\":true,\"logged_in\":false,\"csrf\":null"));
    for (String path : List.of("/login.html", "/assets/login.css", "/assets/login.js")) {
      assertEquals(200, browser.get(path).status(), path);
    }
    assertEquals(401, browser.get("/", "Accept: text/html").status());
    assertTrue(browser.get("/", "Accept: text/html").body().contains("<html"), "the login");
  }

  @Test
  void theToken_opensEverything() {
    Browser browser = browser(TOKEN);
    health.set(BAD);
    assertEquals(
        "{\"status\":\"not_ready\",\"checks\":[{\"name\":\"queue\",\"ok\":false,"
            + "\"reason\":\"Redis at 127.0.0.1:1: refused\"}]}",
        browser.get("/health/ready", BEARER).body());
    Answer metrics = browser.get("/metrics", "authorization: bearer  " + TOKEN);
    assertEquals(200, metrics.status());
    assertEquals("llmlog_queue_depth 1.0\n", metrics.body());
    assertEquals("text/plain; version=0.0.4; charset=utf-8", metrics.header("content-type"));
    assertEquals(SECRET, browser.get("/api/secret", BEARER).body());
    assertEquals("done", browser.post("/api/act", "", BEARER).body());
    assertSafe(browser.get("/api/secret", BEARER));
    assertEquals("no-store", browser.get("/api/secret", BEARER).header("cache-control"));
  }

  @Test
  void withALogin_whatIsNotThereIs404AndOtherMethodsAre405() {
    Browser browser = browser(TOKEN);
    for (String path : List.of("/nothing", "//metrics", "/metrics/", "/METRICS", "/%6detrics")) {
      Answer answer = browser.get(path, BEARER);
      assertEquals(404, answer.status(), path);
      assertEquals("{\"error\":\"there is no such path\"}", answer.body());
    }
    assertEquals(404, browser.post("/nothing", "", BEARER).status());
    Answer put = browser.send("PUT", "/api/act", "", BEARER);
    assertEquals(405, put.status());
    assertEquals("GET, HEAD, POST", put.header("allow"));
    Answer socket =
        browser.get("/api/secret", BEARER, "Upgrade: websocket", "Sec-WebSocket-Version: 13");
    assertEquals(400, socket.status());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "wrong", "correct-horse-batterY", "correct-horse-battery-", "Basic", "\u00e9"})
  void aWrongToken_isRefusedOnOpenPathsToo(String guess) {
    Browser browser = browser(TOKEN);
    assertEquals(401, browser.get("/metrics", "Authorization: Bearer " + guess).status());
    assertEquals(401, browser.get("/health/live", "Authorization: Bearer " + guess).status());
  }

  @Test
  void aLogin_isACookieThatOnlyThisSiteGets() {
    Browser browser = browser(TOKEN);
    Answer in = logIn(browser, TOKEN);
    assertEquals(204, in.status());
    String cookie = in.header("set-cookie");
    assertTrue(cookie.matches("llmlog_session=[A-Za-z0-9_-]{43};.*"), cookie);
    assertTrue(cookie.contains("HttpOnly"), cookie);
    assertTrue(cookie.contains("SameSite=Strict"), cookie);
    assertTrue(cookie.contains("Path=/"), cookie);
    assertFalse(cookie.contains("Secure"), cookie);
    assertFalse(cookie.contains(TOKEN), cookie);
    String session = "Cookie: llmlog_session=" + in.cookie("llmlog_session");
    assertEquals(SECRET, browser.get("/api/secret", session).body());
    assertEquals(SECRET, browser.get("/api/secret", "Cookie: a=b; " + session.substring(8)).body());
    assertTrue(browser.get("/api/session", session).body().contains("\"logged_in\":true"));
    Answer byProxy =
        browser.post(
            "/api/login", "{\"token\":\"" + TOKEN + "\"}", JSON, "X-Forwarded-Proto: https");
    assertTrue(byProxy.header("set-cookie").contains("Secure"), byProxy.toString());
    assertNotEquals(in.cookie("llmlog_session"), byProxy.cookie("llmlog_session"));
  }

  @Test
  void anAction_wantsTheTokenOfItsSession() {
    Browser browser = browser(TOKEN);
    String session = "Cookie: llmlog_session=" + logIn(browser, TOKEN).cookie("llmlog_session");
    String csrf = browser.get("/api/session", session).json("csrf");
    String other = "Cookie: llmlog_session=" + logIn(browser, TOKEN).cookie("llmlog_session");
    String otherCsrf = browser.get("/api/session", other).json("csrf");
    assertEquals(403, browser.post("/api/act", "", session).status());
    assertEquals(403, browser.post("/api/act", "", session, "X-CSRF-Token: x").status());
    assertEquals(403, browser.post("/api/act", "", session, "X-CSRF-Token: " + otherCsrf).status());
    String good = "X-CSRF-Token: " + csrf;
    assertEquals("done", browser.post("/api/act", "", session, good).body());
    for (String origin : List.of("http://evil.example", "null", "http://127.0.0.1:1")) {
      assertEquals(
          403, browser.post("/api/act", "", session, good, "Origin: " + origin).status(), origin);
    }
    Answer same =
        browser.post(
            "/api/act",
            "",
            session,
            good,
            "Host: llmlog.example",
            "Origin: https://llmlog.example");
    assertEquals("done", same.body());
    assertEquals(403, browser.post("/api/logout", "", session).status());
    Answer out = browser.post("/api/logout", "", session, good);
    assertEquals(204, out.status());
    assertTrue(
        out.header("set-cookie").contains("session=; Path=/; Expires=Thu, 01 Jan 1970"),
        out.toString());
    assertEquals(401, browser.get("/api/secret", session).status());
    assertEquals(SECRET, browser.get("/api/secret", other).body());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"token\":\"\"}",
        "{\"token\":\"wrong\"}",
        "{\"token\":\"correct-horse-battery \"}",
        "{\"token\":\"correct-horse-batter\u0443\"}"
      })
  void aWrongLogin_is401(String body) {
    Answer answer = browser(TOKEN).post("/api/login", body, JSON);
    assertEquals(401, answer.status());
    assertEquals("", answer.header("set-cookie"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "null",
        "\"token\"",
        "{\"token\":7}",
        "{\"token\":null}",
        "token=x"
      })
  void aLoginThatIsNone_is400(String body) {
    Answer answer = browser(TOKEN).post("/api/login", body, JSON);
    assertEquals(400, answer.status());
    assertTrue(answer.body().startsWith("{\"error\":\"the body must be"), answer.body());
  }

  @Test
  void aLoginByAnotherSite_isRefused() {
    Browser browser = browser(TOKEN);
    String body = "{\"token\":\"" + TOKEN + "\"}";
    assertEquals(
        403, browser.post("/api/login", body, JSON, "Origin: http://evil.example").status());
    assertEquals(415, browser.post("/api/login", body, "Content-Type: text/plain").status());
    assertEquals(415, browser.post("/api/login", body).status());
    assertEquals(413, browser.post("/api/login", "x".repeat(200_000), JSON).status());
  }

  @Test
  void guessing_isHeldUp_andSessionsAreNot() {
    Browser browser = browser(TOKEN);
    String session = "Cookie: llmlog_session=" + logIn(browser, TOKEN).cookie("llmlog_session");
    for (int i = 0; i < FailedLogins.PER_ADDRESS; i++) {
      assertEquals(401, logIn(browser, "guess number " + i).status());
    }
    Answer held = logIn(browser, TOKEN);
    assertEquals(429, held.status());
    int seconds = Integer.parseInt(held.header("retry-after"));
    assertTrue(seconds >= 1 && seconds <= 7, held.toString());
    assertEquals(
        "{\"error\":\"too many wrong tokens: try again in " + seconds + " s\"}", held.body());
    assertEquals(429, browser.get("/metrics", BEARER).status());
    assertEquals(SECRET, browser.get("/api/secret", session).body());
    assertEquals(200, browser.get("/health/live").status());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "llmlog_session",
        "llmlog_session=",
        "llmlog_session=;llmlog_session==",
        "llmlog_session=\"",
        "llmlog_session=\u00e9\u00e9",
        "=;;;==;\u0001",
        "llmlog_session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
      })
  void aBrokenCookie_isNoLogin(String cookie) {
    Browser browser = browser(TOKEN);
    Answer answer = browser.get("/api/secret", "Cookie: " + cookie);
    assertTrue(answer.status() == 401 || answer.status() == 400, answer.toString());
    assertTrue(answer.body().startsWith("{\"error\":\""), answer.body());
  }

  @Test
  void whatIsTooLong_isRefusedWithASentence() {
    Browser browser = browser(TOKEN);
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
  void withoutAToken_everybodyOfThisMachineIsLoggedIn() {
    Browser browser = browser(null);
    assertEquals(SECRET, browser.get("/api/secret").body());
    Answer session = browser.get("/api/session");
    assertTrue(session.body().contains("\"login_required\":false,\"logged_in\":true"));
    assertTrue(browser.get("/health/ready").body().contains("\"checks\""));
    assertEquals(403, browser.post("/api/act", "").status());
    assertEquals(
        "done", browser.post("/api/act", "", "X-CSRF-Token: " + session.json("csrf")).body());
    assertEquals(204, browser.post("/api/login", "{\"token\":\"\"}", JSON).status());
  }

  @Test
  void withoutAToken_theHostMustBeThisMachine() {
    Browser browser = browser(null);
    for (String host : List.of("localhost", "LOCALHOST:9464", "127.8.9.1", "[::1]:80")) {
      assertEquals(SECRET, browser.get("/api/secret", "Host: " + host).body(), host);
    }
    for (String host :
        List.of(
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil.example:9464",
            "10.0.0.1",
            "[::2]",
            "127.0.0.256",
            "0x7f000001")) {
      Answer answer = browser.get("/api/secret", "Host: " + host);
      assertTrue(answer.status() == 403 || answer.status() == 400, host + answer);
      assertFalse(answer.body().contains(SECRET), host);
    }
  }

  @Test
  void whatFailsInside_isNotToldOutside() {
    Browser browser = browser(null);
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
    Browser browser = browser(null);
    ExecutorService people = Executors.newFixedThreadPool(Gate.MAX_QUESTIONS);
    try {
      List<Future<Answer>> answers = new ArrayList<>();
      for (int i = 0; i < Gate.MAX_QUESTIONS; i++) {
        answers.add(people.submit(() -> browser.get("/api/slow")));
      }
      slowOnes.acquire(Gate.MAX_QUESTIONS);
      Answer refused = browser.get("/api/secret");
      assertEquals(503, refused.status());
      assertEquals("1", refused.header("retry-after"));
      assertEquals(200, browser.get("/health/live").status());
      assertEquals(200, browser.get("/metrics").status());
      slowEnd.countDown();
      for (Future<Answer> answer : answers) {
        assertEquals("at last", answer.get().body());
      }
      assertEquals(SECRET, browser.get("/api/secret").body());
    } finally {
      slowEnd.countDown();
      people.shutdownNow();
    }
  }

  @Test
  void files_haveTypesAndAreNotSentTwice() {
    Browser browser = browser(null);
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
    AdminServer first = start(new AdminConfig("127.0.0.1", 0, null, false));
    AdminServer second = server(new AdminConfig("127.0.0.1", first.port(), null, false));
    ConfigException e = assertThrows(ConfigException.class, second::start);
    assertTrue(
        e.problems().get(0).startsWith("LLMLOG_ADMIN_ADDRESS=127.0.0.1:" + first.port() + ": must"),
        e.problems().toString());
    second.close();
  }

  @Test
  void theServersThreads_areDaemonsAndEnd() {
    AdminServer server = start(new AdminConfig("127.0.0.1", 0, null, false));
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

  private Browser browser(@Nullable String token) {
    return new Browser(start(new AdminConfig("127.0.0.1", 0, token, false)).port());
  }

  private AdminServer start(AdminConfig config) {
    AdminServer server = server(config);
    server.start();
    return server;
  }

  private AdminServer server(AdminConfig config) {
    AdminServer server =
        new AdminServer(config, health::get, () -> "llmlog_queue_depth 1.0\n", this::addTo);
    servers.add(server);
    return server;
  }

  private void addTo(RoutesConfig routes) {
    routes.get(
        "/api/slow",
        ctx -> {
          slowOnes.release();
          slowEnd.await();
          ctx.result("at last");
        });
    routes.get("/api/secret", ctx -> ctx.result(SECRET));
    routes.post("/api/act", ctx -> ctx.result("done"));
    routes.get(
        "/api/broken",
        ctx -> {
          throw new IllegalStateException("hunter2\r\nWARN forged");
        });
    routes.get(
        "/api/error",
        ctx -> {
          throw new AssertionError("hunter2");
        });
  }

  private static Answer logIn(Browser browser, String token) {
    return browser.post("/api/login", "{\"token\":\"" + token + "\"}", JSON);
  }

  /** What every answer says, an error of the server itself too. */
  private static void assertSafe(Answer answer) {
    Map<String, String> expected =
        Map.of(
            "content-security-policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
                + " connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self';"
                + " frame-ancestors 'none'",
            "x-content-type-options",
            "nosniff",
            "referrer-policy",
            "no-referrer",
            "server",
            "");
    expected.forEach((name, value) -> assertEquals(value, answer.header(name), name));
    assertFalse(answer.header("cache-control").isEmpty(), answer.toString());
    assertFalse(answer.body().contains("etty"), answer.body());
    assertFalse(answer.body().contains("\tat "), answer.body());
  }
}
