package io.llmlog.jdbc.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.event.Column;
import io.llmlog.jdbc.Partitioning;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SchemaIT {
  @RegisterExtension static final PostgresServer SERVER = PostgresServer.create();
  private static final int NEWEST = Migrations.newest();

  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
  private static final SchemaName SCHEMA = new SchemaName("analytics");

  private static final String PROPOSAL =
      "id, created_at, action, message, user_id, company_id, interview_id, model, tokens_used,"
          + " tokens_input, tokens_output, cost_usd, latency_ms, streaming, error_type,"
          + " error_message, metadata, deployment_version, deployment_environment";

  @Test
  void apply_onAnEmptyDatabase_makesTheTables() throws Exception {
    String url = SERVER.createDatabase("schema");
    Schema schema = schema(url);
    assertEquals(new Schema.Status(0, NEWEST, Migrations.FILES, false), schema.status());
    Schema.Applied applied = schema.apply(false, NOW);
    assertEquals(0, applied.from());
    assertEquals(NEWEST, applied.to());
    assertFalse(applied.databaseCreated());
    assertEquals(
        List.of(
            "llm_logs_2026_11",
            "llm_logs_2026_12",
            "llm_logs_2027_01",
            "llm_logs_2027_02",
            "llm_log_contents_2026_11_23",
            "llm_log_contents_2026_11_24",
            "llm_log_contents_2026_11_25",
            "llm_log_contents_2026_11_26",
            "llm_log_contents_2026_11_27",
            "llm_log_contents_2026_11_28",
            "llm_log_contents_2026_11_29",
            "llm_log_contents_2026_11_30"),
        applied.partitions().created());
    assertEquals(List.of(), applied.partitions().stuck());
    assertEquals(new Schema.Status(NEWEST, NEWEST, List.of(), false), schema.status());
    Schema.Applied again = schema.apply(true, NOW);
    assertEquals(NEWEST, again.from());
    assertEquals(List.of(), again.partitions().created());
  }

  @Test
  void table_hasTheColumnsOfTheContractInOrder() throws Exception {
    String url = applied("columns");
    List<String> expected = new ArrayList<>(List.of("id"));
    Arrays.stream(Column.values()).filter(Column::inRow).map(Column::key).forEach(expected::add);
    assertEquals(
        String.join(", ", expected),
        text(
            url,
            """
            SELECT string_agg(column_name, ', ' ORDER BY ordinal_position)
            FROM information_schema.columns WHERE table_name = 'llm_logs'
            """));
    assertTrue(String.join(", ", expected).startsWith(PROPOSAL + ", event_id"));
    assertEquals(
        "",
        text(
            url,
            """
            SELECT coalesce(string_agg(column_name || ' ' || udt_name, ', '), '')
            FROM information_schema.columns WHERE table_name = 'llm_logs'
            AND character_maximum_length IS DISTINCT FROM
              CASE WHEN udt_name <> 'varchar' THEN NULL
                   WHEN column_name IN ('action', 'error_type') THEN 100 ELSE 200 END
            """));
    assertEquals(
        "numeric(18,12)",
        text(
            url,
            """
            SELECT format_type(atttypid, atttypmod) FROM pg_attribute
            WHERE attrelid = 'analytics.llm_logs'::regclass AND attname = 'cost_usd'
            """));
  }

  @Test
  void aMonth_hasItsFixedLengthsFirst_andNoGapsBetweenThem() throws Exception {
    String url = applied("packed");
    for (String partition : List.of("llm_logs_default", "llm_logs_2026_11", "llm_logs_2027_02")) {
      assertEquals(
          "15 fixed, 19 of any length",
          text(
              url,
              """
              SELECT count(*) FILTER (WHERE attlen > 0 AND attnum <= 15) || ' fixed, '
                || count(*) FILTER (WHERE attlen < 0 AND attnum > 15) || ' of any length'
              FROM pg_attribute WHERE attrelid = 'analytics.%s'::regclass AND attnum > 0
              """
                  .formatted(partition)),
          partition);
    }
  }

  @Test
  void insert_namingOnlyTheProposalsColumns_works() throws Exception {
    String url = applied("plain");
    PostgresServer.execute(
        url,
        """
        INSERT INTO analytics.llm_logs (action, message, user_id, company_id, interview_id, model,
          tokens_used, tokens_input, tokens_output, cost_usd, latency_ms, error_type,
          error_message, metadata, deployment_version, deployment_environment)
        SELECT 'a', 'm', 1, 2, 3, 'gpt', 3, 1, 2, 0.000001, 12, NULL, NULL, '{"a": 1}', 'v', 'e'
        FROM generate_series(1, 3)
        """);
    assertEquals(
        "3 3 3 f",
        text(
            url,
            """
            SELECT concat_ws(' ', count(DISTINCT id), count(DISTINCT event_id), count(created_at),
              bool_or(streaming)) FROM analytics.llm_logs
            """));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "company_id = 7",
        "created_at >= '2026-12-01' AND created_at < '2026-12-02'",
        "action = 'action-7'",
        "action = 'action-7' AND model = 'model-7'",
        "model = 'model-rare'",
        "company_id = 7 AND created_at >= '2026-12-01' AND created_at < '2026-12-08'",
      })
  void query_ofTheProposal_usesAnIndex(String condition) throws Exception {
    String url = applied("plan");
    PostgresServer.execute(
        url,
        """
        INSERT INTO analytics.llm_logs (created_at, action, company_id, model)
        SELECT timestamptz '2026-11-01 00:00:00Z' + i * interval '3 minutes', 'action-' || i % 50,
          i % 100, 'model-' || CASE WHEN i % 4000 = 0 THEN 'rare' ELSE (i % 40)::text END
        FROM generate_series(1, 40000) i;
        ANALYZE analytics.llm_logs
        """);
    String plan =
        text(
            url,
            "EXPLAIN (FORMAT JSON) SELECT * FROM analytics.llm_logs WHERE "
                + condition
                + " ORDER BY created_at DESC");
    assertTrue(plan.contains("Index"), plan);
    assertFalse(
        plan.replaceAll("\\s", "").matches(".*\"SeqScan\"[^}]*\"llm_logs_20(26_1[12]|27_01)\".*"),
        plan);
  }

  @Test
  void apply_withCreateDatabase_makesIt() throws Exception {
    String url = SERVER.databaseUrl("made_" + System.nanoTime());
    SchemaException refused =
        assertThrows(SchemaException.class, () -> schema(url).apply(false, NOW));
    assertTrue(message(refused).contains("--create-database"), message(refused));
    assertTrue(schema(url).apply(true, NOW).databaseCreated());
    assertEquals("UTF8", text(url, "SHOW server_encoding"));
    PostgresServer.execute(SERVER.url(), "DROP DATABASE " + PostgresUrl.parse(url).database());
  }

  @Test
  void apply_bySeveralAtOnce_isDoneOnce() throws Exception {
    String url = SERVER.databaseUrl("race_" + System.nanoTime());
    ExecutorService executor = Executors.newFixedThreadPool(4);
    try {
      Callable<Schema.Applied> applying = () -> schema(url).apply(true, NOW);
      int applied = 0;
      int created = 0;
      for (Future<Schema.Applied> one :
          executor.invokeAll(List.of(applying, applying, applying, applying))) {
        applied += one.get().from() == 0 ? 1 : 0;
        created += one.get().databaseCreated() ? 1 : 0;
      }
      assertEquals(1, applied);
      assertEquals(1, created);
      assertEquals(
          "5",
          text(
              url,
              "SELECT count(*) FROM pg_inherits WHERE inhparent = 'analytics.llm_logs'::regclass"));
    } finally {
      executor.shutdownNow();
    }
    PostgresServer.execute(SERVER.url(), "DROP DATABASE " + PostgresUrl.parse(url).database());
  }

  @Test
  void apply_intoPublicBesideOtherTables_leavesThem() throws Exception {
    String url = SERVER.createDatabase("beside");
    PostgresServer.execute(url, "CREATE TABLE users (id int); INSERT INTO users VALUES (1)");
    Schema schema = new Schema(PostgresUrl.parse(url), new SchemaName("public"));
    schema.apply(false, NOW);
    assertEquals(NEWEST, schema.status().inDatabase());
    assertEquals("1", text(url, "SELECT count(*) FROM users"));
  }

  @Test
  void apply_besideAForeignTable_changesNothing() throws Exception {
    String url = SERVER.createDatabase("foreign");
    PostgresServer.execute(url, "CREATE TABLE llm_logs (id serial)");
    Schema schema = new Schema(PostgresUrl.parse(url), new SchemaName("public"));
    SchemaException refused = assertThrows(SchemaException.class, () -> schema.apply(false, NOW));
    assertTrue(message(refused).contains("llmlog did not make"), message(refused));
    assertEquals("1", text(url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"));
  }

  @Test
  void apply_ofAnOlderProgram_isRefused() throws Exception {
    String url = applied("newer");
    PostgresServer.execute(
        url,
        """
        INSERT INTO analytics.llmlog_schema_history
        SELECT 999, '999', 'future', type, 'V999__future.sql', 0, installed_by, now(), 0, true
        FROM analytics.llmlog_schema_history WHERE version = '1'
        """);
    SchemaException refused =
        assertThrows(SchemaException.class, () -> schema(url).apply(false, NOW));
    assertTrue(
        message(refused).contains("version 999, newer than this program's " + NEWEST),
        message(refused));
  }

  @Test
  void apply_withoutRights_saysWhichGrantIsMissing() throws Exception {
    String url = SERVER.createDatabase("rights");
    String database = PostgresUrl.parse(url).database();
    PostgresServer.execute(
        url,
        "CREATE ROLE %1$s LOGIN PASSWORD 'hunter2'; REVOKE TEMPORARY ON DATABASE %1$s FROM PUBLIC"
            .formatted(database));
    String poor = url.replaceFirst("//[^@]+@", "//" + database + ":hunter2@");
    assertRefused(poor, "GRANT TEMPORARY");
    PostgresServer.execute(url, "GRANT TEMPORARY ON DATABASE %1$s TO %1$s".formatted(database));
    assertRefused(poor, "GRANT CREATE ON DATABASE");
    PostgresServer.execute(url, "CREATE SCHEMA analytics");
    assertRefused(poor, "GRANT CREATE ON SCHEMA");
    PostgresServer.execute(url, "GRANT CREATE, USAGE ON SCHEMA analytics TO " + database);
    schema(poor).apply(false, NOW);
  }

  @Test
  void apply_withTimescale_whereTheServerHasItNot_changesNothing() throws Exception {
    String url = SERVER.createDatabase("no_timescale");
    Schema timescale = new Schema(PostgresUrl.parse(url), SCHEMA, Partitioning.TIMESCALE);
    SchemaException refused =
        assertThrows(SchemaException.class, () -> timescale.apply(false, NOW));
    assertTrue(
        message(refused).contains("the server does not have the extension timescaledb"),
        message(refused));
    assertEquals("0", text(url, "SELECT count(*) FROM pg_namespace WHERE nspname = 'analytics'"));
    assertEquals(null, timescale.partitioning());
    schema(url).apply(false, NOW);
    assertEquals(Partitioning.NATIVE, timescale.partitioning());
    assertTrue(
        message(assertThrows(SchemaException.class, () -> timescale.apply(false, NOW)))
            .contains(
                "LLMLOG_PARTITIONING=timescale, but the tables in schema analytics are partitioned"
                    + " natively; nothing was changed: set LLMLOG_PARTITIONING=native, or"));
  }

  @Test
  void apply_toAnUnreachableServer_namesItWithoutThePassword() {
    SchemaException refused =
        assertThrows(
            SchemaException.class,
            () -> schema("postgresql://u:hunter2@127.0.0.1:1/d").apply(true, NOW));
    assertTrue(message(refused).startsWith("127.0.0.1:1/d: SQLSTATE 08001"), message(refused));
    assertFalse(message(refused).contains("hunter2"));
  }

  @Test
  void requirements_ofAnOldOrForeignServer_areRefused() {
    Requirements old =
        new Requirements(130018, "13.18", "UTF8", false, true, true, true, true, false, false);
    Requirements latin =
        new Requirements(180006, "18.6", "LATIN1", false, true, true, true, true, false, false);
    Requirements standby =
        new Requirements(180006, "18.6", "UTF8", true, true, true, true, true, false, false);
    assertTrue(refusal(old).contains("13.18 is too old: must be 14 or newer"));
    assertTrue(refusal(latin).contains("LATIN1: must be UTF8"));
    assertTrue(refusal(standby).contains("standby"));
  }

  @Test
  void sql_isAllThatApplyRuns() throws Exception {
    String url = SERVER.createDatabase("sql");
    String sql = schema(url).sql();
    assertFalse(sql.contains("${"), sql);
    PostgresServer.execute(url, sql);
    assertEquals(
        "analytics",
        text(url, "SELECT schemaname FROM pg_tables WHERE tablename = 'llm_log_dead_letters'"));
  }

  private static void assertRefused(String url, String part) {
    SchemaException refused =
        assertThrows(SchemaException.class, () -> schema(url).apply(false, NOW));
    assertTrue(message(refused).contains(part), message(refused));
    assertFalse(message(refused).contains("hunter2"), message(refused));
  }

  private static String refusal(Requirements requirements) {
    return message(
        assertThrows(SchemaException.class, () -> requirements.check("h:5432/d", SCHEMA)));
  }

  private static String message(SchemaException e) {
    return String.valueOf(e.getMessage());
  }

  private static Schema schema(String url) {
    return new Schema(PostgresUrl.parse(url), SCHEMA);
  }

  private static String applied(String prefix) throws Exception {
    String url = SERVER.createDatabase(prefix);
    schema(url).apply(false, NOW);
    return url;
  }

  private static String text(String url, String sql) throws SQLException {
    try (Connection connection = PostgresServer.connect(url);
        ResultSet row = connection.createStatement().executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }
}
