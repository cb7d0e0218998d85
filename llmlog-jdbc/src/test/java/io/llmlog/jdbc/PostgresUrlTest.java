package io.llmlog.jdbc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PostgresUrlTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "postgresql://me:s%2Fec%40ret@db.example:6543/analytics",
        "postgres://me:s%2Fec%40ret@db.example:6543/analytics",
        "postgresql+psycopg2://me:s%2Fec%40ret@db.example:6543/analytics",
        "postgresql+asyncpg://me:s%2Fec%40ret@db.example:6543/analytics?",
        "PostgreSQL://db.example:6543/analytics?user=me&password=s/ec@ret",
        "postgresql://me@db.example:6543/?dbname=analytics&password=s%2Fec%40ret",
        "jdbc:postgresql://db.example:6543/analytics?user=me&password=s%2Fec%40ret",
      })
  void parse_ofEveryForm_findsTheSame(String text) {
    PostgresUrl url = PostgresUrl.parse(text);
    assertEquals("db.example:6543/analytics", url.place());
    assertEquals("me", url.user());
    assertEquals("s/ec@ret", url.properties().getProperty("password"));
    assertEquals("jdbc:postgresql://db.example:6543/analytics", url.jdbcUrl());
    assertFalse(url.toString().contains("ret"), url.toString());
  }

  @Test
  void parse_withoutPortAndUser_takesTheDefaults() {
    PostgresUrl url = PostgresUrl.parse("postgresql://localhost/db");
    assertEquals("localhost:5432/db", url.place());
    assertNull(url.user());
    assertEquals("postgresql://localhost:5432/db", url.toString().replaceFirst("\\?.*", ""));
  }

  @Test
  void parse_ofSeveralHosts_keepsTheirOrder() {
    PostgresUrl url =
        PostgresUrl.parse(
            "postgresql://u@a,b:5433,[2001:db8::1]:5434/d?target_session_attrs=read-write");
    assertEquals("a:5432,b:5433,[2001:db8::1]:5434/d", url.place());
    assertEquals("primary", url.properties().getProperty("targetServerType"));
  }

  @Test
  void parse_ofAnOddDatabaseName_encodesItForTheDriver() {
    PostgresUrl url = PostgresUrl.parse("postgresql://h/my%20db%3F%2F");
    assertEquals("my db?/", url.database());
    assertEquals("jdbc:postgresql://h:5432/my%20db%3F%2F", url.jdbcUrl());
  }

  @Test
  void parse_ofParameters_translatesTheirNames() {
    Properties properties =
        PostgresUrl.parse(
                "postgresql://h/d?sslmode=verify-full&sslrootcert=%2Fca.pem&connect_timeout=3"
                    + "&application_name=a+b&options=-c%20work_mem%3D4MB&keepalives=0"
                    + "&channel_binding=require&client_encoding=utf8&socketTimeout=9")
            .properties();
    assertEquals("verify-full", properties.getProperty("sslmode"));
    assertEquals("/ca.pem", properties.getProperty("sslrootcert"));
    assertEquals("3", properties.getProperty("connectTimeout"));
    assertEquals("a+b", properties.getProperty("ApplicationName"));
    assertEquals("-c work_mem=4MB", properties.getProperty("options"));
    assertEquals("false", properties.getProperty("tcpKeepAlive"));
    assertEquals("require", properties.getProperty("channelBinding"));
    assertEquals("9", properties.getProperty("socketTimeout"));
  }

  @Test
  void parse_always_mindsTheTrapsOfTheDriver() {
    Properties properties =
        PostgresUrl.parse("jdbc:postgresql://h/d?logServerErrorDetail=true").properties();
    assertEquals("true", properties.getProperty("tcpKeepAlive"));
    assertEquals("false", properties.getProperty("logServerErrorDetail"));
    assertEquals("0", properties.getProperty("prepareThreshold"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "mysql://u:secret@h/d | must be postgresql://",
        "postgresql:/h/d | must be postgresql://",
        "postgresql:///d | names no host",
        "postgresql://u:secret@/d | names no host",
        "postgresql://u:secret@h,/d | names no host",
        "postgresql://u:secret@%2Fvar%2Frun/d | sockets",
        "postgresql://u:secret@h | names no database",
        "postgresql://u:secret@h/ | names no database",
        "postgresql://u:secret@h:0/d | port: must be 1 to 65535",
        "postgresql://u:secret@h:65536/d | port: must",
        "postgresql://u:secret@h:x/d | port: must",
        "postgresql://u:secret@a b/d | host: must",
        "postgresql://u:secret/d | host or port is none",
        "postgresql://u:1secret | host or port is none",
        "postgresql://u:s:secret/d | host: must",
        "postgresql://u:secret@2001:db8::1/d | in brackets",
        "postgresql://u:sec%ret@h/d | password: % must be followed",
        "postgresql://u:sec/secret@h/d | percent-encoded",
        "postgresql://u:sec?secret@h/d | percent-encoded",
        "postgresql://u:sec#secret@h/d | percent-encoded",
        "postgresql://u:secret@h/d?sslmode=maybe | sslmode=maybe: must be one of disable",
        "postgresql://u:secret@h/d?target_session_attrs=x | must be one of [any, prefer-standby",
        "postgresql://u:secret@h/d?connect_timeout=soon | must be a number of seconds",
        "postgresql://u:secret@h/d?client_encoding=latin1 | must be utf8",
        "postgresql://u:secret@h/d?sslmod=require | unknown parameter sslmod: must be one of",
        "postgresql://h/d?password=a&secret | name=value",
        "postgresql://u:secret@h/d?PGHOST=x | unknown parameter PGHOST",
      })
  void parse_ofABadUrl_saysWhatIsWrongWithoutTheSecret(String text, String expected) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> PostgresUrl.parse(text));
    String message = String.valueOf(e.getMessage());
    assertTrue(message.contains(expected), message);
    assertFalse(message.contains("secret"), message);
    assertNull(e.getCause());
  }

  @Test
  void toString_masksEveryPassword() {
    String text =
        PostgresUrl.parse("jdbc:postgresql://h/d?user=u&password=secret&sslpassword=secret")
            .toString();
    assertTrue(text.startsWith("postgresql://u:***@h:5432/d?"), text);
    assertFalse(text.contains("secret"), text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "Public",
        "a\"b",
        "a;b",
        "1a",
        "a-b",
        "a b",
        "a.b",
        "pg_x",
        "information_schema"
      })
  void schemaName_ofAnotherForm_isRefused(String name) {
    assertThrows(IllegalArgumentException.class, () -> new SchemaName(name));
  }

  @Test
  void schemaName_ofAKeyword_isQuoted() {
    assertEquals("\"select\".llm_logs", new SchemaName("select").table("llm_logs"));
    assertThrows(IllegalArgumentException.class, () -> new SchemaName("a".repeat(64)));
    assertEquals(63, new SchemaName("a".repeat(63)).name().length());
  }
}
