package io.llmlog.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLDecoder;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where a Redis server is and who we are there: {@code redis://user:password@host:port/database},
 * or {@code rediss} for TLS.
 *
 * <p>Read by hand, since {@link java.net.URI} knows no host with an underscore, which is what
 * container networks call theirs.
 *
 * @param user null for the default user
 * @param password null where none is needed
 */
record RedisUrl(
    boolean tls,
    String host,
    int port,
    int database,
    @Nullable String user,
    @Nullable String password) {
  static final Set<String> SCHEMES = Set.of("redis", "rediss");
  private static final int DEFAULT_PORT = 6379;
  private static final String FORM = "must be redis[s]://[[user]:password@]host[:port][/database]";

  /**
   * Reads a URL.
   *
   * @throws IllegalArgumentException if it has another form; the text shows nothing of it, since
   *     any part may be a password in the wrong place
   */
  static RedisUrl parse(String url) {
    int colon = url.indexOf("://");
    String scheme = colon < 0 ? "" : url.substring(0, colon).toLowerCase(Locale.ROOT);
    if (!SCHEMES.contains(scheme)) {
      throw bad("unknown scheme");
    }
    String rest = url.substring(colon + 3);
    int end = endOfAuthority(rest);
    String authority = rest.substring(0, end);
    String path = rest.substring(end);
    if (path.indexOf('@') >= 0) {
      throw bad("'/', '?' and '#' in user or password must be percent-encoded");
    }
    int at = authority.lastIndexOf('@');
    String user = null;
    String password = null;
    if (at >= 0) {
      String login = authority.substring(0, at);
      int split = login.indexOf(':');
      if (split < 0) {
        throw bad("a login without ':', so that user and password cannot be told apart");
      }
      user = split == 0 ? null : decode(login.substring(0, split));
      password = decode(login.substring(split + 1));
      if (password.isEmpty()) {
        if (user != null) {
          throw bad("a user without password");
        }
        password = null;
      }
    }
    String place = authority.substring(at + 1);
    if (!place.startsWith("[") && place.indexOf(':') != place.lastIndexOf(':')) {
      throw bad("an IPv6 address must stand in brackets");
    }
    int hostEnd = place.startsWith("[") ? place.indexOf(']') + 1 : place.indexOf(':');
    if (hostEnd < 0) {
      hostEnd = place.length();
    }
    String host = place.substring(0, hostEnd);
    if (host.startsWith("[") && host.length() > 2) {
      host = host.substring(1, host.length() - 1);
    }
    if (host.isEmpty() || host.startsWith("[")) {
      throw bad("no host");
    }
    String afterHost = place.substring(hostEnd);
    if (at < 0 && !afterHost.matches("(:[-+0-9]*)?")) {
      // It may be a password whose host was forgotten.
      throw bad("the port is no number from 1 to 65535");
    }
    int port =
        afterHost.isEmpty() ? DEFAULT_PORT : number("port", afterHost.substring(1), 1, 65535);
    return new RedisUrl(scheme.equals("rediss"), host, port, database(path), user, password);
  }

  private static int endOfAuthority(String rest) {
    int end = 0;
    while (end < rest.length() && "/?#".indexOf(rest.charAt(end)) < 0) {
      end++;
    }
    return end;
  }

  private static int database(String path) {
    if (path.indexOf('?') >= 0 || path.indexOf('#') >= 0) {
      throw bad("parameters and fragments are not known here");
    }
    return path.length() <= 1 ? 0 : number("database", path.substring(1), 0, Integer.MAX_VALUE);
  }

  private static int number(String what, String text, int min, int max) {
    try {
      int number = Integer.parseInt(text);
      if (number >= min && number <= max && Character.isDigit(text.charAt(0))) {
        return number;
      }
    } catch (NumberFormatException e) {
      // said below, for all that is no such number
    }
    throw bad(what + " is no number from " + min + " to " + max);
  }

  private static String decode(String text) {
    try {
      // A plus sign stands for itself in this part of a URL.
      return URLDecoder.decode(text.replace("+", "%2B"), UTF_8);
    } catch (IllegalArgumentException e) {
      throw bad("'%' in user or password must begin a percent-encoded byte");
    }
  }

  private static IllegalArgumentException bad(String what) {
    return new IllegalArgumentException(what + "; " + FORM);
  }

  /** Host and port, for messages. */
  String place() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }

  /** Without the login. */
  @Override
  public String toString() {
    return (tls ? "rediss://" : "redis://") + place() + "/" + database;
  }
}
