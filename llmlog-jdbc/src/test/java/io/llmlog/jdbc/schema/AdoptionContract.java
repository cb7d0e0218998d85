package io.llmlog.jdbc.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The proposal's own table, with rows, becomes ours; the subclasses name the version. */
abstract class AdoptionContract {
  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
  private static final SchemaName SCHEMA = new SchemaName("public");

  private String url = "";

  abstract PostgresServer server();

  @BeforeEach
  void createTable() {
    url = server().createDatabase("adoption");
    execute(Proposal.DDL);
  }

  @Test
  void apply_keepsEachRowWithItsIdAndValues() throws Exception {
    execute(Proposal.rows(3000) + "DELETE FROM llm_logs WHERE id % 11 = 0");
    execute("CREATE TABLE before AS SELECT * FROM llm_logs");
    Schema.Adopted adopted = adopted(schema().apply(false, NOW));
    assertEquals(number("SELECT count(*) FROM before"), adopted.rows());
    assertTrue(adopted.blocked().toMillis() > 0);
    String columns = Proposal.COLUMNS;
    assertEquals(
        "0",
        text(
            """
            SELECT count(*) FROM (
              SELECT %1$s FROM before WHERE created_at IS NOT NULL
              EXCEPT ALL SELECT %1$s FROM llm_logs) gone
            """
                .formatted(columns)));
    assertEquals("3 3", text(NULL_TIMES.formatted("before", "llm_logs")));
    assertEquals(adopted.rows(), number("SELECT count(*) FROM llm_logs"));
    assertEquals(adopted.rows(), number("SELECT count(DISTINCT event_id) FROM llm_logs"));
    assertEquals(0, number("SELECT count(*) FROM llm_logs_default"));
    assertEquals(
        text("SELECT count(*), sum(tokens_input), sum(cost_usd)::numeric(18,12) FROM before"),
        text(
            "SELECT sum(calls), sum(tokens_input), sum(cost_usd)::numeric(18,12) FROM llm_log_hourly"));
    assertEquals("null", text("SELECT to_regclass('llm_logs_to_adopt')"));
    assertEquals(0, number("SELECT count(*) FROM pg_class WHERE relname ~ 'adopt'"));
    assertEquals(
        new Schema.Status(Migrations.newest(), Migrations.newest(), List.of(), false),
        schema().status());
    assertNull(schema().apply(false, NOW).adopted());
  }

  /** How many there were, and how many say that they had none. */
  private static final String NULL_TIMES =
      """
      SELECT (SELECT count(*) FROM %1$s WHERE created_at IS NULL), (
        SELECT count(*) FROM %2$s n JOIN %1$s o USING (id) WHERE o.created_at IS NULL
        AND n.created_at = '2026-11-23T12:00:00Z'
        AND n.metadata = coalesce(o.metadata, '{}') || '{"invalid": {"created_at": null}}')
      """;

  @Test
  void apply_makesTheSchemaOfAnEmptyDatabase() throws Exception {
    execute(Proposal.rows(10));
    schema().apply(false, NOW);
    String fresh = server().createDatabase("fresh");
    schema(fresh).apply(false, NOW);
    assertEquals(
        withoutOldMonths(Database.catalog(fresh)), withoutOldMonths(Database.catalog(url)));
  }

  @Test
  void ids_goOnBehindTheOld() throws Exception {
    execute(
        "INSERT INTO llm_logs (action) VALUES ('a'), ('b'), ('c'); DELETE FROM llm_logs WHERE id > 1");
    execute("INSERT INTO llm_logs (id, action) VALUES (-5, 'below')");
    schema().apply(false, NOW);
    execute("INSERT INTO llm_logs (action) VALUES ('next')");
    assertEquals("-5\n1\n4", text("SELECT id FROM llm_logs ORDER BY id"));
    assertEquals("5", text("SELECT nextval('llm_logs_id_seq')"));
  }

