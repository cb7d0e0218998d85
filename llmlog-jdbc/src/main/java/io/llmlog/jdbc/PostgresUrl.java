package io.llmlog.jdbc;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The URL of a database, in the form of libpq and SQLAlchemy ({@code
 * postgresql://user:pw@host:port/db?sslmode=require}, also {@code postgres://} and {@code
 * postgresql+driver://}) or of JDBC ({@code jdbc:postgresql://host/db?user=me}).
 *
 * <p>Percent-encoding, IPv6 in brackets and several hosts are understood. Parameters may have their
 * libpq or their pgjdbc name. No text of this class, errors included, shows a password. Immutable.
 */
public final class PostgresUrl {
  private static final Pattern SCHEME =
      Pattern.compile(
          "(?:postgres(?:ql)?(?:\\+[a-z0-9_]+)?|jdbc:postgresql):", Pattern.CASE_INSENSITIVE);
  private static final Pattern HOST =
      Pattern.compile("(\\[[0-9a-fA-F:.%]+]|[^\\[\\]:]*)(?::([^:]*))?");
  private static final Pattern HOST_NAME = Pattern.compile("[A-Za-z0-9._-]+");
  private static final String FORM = "postgresql://user:password@host:5432/database";
  private static final int DEFAULT_PORT = 5432;

  private final List<String> hosts;
  private final String database;
  private final Properties properties;

  private PostgresUrl(List<String> hosts, String database, Properties properties) {
    this.hosts = List.copyOf(hosts);
    this.database = database;
    this.properties = properties;
  }

  /**
   * Reads a URL.
   *
   * @throws IllegalArgumentException if it is none, names no host or no database, or has a
   *     parameter that is not known; the text says what is allowed and shows no host or port, which
   *     may be a password in the wrong place
   */
  public static PostgresUrl parse(String url) {
    Matcher scheme = SCHEME.matcher(url);
    if (!scheme.lookingAt() || !url.startsWith("//", scheme.end())) {
      throw new IllegalArgumentException("not a database URL: must be " + FORM);
    }
    String rest = url.substring(scheme.end() + 2);
    int authorityEnd = firstOf(rest, "/?#");
    String authority = rest.substring(0, authorityEnd);
    String tail = rest.substring(authorityEnd);
    int queryStart = tail.startsWith("/") ? tail.indexOf('?') : 0;
    String path = queryStart < 0 ? tail : tail.substring(0, queryStart);
    String query = queryStart < 0 || tail.isEmpty() ? "" : tail.substring(queryStart + 1);
    int at = authority.lastIndexOf('@');
    if (path.contains("#") || (at < 0 && (path + (path.isEmpty() ? query : "")).contains("@"))) {
      // What looks like host and port may be part of a password, so nothing of it is shown.
      throw new IllegalArgumentException(
          "a user or password with one of / ? # @ : % must be percent-encoded (/ is %2F, @ is %40);"
              + " the URL must be "
              + FORM);
    }
    Map<String, String> parameters = new TreeMap<>();
    if (at >= 0) {
      String[] user = authority.substring(0, at).split(":", 2);
      parameters.put("user", decode("user", user[0]));
      if (user.length == 2) {
        parameters.put("password", decode("password", user[1]));
      }
    }
    List<String> hosts = new ArrayList<>();
    for (String host : authority.substring(at + 1).split(",", -1)) {
      if (at < 0 && !host.matches("(\\[[^]]*]|[^:]*)(:[-+0-9]*)?")) {
        // What stands in the place of the port may be a password whose host was forgotten.
        throw new IllegalArgumentException("host or port is none: must be " + FORM);
      }
      hosts.add(host(host));
    }
    parseQuery(query, parameters);
    String fromQuery = parameters.remove("dbname");
    String database =
        path.length() > 1
            ? decode("database", path.substring(1))
            : fromQuery == null ? "" : fromQuery;
    if (database.isEmpty()) {
      throw new IllegalArgumentException("names no database: must be " + FORM);
    }
    return new PostgresUrl(hosts, database, PostgresParameters.toProperties(parameters));
  }

  /** Where the database is, for people: {@code host:port/db}. */
  public String place() {
    return String.join(",", hosts) + "/" + database;
  }

  /** The name of the database. */
  public String database() {
    return database;
  }

  /** The user, or null where the URL names none and the system's applies. */
  public @Nullable String user() {
    return properties.getProperty("user");
  }

  /** The same server and user, another database. */
  public PostgresUrl withDatabase(String other) {
    return new PostgresUrl(hosts, other, properties);
  }

  /** The same server and database, with the user and password of another URL. */
  public PostgresUrl withLoginOf(PostgresUrl other) {
    Properties login = properties();
    for (String name : List.of("user", "password")) {
      login.remove(name);
      String value = other.properties.getProperty(name);
      if (value != null) {
        login.setProperty(name, value);
      }
    }
    return new PostgresUrl(hosts, database, login);
  }

  /** The URL for pgjdbc: hosts and database alone, no secret in it. */
  String jdbcUrl() {
    return "jdbc:postgresql://"
        + String.join(",", hosts)
        + "/"
        + URLEncoder.encode(database, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** A new copy of the properties for pgjdbc, password included. */
  Properties properties() {
    Properties copy = new Properties();
    copy.putAll(properties);
    return copy;
  }

  /** The URL with masked secrets. */
  @Override
  public String toString() {
    String user = user();
    String parameters =
        properties.stringPropertyNames().stream()
            .filter(name -> !name.equals("user") && !name.equals("password"))
            .sorted()
            .map(name -> name + "=" + (secret(name) ? "***" : properties.getProperty(name)))
            .collect(Collectors.joining("&"));
    return "postgresql://"
        + (user == null ? "" : user)
        + (properties.containsKey("password") ? ":***" : "")
        + (user == null ? "" : "@")
        + place()
        + (parameters.isEmpty() ? "" : "?" + parameters);
  }

  private static boolean secret(String name) {
    return name.toLowerCase(java.util.Locale.ROOT).contains("pass");
  }

  private static String host(String text) {
    Matcher matcher = HOST.matcher(text);
    String host = matcher.matches() ? matcher.group(1) : text;
    if (text.isEmpty() || host.isEmpty()) {
      throw new IllegalArgumentException(
          "names no host (sockets in the file system are not supported): must be " + FORM);
    }
    if (host.startsWith("%2F") || host.startsWith("%2f")) {
      throw new IllegalArgumentException(
          "sockets in the file system are not supported: must be " + FORM);
    }
    if (!matcher.matches() || !(host.startsWith("[") || HOST_NAME.matcher(host).matches())) {
      throw new IllegalArgumentException(
          "host: must be a name, an IPv4 address or an IPv6 address in brackets");
    }
    String port = matcher.group(2);
    return host + ":" + (port == null || port.isEmpty() ? DEFAULT_PORT : port(port));
  }

  private static int port(String text) {
    if (text.matches("\\d{1,5}")) {
      int port = Integer.parseInt(text);
      if (port >= 1 && port <= 65535) {
        return port;
      }
    }
    throw new IllegalArgumentException("port: must be 1 to 65535");
  }

  private static void parseQuery(String query, Map<String, String> parameters) {
    for (String pair : query.split("&", -1)) {
      if (pair.isEmpty()) {
        continue;
      }
      int equals = pair.indexOf('=');
      if (equals <= 0) {
        // Not shown: a password with a bare & ends up here.
        throw new IllegalArgumentException("a parameter without =: must be name=value");
      }
      String name = decode("parameter", pair.substring(0, equals));
      parameters.put(name, decode(name, pair.substring(equals + 1)));
    }
  }

  private static String decode(String what, String text) {
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      // Without the cause, whose text shows a part of the value.
      throw new IllegalArgumentException(
          what + ": % must be followed by two hexadecimal digits; a % itself is %25");
    }
  }

  private static int firstOf(String text, String characters) {
    int first = text.length();
    for (int i = 0; i < characters.length(); i++) {
      int found = text.indexOf(characters.charAt(i));
      first = found >= 0 && found < first ? found : first;
    }
    return first;
  }
}
