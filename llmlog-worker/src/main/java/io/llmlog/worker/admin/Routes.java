package io.llmlog.worker.admin;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.Cookie;
import io.javalin.http.Handler;
import io.javalin.http.HttpResponseException;
import io.javalin.http.SameSite;
import io.javalin.router.EndpointNotFound;
import io.llmlog.retry.ThrottledLog;
import io.llmlog.worker.admin.Assets.Asset;
import io.llmlog.worker.watch.Health;
import io.llmlog.worker.watch.Health.Check;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/** Health, metrics, login and the files of the page, for requests that the gate let through. */
final class Routes {
  private static final String METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";
  private static final int LONGEST_WORD = 500;

  /** The name of the cookie's last second: a browser drops it then. */
  private static final int NOW = 0;

  /** Until the browser ends, or the session does. */
  private static final int NO_AGE = -1;

  private final AdminConfig config;
  private final Access access;
  private final Sessions sessions;
  private final Assets assets;
  private final Supplier<Health> health;
  private final Supplier<String> scrape;
  private final ThrottledLog log;
  private final Logger details;

  Routes(
      AdminConfig config,
      Access access,
      Sessions sessions,
      Assets assets,
      Supplier<Health> health,
      Supplier<String> scrape,
      Logger log) {
    this.config = config;
    this.access = access;
    this.sessions = sessions;
    this.assets = assets;
    this.health = health;
    this.scrape = scrape;
    this.log = new ThrottledLog(log);
    this.details = log;
  }

  /** Adds those of fixed paths, and what becomes of errors. */
  void addTo(RoutesConfig routes) {
    // A HEAD that is not said counts as answered with 200, whatever the GET would say.
    read(routes, "/health/live", ctx -> ctx.json(Map.of("status", "up")));
    read(routes, "/health/ready", this::ready);
    read(routes, "/metrics", ctx -> ctx.result(scrape.get()).contentType(METRICS_TYPE));
    read(routes, "/api/session", this::session);
    routes.post(Access.LOGIN_PATH, this::logIn);
    routes.post("/api/logout", this::logOut);
    routes.exception(HttpResponseException.class, Routes::refused);
    routes.exception(Exception.class, this::failed);
  }

  /** Adds the files, which take every path that nobody has taken before. */
  void addFilesTo(RoutesConfig routes) {
    read(routes, "/", this::file);
    read(routes, "/<path>", this::file);
  }

  private static void read(RoutesConfig routes, String path, Handler handler) {
    routes.get(path, handler);
    routes.head(path, handler);
  }

  private void ready(Context ctx) {
    Health now = health.get();
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("status", now.ready() ? "ready" : "not_ready");
    if (login(ctx) != null) {
      List<Map<String, @Nullable Object>> checks = new ArrayList<>();
      for (Check check : now.checks()) {
        Map<String, @Nullable Object> each = new LinkedHashMap<>();
        each.put("name", check.name());
        each.put("ok", check.ok());
        each.put("reason", check.reason());
        checks.add(each);
      }
      answer.put("checks", checks);
    }
    ctx.status(now.ready() ? 200 : 503).json(answer);
  }

  private void session(Context ctx) {
    Login login = login(ctx);
    Map<String, @Nullable Object> answer = new LinkedHashMap<>();
    answer.put("login_required", access.loginRequired());
    answer.put("logged_in", login != null);
    answer.put("csrf", login == null ? null : login.csrf());
    answer.put("version", version());
    answer.put("content", config.content());
    ctx.json(answer);
  }

  private static String version() {
    String version = AdminServer.class.getPackage().getImplementationVersion();
    return version == null ? "unknown" : version;
  }

  private void logIn(Context ctx) {
    String guess = token(ctx);
    if (guess == null) {
      error(ctx, 400, "the body must be {\"token\": \"...\"}");
      return;
    }
    Refusal refusal = access.tryToken(guess, ctx.req().getRemoteAddr());
    if (refusal != null) {
      refusal.headers().forEach(ctx::header);
      error(ctx, refusal.status(), refusal.sentence());
      return;
    }
    if (access.loginRequired()) {
      Login before = login(ctx);
      if (before != null && before.session() != null) {
        sessions.end(before.session());
      }
      ctx.cookie(cookie(ctx, sessions.open(), NO_AGE));
    }
    ctx.status(204);
  }

  private static @Nullable String token(Context ctx) {
    try {
      Map<?, ?> body = ctx.bodyAsClass(Map.class);
      return body.get("token") instanceof String token ? token : null;
    } catch (HttpResponseException e) {
      // The body is too large.
      throw e;
    } catch (Exception e) {
      return null;
    }
  }

  private void logOut(Context ctx) {
    Login login = login(ctx);
    if (login != null && login.session() != null) {
      sessions.end(login.session());
      ctx.cookie(cookie(ctx, "", NOW));
    }
    ctx.status(204);
  }

  /** A proxy that ends the encryption says so; whoever lies about it harms but himself. */
  private static Cookie cookie(Context ctx, String value, int maxAge) {
    boolean secure = "https".equalsIgnoreCase(ctx.header("X-Forwarded-Proto"));
    Cookie cookie = new Cookie(Access.COOKIE, value, "/", maxAge, secure);
    cookie.setHttpOnly(true);
    cookie.setSameSite(SameSite.STRICT);
    return cookie;
  }

  private void file(Context ctx) {
    Asset asset = assets.find(ctx.path());
    if (asset == null) {
      error(ctx, 404, "there is no such path");
      return;
    }
    // Asked for again each time, since a login is needed each time; unchanged, it is not sent.
    ctx.header("Cache-Control", "private, no-cache").header("ETag", asset.tag());
    String known = ctx.header("If-None-Match");
    if (known != null && known.contains(asset.tag())) {
      ctx.status(304);
    } else {
      ctx.contentType(asset.type()).result(asset.bytes());
    }
  }

  private static @Nullable Login login(Context ctx) {
    return ctx.attribute(Login.ATTRIBUTE);
  }

  private static void refused(HttpResponseException e, Context ctx) {
    String message = e.getMessage();
    error(
        ctx,
        e.getStatus(),
        // Its own sentence repeats the path.
        e instanceof EndpointNotFound || message == null ? "there is no such path" : message);
  }

  private void failed(Exception e, Context ctx) {
    log.failed("A request of the admin HTTP failed: " + printable(e.toString()));
    details.debug("The request that failed", e);
    error(ctx, 500, "the worker failed to answer: its log says why");
  }

  private static void error(Context ctx, int status, String sentence) {
    ctx.status(status).json(Map.of("error", sentence));
  }

  /** What may hold words of the other side, for the log. */
  private static String printable(String text) {
    String shown = text.replaceAll("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]", "\uFFFD");
    return shown.length() <= LONGEST_WORD ? shown : shown.substring(0, LONGEST_WORD) + "…";
  }
}
