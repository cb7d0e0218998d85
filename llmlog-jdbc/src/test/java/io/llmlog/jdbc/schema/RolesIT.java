package io.llmlog.jdbc.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.jdbc.PostgresDataSource;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.Roles;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.maintain.Partitions;
import io.llmlog.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What each role may do, and what not. Roles belong to a whole server, so this one is its own. */
final class RolesIT {
  @RegisterExtension static final PostgresServer SERVER = PostgresServer.owned();

  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
  private static final SchemaName SCHEMA = new SchemaName("analytics");
  private static final String NO_RIGHT = "42501";

  private String url = "";

  @BeforeEach
  void create() throws Exception {
    url = SERVER.createDatabase("roles");
    new Schema(PostgresUrl.parse(url), SCHEMA).apply(false, NOW);
    Roles.create(url, SCHEMA);
    PostgresServer.execute(
        url,
        """
        INSERT INTO analytics.llm_logs (created_at, action, message, company_id, cost_usd)
        VALUES ('2026-11-23T10:00:00Z', 'a', 'secret', 7, 0.5);
        INSERT INTO analytics.llm_log_dead_letters (id, created_at, raw, reason)
        VALUES (gen_random_uuid(), now(), 'secret', 'why')
        """);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT message FROM analytics.llm_logs",
        "SELECT * FROM analytics.llm_log_calls",
        "SELECT calls FROM analytics.llm_log_hourly",
        "SELECT request FROM analytics.llm_log_contents",
        "SELECT raw FROM analytics.llm_log_dead_letters",
        "UPDATE analytics.llm_logs SET cost_usd = 0",
        "UPDATE analytics.llm_log_dead_letters SET raw = ''",
        "DELETE FROM analytics.llm_logs",
        "DELETE FROM analytics.llm_log_dead_letters",
        "INSERT INTO analytics.llm_log_hourly (hour) VALUES (now())",
        "TRUNCATE analytics.llm_logs",
        "CREATE TABLE analytics.mine (id int)",
        "DROP TABLE analytics.llm_logs_2026_11",
      })
  void writer_mayNot(String statement) {
    assertEquals(NO_RIGHT, stateOf("writer", statement));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT * FROM analytics.llm_logs",
        "SELECT calls FROM analytics.llm_log_hourly",
        "SELECT request FROM analytics.llm_log_texts",
        "SELECT raw FROM analytics.llm_log_dead_letters",
        "INSERT INTO analytics.llm_logs (action) VALUES ('a')",
        "UPDATE analytics.llm_log_calls SET cost_usd = 0",
        "DELETE FROM analytics.llm_log_failures",
        "CREATE TABLE analytics.mine (id int)",
      })
  void reader_mayNot(String statement) {
    assertEquals(NO_RIGHT, stateOf("reader", statement));
  }

  @Test
  void reader_seesTheViews() throws Exception {
    assertEquals("secret", text("reader", "SELECT message FROM analytics.llm_log_calls"));
    assertEquals(
        "7 1", text("reader", "SELECT company_id || ' ' || calls FROM analytics.llm_log_usage"));
    assertEquals("6", text("reader", "SELECT bytes FROM analytics.llm_log_failures"));
    for (String none :
        List.of(
            "llm_log_usage_daily",
            "llm_log_usage_days",
            "llm_log_usage_overall",
            "llm_log_usage_monthly",
            "llm_log_usage_months")) {
      assertEquals("0", text("reader", "SELECT count(*) FROM analytics." + none), none);
    }
  }

  @Test
  void maintenance_makesPartitionsAndOwnsAll() throws Exception {
    Partitions.Result made =
        new Partitions(
                new PostgresDataSource(
                    PostgresUrl.parse(Roles.url(url, "maintenance")), Duration.ofSeconds(20)),
                SCHEMA)
            .cover(NOW, Instant.parse("2027-03-01T00:00:00Z"));
    assertEquals(List.of(), made.stuck());
    assertTrue(made.created().contains("llm_logs_2027_03"), made.created().toString());
    assertEquals(
        "llmlog_maintenance",
        text(
            "maintenance",
            """
            SELECT string_agg(DISTINCT owner::regrole::text, ' ') FROM (
              SELECT relowner AS owner FROM pg_class
              WHERE relnamespace = 'analytics'::regnamespace
              UNION SELECT proowner FROM pg_proc WHERE pronamespace = 'analytics'::regnamespace) a
            """));
    String version =
        text("maintenance", "SELECT max(version) FROM analytics.llmlog_schema_history");
    new Schema(PostgresUrl.parse(Roles.url(url, "maintenance")), SCHEMA).apply(false, NOW);
    assertEquals(
        version, text("maintenance", "SELECT max(version) FROM analytics.llmlog_schema_history"));
    assertEquals(1, changed("maintenance", "DELETE FROM analytics.llm_log_dead_letters"));
  }

  @Test
  void theSql_runAgain_changesNothing_andLeavesTablesOfOthers() throws Exception {
    SchemaName shared = new SchemaName("public");
    String both = SERVER.createDatabase("beside");
    PostgresServer.execute(
        both,
        "CREATE TABLE users (id int); CREATE TABLE llm_log_of_others (id int);"
            + " CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'");
    String before =
        "SELECT relowner::regrole || coalesce(relacl::text, '') FROM pg_class WHERE relname = ";
    String users = admin(both, before + "'users'");
    new Schema(PostgresUrl.parse(both), shared).apply(false, NOW);
    Roles.create(both, shared);
    String rights =
        """
        SELECT string_agg(relname || relowner || coalesce(relacl::text, ''), ' ' ORDER BY relname)
        FROM pg_class WHERE relnamespace = 'public'::regnamespace
        """;
    String once = admin(both, rights);
    Roles.create(both, shared);
    assertEquals(once, admin(both, rights));
    assertEquals(users, admin(both, before + "'users'"));
    assertEquals(users, admin(both, before + "'llm_log_of_others'"));
  }

  private String stateOf(String role, String statement) {
    return assertThrows(SQLException.class, () -> changed(role, statement)).getSQLState();
  }

  private int changed(String role, String statement) throws SQLException {
    try (Connection connection = PostgresServer.connect(Roles.url(url, role));
        Statement any = connection.createStatement()) {
      any.execute(statement);
      return any.getUpdateCount();
    }
  }

  private String text(String role, String query) throws SQLException {
    return admin(Roles.url(url, role), query);
  }

  private static String admin(String url, String query) throws SQLException {
    try (Connection connection = PostgresServer.connect(url);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      row.next();
      return row.getString(1);
    }
  }
}
