package io.llmlog.worker.admin;

import static io.llmlog.worker.admin.Site.BAD;
import static io.llmlog.worker.admin.Site.BEARER;
import static io.llmlog.worker.admin.Site.JSON;
import static io.llmlog.worker.admin.Site.SECRET;
import static io.llmlog.worker.admin.Site.TOKEN;
import static io.llmlog.worker.admin.Site.assertSafe;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.worker.admin.Browser.Answer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What wants a login, to the path, and what the token opens; by bytes on a socket. */
final class AccessTest {
  @RegisterExtension final Site site = new Site();

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
        "/assets/icon.svg/",
        "/assets/base.css",
        "/assets/%2e%2e/dashboard/DashboardApi.class",
        "/favicon.ico"
      })
  void withoutALogin_everyPathThatIsNotOpenAnswers401(String path) {
    Browser browser = site.browser(TOKEN);
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
    Answer answer = site.browser(TOKEN).get(target);
    assertTrue(answer.status() == 400 || answer.status() == 401, answer.toString());
    assertTrue(answer.body().startsWith("{\"error\":\""), answer.body());
    assertSafe(answer);
  }

  @Test
  void openPaths_tellNoMoreThanTheyMust() {
    Browser browser = site.browser(TOKEN);
    assertEquals("{\"status\":\"up\"}", browser.get("/health/live").body());
    assertEquals("{\"status\":\"ready\"}", browser.get("/health/ready").body());
    site.health(BAD);
    Answer bad = browser.get("/health/ready");
    assertEquals(503, bad.status());
    assertEquals("{\"status\":\"not_ready\"}", bad.body());
    assertEquals(503, browser.send("HEAD", "/health/ready", "").status());
    Answer session = browser.get("/api/session");
    assertTrue(
        session.body().contains("\"login_required\":true,\"logged_in\":false,\"csrf\":null"));
    for (String path :
        List.of("/login.html", "/assets/login.css", "/assets/login.js", "/assets/icon.svg")) {
      assertEquals(200, browser.get(path).status(), path);
    }
    assertEquals("image/svg+xml", browser.get("/assets/icon.svg").header("content-type"));
    assertEquals(401, browser.get("/", "Accept: text/html").status());
    assertTrue(browser.get("/", "Accept: text/html").body().contains("<html"), "the login");
  }

  @Test
  void theToken_opensEverything() {
    Browser browser = site.browser(TOKEN);
    site.health(BAD);
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
    Browser browser = site.browser(TOKEN);
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
    Browser browser = site.browser(TOKEN);
    assertEquals(401, browser.get("/metrics", "Authorization: Bearer " + guess).status());
    assertEquals(401, browser.get("/health/live", "Authorization: Bearer " + guess).status());
  }

  @Test
  void withoutAToken_everybodyOfThisMachineIsLoggedIn() {
    Browser browser = site.browser(null);
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
    Browser browser = site.browser(null);
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
}