  @Test
  void anEmptyTable_isReplaced() throws Exception {
    assertEquals(0, adopted(schema().apply(false, NOW)).rows());
    execute("INSERT INTO llm_logs (action) VALUES ('first')");
    assertEquals("1", text("SELECT id FROM llm_logs"));
  }

  @Test
  void valuesThatNoMessageCouldBring_areTreatedAsItsContractSays() throws Exception {
    execute(
        """
        INSERT INTO llm_logs (id, created_at, action, cost_usd, metadata) VALUES
          (1, NULL, 'a', 'NaN', NULL),
          (2, 'infinity', 'a', NULL, '[1]'),
          (3, '0044-03-15 00:00:00+00 BC', 'a', NULL, 'null'),
          (4, '2026-11-01', 'a', NULL, 'null'),
          (5, '2026-11-01', 'a', NULL, '"text"'),
          (6, '2026-11-01', 'a', NULL, '{"k": 1, "usage": {"x": 2}, "invalid": 3}'),
          (7, '2026-11-01', 'a', NULL, '{}'),
          (8, '10000-01-01 00:00:00+00', 'a', NULL, '{"truncated": null}')
        """);
    schema().apply(false, NOW);
    assertEquals(
        """
        1 {"invalid": {"created_at": null}}
        2 {"invalid": {"metadata": [1], "created_at": "infinity"}}
        3 {"invalid": {"created_at": "0044-03-15T00:00:00+00:00 BC"}}
        4 null
        5 {"invalid": {"metadata": "text"}}
        6 {"k": 1, "invalid": {"metadata": {"usage": {"x": 2}, "invalid": 3}}}
        7 {}
        8 {"invalid": {"metadata": {"truncated": null}, "created_at": "10000-01-01T00:00:00+00:00"}}"""
            .replaceAll("\\+00:00", "+00"),
        text("SELECT id, metadata FROM llm_logs ORDER BY id").replaceAll("\\+00:00", "+00"));
    assertEquals("null", text("SELECT cost_usd FROM llm_logs WHERE id = 1"));
    assertEquals(
        4, number("SELECT count(*) FROM llm_logs WHERE created_at = '2026-11-23T12:00:00Z'"));
  }

  @Test
  void writers_thatGoOn_failNeverAndLoseNothing() throws Exception {
    adoptBesideTwoWriters(40_000);
  }

  void adoptBesideTwoWriters(int before) throws Exception {
    execute(Proposal.rows(before));
    ExecutorService executor = Executors.newFixedThreadPool(3);
    RunningWriter one = new RunningWriter(url);
    RunningWriter two = new RunningWriter(url);
    try {
      Future<Long> first = executor.submit(one);
      Future<Long> second = executor.submit(two);
      one.awaitRows(100);
      two.awaitRows(100);
      Schema.Adopted adopted = adopted(schema().apply(false, NOW));
      one.awaitRows(one.rows() + 100);
      one.stop();
      two.stop();
      long written = first.get() + second.get();
      long longest = Math.max(one.longestMillis(), two.longestMillis());
      System.out.printf(
          "adoption beside two writers: %d rows in %d ms, the table was replaced in %d ms,"
              + " the longest insert took %d ms, %d inserts went on%n",
          adopted.rows(),
          adopted.moving().toMillis(),
          adopted.blocked().toMillis(),
          longest,
          written);
      assertEquals(before + written, number("SELECT count(*) FROM llm_logs"));
      assertEquals(before + written, number("SELECT count(DISTINCT id) FROM llm_logs"));
      assertEquals(before + written, number("SELECT sum(calls) FROM llm_log_hourly"));
      assertEquals(0, number("SELECT count(*) FROM llm_logs_default"));
      assertTrue(longest < 3000, longest + " ms");
    } finally {
      one.stop();
      two.stop();
      executor.shutdownNow();
    }
  }

