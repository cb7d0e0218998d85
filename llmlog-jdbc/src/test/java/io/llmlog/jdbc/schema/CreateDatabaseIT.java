package io.llmlog.jdbc.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.testkit.PostgresServer;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A database of its own, made where asked. The server is ours: one test renames its databases. */
class CreateDatabaseIT {
  @RegisterExtension static final PostgresServer SERVER = PostgresServer.owned();

  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
  private static final SchemaName SCHEMA = new SchemaName("public");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "headhunter_analytics",
        "Head Hunter",
        "say \"hi\"; --",
        "analytics'2",
        "größe%/?"
      })
  void apply_makesTheDatabaseOfTheUrl(String name) throws Exception {
    String url =
        SERVER.databaseUrl(URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20"));
    assertTrue(schema(url).apply(true, NOW).databaseCreated());
    assertFalse(schema(url).apply(true, NOW).databaseCreated());
    assertEquals(Migrations.newest(), schema(url).status().inDatabase());
    assertEquals(
        "1",
        Database.text(
            SERVER.url(),
            "SELECT count(*) FROM pg_database WHERE datname = $name$" + name + "$name$"));
  }

  @Test
  void apply_byARoleThatMayNot_saysWhichRightIsMissing() throws Exception {
    PostgresServer.execute(SERVER.url(), "CREATE ROLE poor LOGIN PASSWORD 'hunter2'");
    String url = SERVER.databaseUrl("missing").replaceFirst("//[^@]+@", "//poor:hunter2@");
    String message = refusal(url);
    assertTrue(message.contains("/missing cannot be created through"), message);
    assertTrue(message.contains("42501") && message.contains("CREATEDB"), message);
    assertFalse(message.contains("hunter2"), message);
    assertEquals(0, databases("missing"));
  }

  @Test
  void apply_onAServerWithoutTheDatabasePostgres_saysSo() throws Exception {
    String own = SERVER.createDatabase("own");
    PostgresServer.execute(
        own,
        """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'postgres';
        ALTER DATABASE postgres RENAME TO away
        """);
    try {
      String message = refusal(SERVER.databaseUrl("missing"));
      assertTrue(message.contains("database \"postgres\" does not exist"), message);
      assertTrue(message.contains("Make \"missing\" by hand"), message);
    } finally {
      PostgresServer.execute(own, "ALTER DATABASE away RENAME TO postgres");
    }
    assertEquals(0, databases("missing"));
  }

  private static long databases(String name) throws SQLException {
    return Database.number(
        SERVER.url(), "SELECT count(*) FROM pg_database WHERE datname = '" + name + "'");
  }

  private static String refusal(String url) {
    return String.valueOf(
        assertThrows(SchemaException.class, () -> schema(url).apply(true, NOW)).getMessage());
  }

  private static Schema schema(String url) {
    return new Schema(PostgresUrl.parse(url), SCHEMA);
  }
}
