package io.llmlog.worker.admin;

import static io.llmlog.worker.admin.Site.BEARER;
import static io.llmlog.worker.admin.Site.JSON;
import static io.llmlog.worker.admin.Site.SECRET;
import static io.llmlog.worker.admin.Site.TOKEN;
import static io.llmlog.worker.admin.Site.logIn;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.worker.admin.Browser.Answer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Logins, their sessions and their actions; and those who guess. */
final class LoginTest {
  @RegisterExtension final Site site = new Site();

  @Test
  void aLogin_isACookieThatOnlyThisSiteGets() {
    Browser browser = site.browser(TOKEN);
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
    Browser browser = site.browser(TOKEN);
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
    Answer answer = site.browser(TOKEN).post("/api/login", body, JSON);
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
    Answer answer = site.browser(TOKEN).post("/api/login", body, JSON);
    assertEquals(400, answer.status());
    assertTrue(answer.body().startsWith("{\"error\":\"the body must be"), answer.body());
  }

  @Test
  void aLoginByAnotherSite_isRefused() {
    Browser browser = site.browser(TOKEN);
    String body = "{\"token\":\"" + TOKEN + "\"}";
    assertEquals(
        403, browser.post("/api/login", body, JSON, "Origin: http://evil.example").status());
    assertEquals(415, browser.post("/api/login", body, "Content-Type: text/plain").status());
    assertEquals(415, browser.post("/api/login", body).status());
    assertEquals(413, browser.post("/api/login", "x".repeat(200_000), JSON).status());
  }

  @Test
  void guessing_isHeldUp_andSessionsAreNot() {
    Browser browser = site.browser(TOKEN);
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
    Browser browser = site.browser(TOKEN);
    Answer answer = browser.get("/api/secret", "Cookie: " + cookie);
    assertTrue(answer.status() == 401 || answer.status() == 400, answer.toString());
    assertTrue(answer.body().startsWith("{\"error\":\""), answer.body());
  }
}