  @Test
  void aStatementPreparedBefore_goesOnAfter() throws Exception {
    try (Connection connection = PostgresServer.connect(url + "?prepareThreshold=1");
        PreparedStatement insert =
            connection.prepareStatement(
                "INSERT INTO llm_logs (action, company_id) VALUES (?, ?) RETURNING id")) {
      for (int i = 1; i <= 6; i++) {
        if (i == 4) {
          schema().apply(false, NOW);
        }
        insert.setString(1, "a");
        insert.setInt(2, i);
        try (ResultSet row = insert.executeQuery()) {
          row.next();
          assertEquals(i, row.getLong(1));
        }
      }
    }
    assertEquals(6, number("SELECT count(*) FROM llm_logs"));
  }

  @Test
  void aMoveThatIsKilled_isGoneOnWithByTheNextApply() throws Exception {
    int rows = 60_000;
    execute(Proposal.rows(rows));
    ExecutorService executor = Executors.newSingleThreadExecutor();
    try {
      Future<Schema.Applied> applying = executor.submit(() -> schema().apply(false, NOW));
      await("SELECT to_regclass('llm_logs_to_adopt') IS NOT NULL");
      await("SELECT count(*) > 4999 FROM llm_logs");
      await(
          """
          SELECT count(pg_terminate_backend(pid)) > 0 FROM pg_stat_activity
          WHERE datname = current_database() AND query LIKE 'WITH moved%' AND state = 'active'
          """);
      Exception died = assertThrows(Exception.class, applying::get);
      assertTrue(String.valueOf(died.getMessage()).contains("goes on with them"), died.toString());
    } finally {
      executor.shutdownNow();
    }
    long here = number("SELECT count(*) FROM llm_logs");
    long there = number("SELECT count(*) FROM llm_logs_to_adopt");
    assertTrue(here > 0 && there > 0, here + " and " + there);
    assertEquals(rows, here + there);
    assertTrue(schema().status().adopting());
    assertEquals(0, number("SELECT count(*) FROM llm_logs JOIN llm_logs_to_adopt USING (id)"));
    Schema.Adopted adopted = adopted(schema().apply(false, NOW));
    assertEquals(there, adopted.rows());
    assertTrue(adopted.blocked().isZero());
    assertEquals(rows, number("SELECT count(DISTINCT id) FROM llm_logs"));
    assertEquals(rows, number("SELECT sum(calls) FROM llm_log_hourly"));
    assertFalse(schema().status().adopting());
  }

  @Test
  void aTakeoverThatIsKilled_changesNothing() throws Exception {
    execute(Proposal.rows(100));
    String before = Database.catalog(url);
    ExecutorService executor = Executors.newSingleThreadExecutor();
    try (Connection reader = PostgresServer.connect(url)) {
      reader.setAutoCommit(false);
      Database.text(reader, "SELECT count(*) FROM llm_logs");
      Future<Schema.Applied> applying = executor.submit(() -> schema().apply(false, NOW));
      await(
          """
          SELECT count(pg_terminate_backend(pid)) > 0 FROM pg_stat_activity
          WHERE datname = current_database() AND query LIKE 'LOCK TABLE%' AND wait_event_type = 'Lock'
          """);
      assertThrows(Exception.class, applying::get);
    } finally {
      executor.shutdownNow();
    }
    assertEquals(before, Database.catalog(url));
    assertEquals(100, adopted(schema().apply(false, NOW)).rows());
  }

  @Test
  void behindALongReader_itIsGivenUpInTimeAndChangesNothing() throws Exception {
    execute(Proposal.rows(100));
    String before = Database.catalog(url);
    try (Connection reader = PostgresServer.connect(url)) {
      reader.setAutoCommit(false);
      Database.text(reader, "SELECT count(*) FROM llm_logs");
      Schema hasty = new Schema(PostgresUrl.parse(url), SCHEMA, Migrations.FILES, 2);
      SchemaException refused = assertThrows(SchemaException.class, () -> hasty.apply(false, NOW));
      assertTrue(
          String.valueOf(refused.getMessage()).contains("others hold a lock"),
          refused.getMessage());
    }
    assertEquals(before, Database.catalog(url));
  }

