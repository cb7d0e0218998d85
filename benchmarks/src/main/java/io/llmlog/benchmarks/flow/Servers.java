package io.llmlog.benchmarks.flow;

import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.schema.Schema;
import io.llmlog.testkit.PostgresServer;
import io.llmlog.testkit.RedisServer;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** Redis and PostgreSQL on this machine, for one run. */
final class Servers implements AutoCloseable {
  static final String QUEUE = "llm_logs";
  static final SchemaName SCHEMA = new SchemaName("analytics");

  private final RedisServer redis;
  private final PostgresServer postgres;

  private Servers(RedisServer redis, PostgresServer postgres) {
    this.redis = redis;
    this.postgres = postgres;
  }

  static Servers start() {
    RedisServer redis = RedisServer.builder().build();
    // Of its own, and with what a server in production has on: the test kit's has not.
    PostgresServer postgres =
        PostgresServer.owned()
            .setting("fsync", "on")
            .setting("full_page_writes", "on")
            .setting("shared_buffers", "1GB")
            .setting("max_wal_size", "8GB")
            .setting("max_connections", "100");
    Servers servers = new Servers(redis, postgres);
    try {
      redis.start();
      postgres.start();
      return servers;
    } catch (RuntimeException e) {
      servers.close();
      throw e;
    }
  }

  /** What they are, and what they run on. */
  String describe() throws SQLException, IOException {
    try (RedisLine line = redis()) {
      String version =
          line.call("INFO", "server").replaceFirst("(?s).*redis_version:(\\S+).*", "$1");
      return String.format(
          Locale.ROOT,
          "%s, Redis %s (nothing on disk), Java %s, %d processors",
          describe(postgres.url()),
          version,
          System.getProperty("java.version"),
          Runtime.getRuntime().availableProcessors());
    }
  }

  /** What a PostgreSQL is, and what of its settings matters here. */
  static String describe(String url) throws SQLException {
    return text(
        url,
        """
        SELECT 'PostgreSQL ' || current_setting('server_version') || ' ('
          || string_agg(name || ' ' || current_setting(name), ', ' ORDER BY name) || ')'
        FROM pg_settings
        WHERE name IN ('fsync', 'full_page_writes', 'shared_buffers', 'max_wal_size')
        """);
  }

  /** A database with the tables of {@link #SCHEMA}; its URL. */
  String database(String name, Instant now) throws Exception {
    String url = postgres.createDatabase(name);
    new Schema(PostgresUrl.parse(url), SCHEMA).apply(false, now);
    return url;
  }

  RedisLine redis() throws IOException {
    return new RedisLine(redis.port());
  }

  String redisUrl() {
    return redis.url();
  }

  /** What a service and a worker find in their environment. */
  Map<String, String> variables(String database, SchemaName schema, String queue) {
    Map<String, String> variables = new HashMap<>();
    variables.put("REDIS_URL", redis.url());
    variables.put("ANALYTICS_DATABASE_URL", database);
    variables.put("LLMLOG_SCHEMA", schema.name());
    variables.put("LLMLOG_QUEUE", queue);
    return variables;
  }

  static long rows(String url, SchemaName schema) throws SQLException {
    return Long.parseLong(text(url, "SELECT count(*) FROM " + schema.table("llm_logs")));
  }

  /** Makes tables and rollup as empty as they were at first, so that no round has larger ones. */
  static void empty(String url, SchemaName schema) {
    PostgresServer.execute(
        url,
        "TRUNCATE %s, %s, %s"
            .formatted(
                schema.table("llm_logs"),
                schema.table("llm_log_hourly_sums"),
                schema.table("llm_log_hourly_additions")));
  }

  /** The first column of the first row. */
  static String text(String url, String sql) throws SQLException {
    try (Connection connection = PostgresServer.connect(url);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return String.valueOf(row.getString(1));
    }
  }

  @Override
  public void close() {
    try {
      redis.close();
    } finally {
      postgres.close();
    }
  }
}
