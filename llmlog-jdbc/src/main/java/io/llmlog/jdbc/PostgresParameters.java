package io.llmlog.jdbc;

import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGProperty;

/** The parameters of a database URL: libpq's names become pgjdbc's, and our defaults are added. */
final class PostgresParameters {
  /** libpq's name to pgjdbc's, where the values are the same. */
  private static final Map<String, String> SAME_VALUES =
      Map.ofEntries(
          Map.entry("application_name", "ApplicationName"),
          Map.entry("channel_binding", "channelBinding"),
          Map.entry("connect_timeout", "connectTimeout"),
          Map.entry("gssencmode", "gssEncMode"),
          Map.entry("gsslib", "gsslib"),
          Map.entry("krbsrvname", "kerberosServerName"),
          Map.entry("options", "options"),
          Map.entry("password", "password"),
          Map.entry("require_auth", "requireAuth"),
          Map.entry("sslcert", "sslcert"),
          Map.entry("sslkey", "sslkey"),
          Map.entry("sslmode", "sslmode"),
          Map.entry("sslnegotiation", "sslNegotiation"),
          Map.entry("sslpassword", "sslpassword"),
          Map.entry("sslrootcert", "sslrootcert"),
          Map.entry("user", "user"));

  private static final Map<String, Map<String, String>> OTHER_VALUES =
      Map.of(
          "target_session_attrs",
          Map.of(
              "any", "any",
              "read-write", "primary",
              "primary", "primary",
              "read-only", "secondary",
              "standby", "secondary",
              "prefer-standby", "preferSecondary"),
          "load_balance_hosts",
          Map.of("disable", "false", "random", "true"),
          "keepalives",
          Map.of("0", "false", "1", "true"));

  private static final Map<String, String> OTHER_NAMES =
      Map.of(
          "target_session_attrs", "targetServerType",
          "load_balance_hosts", "loadBalanceHosts",
          "keepalives", "tcpKeepAlive");

  /** Where the server is comes from the URL's own places; these two would say it twice. */
  private static final Set<String> PLACES = Set.of("PGHOST", "PGPORT", "PGDBNAME", "service");

  private PostgresParameters() {}

  /**
   * The properties for pgjdbc.
   *
   * @throws IllegalArgumentException for an unknown parameter or a value that is not allowed
   */
  static Properties toProperties(Map<String, String> parameters) {
    Properties properties = new Properties();
    // A network that loses a connection silently is noticed.
    properties.setProperty("tcpKeepAlive", "true");
    properties.setProperty("ApplicationName", "llmlog");
    // Named statements of one transaction are unknown to the next server behind PgBouncer.
    properties.setProperty("prepareThreshold", "0");
    parameters.forEach((name, value) -> put(properties, name, value));
    // The server's Detail holds values of rows, and exceptions end up in logs.
    properties.setProperty("logServerErrorDetail", "false");
    return properties;
  }

  private static void put(Properties properties, String name, String value) {
    String key = name.toLowerCase(Locale.ROOT);
    Map<String, String> values = OTHER_VALUES.get(key);
    if (values != null) {
      String translated = values.get(value);
      if (translated == null) {
        throw new IllegalArgumentException(
            name + "=" + value + ": must be one of " + new TreeSet<>(values.keySet()));
      }
      properties.setProperty(String.valueOf(OTHER_NAMES.get(key)), translated);
    } else if (key.equals("client_encoding")) {
      if (!value.equalsIgnoreCase("utf8") && !value.equalsIgnoreCase("utf-8")) {
        throw new IllegalArgumentException(name + "=" + value + ": must be utf8");
      }
    } else {
      PGProperty own = own(SAME_VALUES.getOrDefault(key, name));
      if (own == null) {
        throw new IllegalArgumentException(
            "unknown parameter " + name + ": must be one of " + allowed() + " or a name of pgjdbc");
      }
      set(properties, own, name, value);
    }
  }

  private static void set(Properties properties, PGProperty own, String name, String value) {
    String[] choices = own.getChoices();
    if (choices != null && !Set.of(choices).contains(value)) {
      throw new IllegalArgumentException(
          name + "=" + value + ": must be one of " + String.join(", ", choices));
    }
    if (own.getName().endsWith("Timeout") && !value.matches("\\d{1,6}")) {
      throw new IllegalArgumentException(name + "=" + value + ": must be a number of seconds");
    }
    properties.setProperty(own.getName(), value);
  }

  private static @Nullable PGProperty own(String name) {
    for (PGProperty property : PGProperty.values()) {
      if (property.getName().equals(name) && !PLACES.contains(name)) {
        return property;
      }
    }
    return null;
  }

  private static Set<String> allowed() {
    Set<String> names = new TreeSet<>(SAME_VALUES.keySet());
    names.addAll(OTHER_VALUES.keySet());
    names.add("client_encoding");
    names.add("dbname");
    return names;
  }
}