  @Test
  void severalAtOnce_moveEachRowOnce() throws Exception {
    execute(Proposal.rows(30_000));
    ExecutorService executor = Executors.newFixedThreadPool(3);
    try {
      Callable<Schema.Applied> applying = () -> schema().apply(false, NOW);
      long moved = 0;
      for (Future<Schema.Applied> one : executor.invokeAll(List.of(applying, applying, applying))) {
        Schema.Adopted adopted = one.get().adopted();
        moved += adopted == null ? 0 : adopted.rows();
      }
      assertEquals(30_000, moved);
    } finally {
      executor.shutdownNow();
    }
    assertEquals(30_000, number("SELECT count(DISTINCT id) FROM llm_logs"));
    assertEquals(30_000, number("SELECT sum(calls) FROM llm_log_hourly"));
  }

  @Test
  void indexesOfOthers_areNoHindrance() throws Exception {
    execute(
        """
        CREATE INDEX ON llm_logs (company_id, created_at); CREATE INDEX odd ON llm_logs (user_id);
        DROP INDEX idx_llm_logs_created_at; ALTER INDEX llm_logs_pkey RENAME TO pk
        """);
    execute(Proposal.rows(100));
    assertEquals(100, adopted(schema().apply(false, NOW)).rows());
    assertEquals("0", text("SELECT count(*) FROM llm_logs_default"));
  }

  @Test
  void rights_areCarriedOver_thoseOfTheFormerOwnerToo() throws Exception {
    String name = url.substring(url.lastIndexOf('_') + 1);
    String app = "app_" + name;
    String reader = "Reader \"" + name;
    String quoted = '"' + reader.replace("\"", "\"\"") + '"';
    execute(
        """
        CREATE ROLE %1$s LOGIN PASSWORD 'pw'; CREATE ROLE %2$s; ALTER TABLE llm_logs OWNER TO %1$s;
        GRANT SELECT ON llm_logs TO %2$s WITH GRANT OPTION;
        GRANT UPDATE (message) ON llm_logs TO PUBLIC
        """
            .formatted(app, quoted));
    schema().apply(false, NOW);
    PostgresServer.execute(
        url.replaceFirst("//[^@]+@", "//" + app + ":pw@"),
        "INSERT INTO llm_logs (action) VALUES ('a'); SELECT nextval('llm_logs_id_seq')");
    assertEquals("1", text("SELECT sum(calls) FROM llm_log_hourly"));
    assertEquals(
        "t t f t",
        text(
            """
            SELECT has_table_privilege('%1$s', 'llm_logs', 'SELECT WITH GRANT OPTION'),
              has_column_privilege('%1$s', 'llm_logs', 'message', 'UPDATE'),
              has_column_privilege('%1$s', 'llm_logs', 'action', 'UPDATE'),
              has_table_privilege('%2$s', 'llm_logs', 'DELETE')
            """
                .formatted(reader, app)));
  }

  private void await(String condition) throws SQLException {
    long deadline = System.nanoTime() + 60_000_000_000L;
    while (!text(condition).equals("t")) {
      assertTrue(System.nanoTime() < deadline, condition);
      LockSupport.parkNanos(1_000_000);
    }
  }

  private static String withoutOldMonths(String catalog) {
    return catalog
        .lines()
        .filter(
            line -> !line.contains("llm_logs_2025_") && !line.matches(".*llm_logs_2026_(0.|10).*"))
        .filter(line -> !line.startsWith("sequence "))
        .reduce("", (all, line) -> all + line + "\n");
  }

  private static Schema.Adopted adopted(Schema.Applied applied) {
    return Objects.requireNonNull(applied.adopted());
  }

  private void execute(String sql) {
    PostgresServer.execute(url, sql);
  }

  private long number(String sql) throws SQLException {
    return Database.number(url, sql);
  }

  private String text(String sql) throws SQLException {
    return Database.text(url, sql);
  }

  private Schema schema() {
    return schema(url);
  }

  private static Schema schema(String url) {
    return new Schema(PostgresUrl.parse(url), SCHEMA);
  }
}
