package io.llmlog.testkit;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A real PostgreSQL on loopback, for tests and for programs that show something.
 *
 * <p>In a test: {@code @RegisterExtension static final PostgresServer POSTGRES =
 * PostgresServer.create();} and {@link #createDatabase(String)} for each test. Elsewhere: {@link
 * #start()} and {@link #close()}.
 *
 * <p>{@code LLMLOG_TEST_POSTGRES_URL} names a server whose user may create databases and roles;
 * {@code LLMLOG_TEST_SERVERS} forces one way; {@code LLMLOG_TEST_POSTGRES_IMAGE} names another
 * image than {@code postgres:15}. Safe for use by several threads once started.
 */
public final class PostgresServer implements BeforeAllCallback, AfterAllCallback, AutoCloseable {
  /** The variable that names a running server. */
  public static final String URL_VARIABLE = "LLMLOG_TEST_POSTGRES_URL";

  /** The variable that names a running server with the extension TimescaleDB. */
  public static final String TIMESCALE_VARIABLE = "LLMLOG_TEST_TIMESCALE_URL";

  static final String IMAGE_VARIABLE = "LLMLOG_TEST_POSTGRES_IMAGE";

  private final Map<String, String> settings = new LinkedHashMap<>();
  private final List<String> databases = new ArrayList<>();
  private final List<PostgresStandby> standbys = new ArrayList<>();
  private final int major;
  private final boolean owned;
  private final boolean timescale;
  private final @Nullable ServerMode forced;
  private @Nullable PostgresHost host;
  private boolean named;

  private PostgresServer(int major, boolean owned, boolean timescale, @Nullable ServerMode forced) {
    this.major = major;
    this.owned = owned;
    this.timescale = timescale;
    this.forced = forced;
  }

  /** A server for tests that leave it running. Embedded, it is the newest major there is. */
  public static PostgresServer create() {
    return new PostgresServer(0, false, false, null);
  }

  /** A server of its own, never the one that a URL names: for tests that stop or kill it. */
  public static PostgresServer owned() {
    return new PostgresServer(0, true, false, null);
  }

  /** A server from the binaries on the class path, whatever the environment offers. */
  public static PostgresServer embedded() {
    return new PostgresServer(0, true, false, ServerMode.EMBEDDED);
  }

  /**
   * A server of that major: the embedded binaries or the image {@code postgres:<major>}. A server
   * that is named by {@code LLMLOG_TEST_POSTGRES_URL} or {@code LLMLOG_TEST_POSTGRES_IMAGE} is
   * taken as it is.
   */
  public static PostgresServer ofMajor(int major) {
    return new PostgresServer(major, false, false, null);
  }

  /**
   * The server that {@code LLMLOG_TEST_TIMESCALE_URL} names, with TimescaleDB preloaded. No Maven
   * artifact has that extension, so a test class that asks for it without the variable is not run,
   * and says so: the one server of which that holds.
   */
  public static PostgresServer timescale() {
    return new PostgresServer(0, false, true, null);
  }

  /** Adds a server setting, such as {@code max_connections}; before the start. */
  public PostgresServer setting(String name, String value) {
    if (host != null) {
      throw new IllegalStateException(name + ": settings are given before the start");
    }
    settings.put(name, value);
    return this;
  }

  /** Starts the server unless it runs; waits until it answers. */
  public synchronized PostgresServer start() {
    if (host == null) {
      Map<String, String> environment = System.getenv();
      if (timescale) {
        named = true;
        host =
            new PostgresHost.Named(
                String.valueOf(environment.get(TIMESCALE_VARIABLE)), TIMESCALE_VARIABLE);
        return this;
      }
      ServerMode mode = forced == null ? ServerMode.choose(environment, URL_VARIABLE) : forced;
      if (mode == ServerMode.URL && owned) {
        mode = ServerMode.EMBEDDED;
      }
      named = mode == ServerMode.URL;
      host =
          switch (mode) {
            case URL ->
                new PostgresHost.Named(String.valueOf(environment.get(URL_VARIABLE)), URL_VARIABLE);
            case CONTAINERS ->
                PostgresContainer.start(environment.get(IMAGE_VARIABLE), major, settings);
            case EMBEDDED -> EmbeddedPostgresHost.start(major, settings);
          };
    }
    return this;
  }

  /** The URL of the server's own database, with a user who may do everything. */
  public String url() {
    return host().url();
  }

  /**
   * Creates an empty database.
   *
   * @param prefix begins its name; lower-case letters, digits and {@code _}
   * @return its URL
   */
  public synchronized String createDatabase(String prefix) {
    if (!prefix.matches("[a-z][a-z0-9_]{0,30}")) {
      throw new IllegalArgumentException(prefix + ": must match [a-z][a-z0-9_]{0,30}");
    }
    String name = prefix + "_" + Long.toString(ThreadLocalRandom.current().nextLong(1L << 50), 36);
    execute(url(), "CREATE DATABASE " + name + " TEMPLATE template0 ENCODING 'UTF8'");
    databases.add(name);
    return databaseUrl(name);
  }

  /** The URL of a database of this server, whether it exists or not. */
  public String databaseUrl(String name) {
    String url = url();
    int path = url.indexOf('/', url.indexOf("://") + 3);
    int query = url.indexOf('?');
    return url.substring(0, path + 1) + name + (query < 0 ? "" : url.substring(query));
  }

  /** A connection to a database of this server; the caller closes it. */
  public static Connection connect(String url) throws SQLException {
    try {
      URI uri = new URI(url);
      Properties properties = new Properties();
      String userInfo = uri.getRawUserInfo();
      if (userInfo != null) {
        String[] parts = userInfo.split(":", 2);
        properties.setProperty("user", decode(parts[0]));
        if (parts.length == 2) {
          properties.setProperty("password", decode(parts[1]));
        }
      }
      String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
      String place = uri.getHost() + ":" + (uri.getPort() < 0 ? 5432 : uri.getPort());
      return DriverManager.getConnection(
          "jdbc:postgresql://" + place + uri.getRawPath() + query, properties);
    } catch (URISyntaxException e) {
      // Without the cause: its text shows the URL and the password in it.
      throw new IllegalArgumentException("not a URL of the form postgresql://user:pw@host:port/db");
    }
  }

  /** Runs statements, separated by semicolons, in a connection of their own. */
  public static void execute(String url, String sql) {
    try (Connection connection = connect(url);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(sql + ": " + e.getMessage(), e);
    }
  }

  /** Stops the server in order; its data stays. */
  public void stop() throws IOException {
    host().stop("fast");
  }

  /** Stops the server as a crash would: open transactions are cut off, it recovers when started. */
  public void stopImmediately() throws IOException {
    host().stop("immediate");
  }

  /** Kills the server's processes. */
  public void kill() throws IOException {
    host().kill();
  }

  /** Starts the server again, on its port and data; stops it first if it runs. */
  public void restart() throws IOException {
    host().restart();
  }

  /**
   * Makes and starts a standby that streams from this server, which must be {@link #embedded()}.
   * Ended with this server, unless before.
   *
   * @throws IOException if it does not start
   */
  public synchronized PostgresStandby standby() throws IOException {
    PostgresStandby standby = host().standby();
    standbys.add(standby);
    return standby;
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    if (timescale && System.getenv(TIMESCALE_VARIABLE) == null) {
      String why = "not run: " + TIMESCALE_VARIABLE + " names no server with TimescaleDB";
      System.err.println(context.getDisplayName() + " " + why);
      Assumptions.abort(why);
    }
    start();
  }

  @Override
  public void afterAll(ExtensionContext context) {
    close();
  }

  /** Ends the server and deletes its data; of a named server, the databases that were created. */
  @Override
  public synchronized void close() {
    if (host == null) {
      return;
    }
    if (named) {
      databases.forEach(name -> execute(url(), "DROP DATABASE IF EXISTS " + name + " (FORCE)"));
    }
    databases.clear();
    standbys.forEach(PostgresStandby::close);
    standbys.clear();
    host.close();
    host = null;
  }

  private synchronized PostgresHost host() {
    if (host == null) {
      throw new IllegalStateException("the server is not started: @RegisterExtension or start()");
    }
    return host;
  }

  private static String decode(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }
}
