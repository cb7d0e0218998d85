package io.llmlog.worker.admin;

import io.llmlog.retry.ThrottledLog;
import io.llmlog.worker.admin.Sessions.Session;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/** Decides which requests go on, and by whose login. Safe for use by several threads at once. */
final class Access {
  static final String COOKIE = "llmlog_session";
  static final String LOGIN_PATH = "/api/login";

  /** What needs no login, to the letter. All others do, those that do not exist too. */
  private static final Set<String> OPEN =
      Set.of(
          "/health/live",
          "/health/ready",
          "/login.html",
          "/assets/login.css",
          "/assets/login.js",
          "/assets/icon.svg",
          "/api/session",
          LOGIN_PATH);

  private static final Set<String> METHODS = Set.of("GET", "HEAD", "POST");

  /** No escapes, no empty segments, none that begin with a dot. */
  private static final Pattern PATH = Pattern.compile("/|(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+");

  private static final Pattern SESSION =
      Pattern.compile("(?:^|;)\\s*" + COOKIE + "=\"?([A-Za-z0-9_-]{43})\"?\\s*(?=;|$)");
  private static final int MOST_COOKIES = 5;
  private static final Pattern BEARER = Pattern.compile("(?i)bearer(?: +(.*))?");

  private final @Nullable Secret token;
  private final Sessions sessions;
  private final FailedLogins failed = new FailedLogins();
  private final ThrottledLog log;

  /** Where no token is set, there is one for the life of the process. */
  private final Login everybody = new Login(Secret.random(), null);

  /**
   * @param token null: everybody on this machine may do everything
   */
  Access(@Nullable String token, Sessions sessions, Logger log) {
    this.token = token == null ? null : new Secret(token);
    this.sessions = sessions;
    this.log = new ThrottledLog(log);
  }

  /** What decides about a request. */
  interface Facts {
    String method();

    /** The path as it came, escapes and all. */
    String path();

    /** The first value of a header, or null. */
    @Nullable String header(String name);

    /** All values of a header. */
    List<String> headers(String name);

    /** The numeric address of the other side. */
    String address();
  }

  /** A refusal, or a login, or neither for an open path. */
  record Decision(@Nullable Refusal refusal, @Nullable Login login) {
    static Decision refused(Refusal why) {
      return new Decision(why, null);
    }
  }

  boolean loginRequired() {
    return token != null;
  }

  Decision decide(Facts request) {
    Login login;
    if (token == null) {
      // A site whose name was made to lead here would be "same origin"; it cannot change Host.
      String host = request.header("Host");
      if (host == null || !Loopback.isHost(host)) {
        return Decision.refused(
            new Refusal(
                403,
                "without LLMLOG_ADMIN_TOKEN the Host header must name a loopback address, such as"
                    + " 127.0.0.1 or localhost"));
      }
      login = everybody;
    } else {
      String bearer = bearer(request.header("Authorization"));
      if (bearer != null) {
        Refusal refusal = tryToken(bearer, request.address());
        if (refusal != null) {
          return Decision.refused(refusal);
        }
        login = Login.BEARER;
      } else {
        login = bySession(request.headers("Cookie"));
      }
    }
    if (login == null && !OPEN.contains(request.path())) {
      return Decision.refused(Refusal.LOGIN_NEEDED);
    }
    Refusal refusal = form(request);
    if (refusal == null && request.method().equals("POST")) {
      refusal = action(request, login);
    }
    return new Decision(refusal, login);
  }

  /** Null if it is the token; counts if it is not. */
  @Nullable Refusal tryToken(String guess, String address) {
    if (token == null) {
      return null;
    }
    long wait = failed.waitSeconds(address);
    if (wait > 0) {
      return Refusal.later(wait);
    }
    if (!token.is(guess)) {
      failed.failed(address);
      log.failed("A wrong LLMLOG_ADMIN_TOKEN came from " + address);
      return Refusal.WRONG_TOKEN;
    }
    failed.succeeded(address);
    return null;
  }

  private static @Nullable Refusal form(Access.Facts request) {
    if (!METHODS.contains(request.method())) {
      return new Refusal(
          405, "the method must be GET, HEAD or POST", Map.of("Allow", "GET, HEAD, POST"));
    }
    // Other upgrades are an offer that is not taken; clients of Java make one with each request.
    if (request.header("Sec-WebSocket-Version") != null) {
      return new Refusal(400, "there are no WebSockets here");
    }
    return PATH.matcher(request.path()).matches()
        ? null
        : new Refusal(404, "there is no such path");
  }

  /** Another site can make a browser send a request with its cookies, but no header of ours. */
  private static @Nullable Refusal action(Facts request, @Nullable Login login) {
    if (login != null && login.csrf() == null) {
      return null;
    }
    String origin = request.header("Origin");
    if (origin != null && !isOf(origin, request.header("Host"))) {
      return new Refusal(403, "the request comes from another origin");
    }
    if (request.path().equals(LOGIN_PATH)) {
      // A form of another site can send no JSON.
      String type = request.header("Content-Type");
      return type != null && type.startsWith("application/json")
          ? null
          : new Refusal(415, "the Content-Type must be application/json");
    }
    String csrf = login == null ? null : login.csrf();
    String sent = request.header("X-CSRF-Token");
    return csrf == null || sent == null || !new Secret(csrf).is(sent)
        ? new Refusal(403, "the X-CSRF-Token header must hold the csrf of /api/session")
        : null;
  }

  private static boolean isOf(String origin, @Nullable String host) {
    return host != null
        && (origin.equalsIgnoreCase("http://" + host)
            || origin.equalsIgnoreCase("https://" + host));
  }

  /** The token of a header, which may be empty; null where the header is none of this kind. */
  private static @Nullable String bearer(@Nullable String authorization) {
    if (authorization == null) {
      return null;
    }
    Matcher matcher = BEARER.matcher(authorization);
    return matcher.matches() ? Objects.requireNonNullElse(matcher.group(1), "") : null;
  }

  private @Nullable Login bySession(List<String> cookies) {
    int tried = 0;
    for (String header : cookies) {
      Matcher matcher = SESSION.matcher(header);
      while (tried < MOST_COOKIES && matcher.find()) {
        tried++;
        String id = matcher.group(1);
        Session session = sessions.find(id);
        if (session != null) {
          return new Login(session.csrf(), id);
        }
      }
    }
    return null;
  }
}
