package io.llmlog.worker.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.javalin.config.RoutesConfig;
import io.llmlog.worker.admin.Browser.Answer;
import io.llmlog.worker.watch.Health;
import io.llmlog.worker.watch.Health.Check;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Servers on ports of their own, with routes that stand for the dashboard's; closed after each
 * test.
 */
final class Site implements AfterEachCallback {
  static final String TOKEN = "correct-horse-battery";
  static final String BEARER = "Authorization: Bearer " + TOKEN;
  static final String JSON = "Content-Type: application/json";

  /** What nobody may see without a login. */
  static final String SECRET = "figures of company 7";

  static final Health BAD =
      new Health(List.of(new Check("queue", false, "Redis at 127.0.0.1:1: refused")));
  private static final Health GOOD = new Health(List.of(new Check("queue", true, null)));

  private final AtomicReference<Health> health = new AtomicReference<>(GOOD);
  private final List<AdminServer> servers = new ArrayList<>();
  private final Semaphore slowOnes = new Semaphore(0);
  private final CountDownLatch slowEnd = new CountDownLatch(1);

  /** Who visits a new server. */
  Browser browser(@Nullable String token) {
    return new Browser(start(new AdminConfig("127.0.0.1", 0, token, false)).port());
  }

  AdminServer start(AdminConfig config) {
    AdminServer server = server(config);
    server.start();
    return server;
  }

  /** One that is not started. */
  AdminServer server(AdminConfig config) {
    AdminServer server =
        new AdminServer(config, health::get, () -> "llmlog_queue_depth 1.0\n", this::addTo);
    servers.add(server);
    return server;
  }

  /** What the servers say of their health from now on. */
  void health(Health now) {
    health.set(now);
  }

  /** Waits until so many requests of {@code /api/slow} are being answered. */
  void awaitSlowOnes(int requests) throws InterruptedException {
    slowOnes.acquire(requests);
  }

  void endSlowOnes() {
    slowEnd.countDown();
  }

  @Override
  public void afterEach(ExtensionContext context) {
    servers.forEach(AdminServer::close);
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

  static Answer logIn(Browser browser, String token) {
    return browser.post("/api/login", "{\"token\":\"" + token + "\"}", JSON);
  }

  /** What every answer says, an error of the server itself too. */
  static void assertSafe(Answer answer) {
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
