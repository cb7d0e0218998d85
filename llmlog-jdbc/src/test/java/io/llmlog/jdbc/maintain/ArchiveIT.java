package io.llmlog.jdbc.maintain;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.testkit.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Partitions that are archived before they are dropped, and what a restore makes of the files. */
final class ArchiveIT {
  @RegisterExtension static final PostgresServer POSTGRES = PostgresServer.create();

  private static final Instant APPLIED = Instant.parse("2025-09-15T12:00:00Z");
  private static final Instant NOW = Instant.parse("2026-11-15T12:00:00Z");
  private static final Range SEPTEMBER =
      new Range(Instant.parse("2025-09-01T00:00:00Z"), Instant.parse("2025-10-01T00:00:00Z"));
  private static final String LOGS = "analytics.llm_logs_2025_09.zip";

  @TempDir Path directory;

  private Tables tables;

  @BeforeEach
  void makeRows() throws Exception {
    tables = new Tables(POSTGRES, APPLIED);
    tables.execute(
        """
        INSERT INTO analytics.llm_logs
          (created_at, action, message, end_user, company_id, cost_usd, metadata, streaming)
        VALUES
          ('2025-09-01T00:00:00Z', 'nothing', NULL, NULL, NULL, NULL, NULL, NULL),
          ('2025-09-15T12:00:00.123456Z', 'empty', '', ' ', 1, 0, '{}', true),
          ('2025-09-15T12:00:00.123457Z', 'signs', E'a "quote", a comma;\\n\\\\.\\n\\r\\n\\t\\\\N',
            E'K\\u00E4the \\U0001D11E \\u202E', -9223372036854775808, 'NaN',
            '{"a\\"b": [1.0, null, "\\\\n"], "\u00e9": 1e400}', false),
          ('2025-09-30T23:59:59.999999Z', 'last', 'NULL', '\\N', 1, 123456.123456789012, '""', true);
        INSERT INTO analytics.llm_log_contents (created_at, event_id, request, response) VALUES
          ('2025-09-16T01:00:00Z', gen_random_uuid(), '{"prompt": "line\\nline"}', NULL)
        """);
  }

  @Test
  void whatWasArchived_comesBackAsItWas_andStaysUntilItIsReleased() throws Exception {
    String rows = rows("llm_logs");
    String contents = rows("llm_log_contents");
    String rollup = rows("llm_log_hourly");
    MaintenanceReport report = archiving().run(NOW);
    assertEquals(List.of(), report.stuck());
    assertEquals(9, report.dropped().size());
    assertEquals(9, files().size(), files().toString());
    assertEquals("null", rows("llm_logs"));

    Restore.Restored restored = tables.restore().run(directory.resolve(LOGS));
    assertEquals(
        new Restore.Restored("llm_logs_2025_09", SEPTEMBER.from(), SEPTEMBER.to(), 4), restored);
    tables.restore().run(directory.resolve("analytics.llm_log_contents_2025_09_16.zip"));
    assertEquals(rows, rows("llm_logs"));
    assertEquals(contents, rows("llm_log_contents"));
    assertEquals(rollup, rows("llm_log_hourly"));
    assertEquals(
        "0", text("SELECT count(*) FROM pg_constraint WHERE conname = 'llmlog_restoring'"));
    assertRefused(LOGS, "llm_logs has a partition for rows from 2025-09-01T00:00:00Z");

    assertEquals(List.of(), archiving().run(NOW).dropped());
    assertEquals(rows, rows("llm_logs"));
    tables.execute("COMMENT ON TABLE analytics.llm_logs_2025_09 IS NULL");
    assertEquals(List.of("llm_logs_2025_09"), archiving().run(NOW).dropped());
    assertEquals(9, files().size(), "the same rows are archived once: " + files());
    assertEquals(rollup, rows("llm_log_hourly"));
  }

  @Test
  void whatCannotBeArchived_isKept_andArchivedByALaterRound() throws Exception {
    Path place = Files.createDirectory(directory.resolve("archive"));
    Archive archive = Archive.in(place);
    Files.delete(place);
    MaintenanceReport report = tables.archivingInto(archive).run(NOW);
    assertEquals(List.of(), report.dropped());
    assertEquals("llm_logs_2025_09", report.stuck().get(0).partition());
    assertTrue(report.stuck().get(0).reason().contains("is kept"), report.toString());
    assertEquals("4", text("SELECT count(*) FROM analytics.llm_logs_2025_09"));
    Files.createDirectory(place);
    report = tables.archivingInto(archive).run(NOW);
    assertEquals(List.of(), report.stuck());
    assertFalse(tables.exists("llm_logs_2025_09"));
    assertTrue(Files.exists(place.resolve(LOGS)));
    assertEquals(4, tables.restore().run(place.resolve(LOGS)).rows());
  }

  @Test
  void aRoundKilledBeforeTheDrop_leavesOneFile() throws Exception {
    Archive archive = Archive.in(directory);
    Archiver killed =
        (connection, parent, piece) -> {
          archive.keep(connection, parent, piece);
          connection.createStatement().execute("SELECT pg_terminate_backend(pg_backend_pid())");
        };
    TableMaintenance dying = Tables.maintenance(tables.url(), killed);
    assertThrows(SQLException.class, () -> dying.run(NOW));
    assertTrue(tables.exists("llm_logs_2025_09"));
    // Of a round that was killed while it wrote, and of one that writes still.
    Path old = Files.createFile(directory.resolve("analytics.llm_logs_2025_09.old.part"));
    Files.setLastModifiedTime(old, FileTime.from(Instant.parse("2025-10-15T00:00:00Z")));
    Path present = Files.createFile(directory.resolve("analytics.llm_logs_2025_09.new.part"));
    assertEquals(List.of(), archiving().run(NOW).stuck());
    assertFalse(tables.exists("llm_logs_2025_09"));
    assertFalse(Files.exists(old));
    Files.delete(present);
    assertEquals(9, files().size(), files().toString());
  }

  @Test
  void otherRowsOfTheSameMonth_getAFileOfTheirOwn() throws Exception {
    archiving().run(NOW);
    byte[] first = Files.readAllBytes(directory.resolve(LOGS));
    tables.execute(
        """
        CREATE TABLE analytics.llm_logs_2025_09 PARTITION OF analytics.llm_logs
          FOR VALUES FROM ('2025-09-01Z') TO ('2025-10-01Z');
        INSERT INTO analytics.llm_logs (created_at, action) VALUES ('2025-09-02Z', 'late')
        """);
    assertEquals(List.of(), archiving().run(NOW).stuck());
    assertArrayEquals(first, Files.readAllBytes(directory.resolve(LOGS)));
    assertEquals(
        1, tables.restore().run(directory.resolve("analytics.llm_logs_2025_09-2.zip")).rows());
    assertRefused(LOGS, "has a partition for rows");
  }

  @Test
  void whatIsDamagedOrDoesNotFit_isRefused_andNothingChanges() throws Exception {
    archiving().run(NOW);
    byte[] bytes = Files.readAllBytes(directory.resolve(LOGS));
    byte[] flipped = bytes.clone();
    flipped[100] ^= 1;
    Files.write(directory.resolve("flipped.zip"), flipped);
    assertRefused("flipped.zip", "is damaged");
    Files.write(directory.resolve("cut.zip"), Arrays.copyOf(bytes, bytes.length / 2));
    assertRefused("cut.zip", "is no archive of llmlog, or not all of one");
    write("unknown.zip", "llm_logs", "llm_logs_2025_09", "created_at,mood", "2025-09-02Z,glad");
    assertRefused("unknown.zip", "the table has no column mood: use a newer llmlog");
    write("other.zip", "accounts", "accounts_1", "created_at", "2025-09-02Z");
    assertRefused("other.zip", "none of llmlog's tables");
    write("taken.zip", "llm_logs", "llm_logs_default", "created_at", "2025-09-02Z");
    assertRefused("taken.zip", "a table llm_logs_default is there already");
    write("outside.zip", "llm_logs", "llm_logs_2025_09", "id,created_at,action", "1,2025-10-02Z,a");
    SQLException outside =
        assertThrows(
            SQLException.class, () -> tables.restore().run(directory.resolve("outside.zip")));
    assertEquals("23514", outside.getSQLState());
    assertFalse(tables.exists("llm_logs_2025_09"));

    tables.execute(
        "INSERT INTO analytics.llm_logs (created_at, action) VALUES ('2025-09-02Z', 'in DEFAULT')");
    assertRefused(LOGS, "stand in the DEFAULT partition; llmlog maintain");
    assertFalse(tables.exists("llm_logs_2025_09"));
    assertEquals(1L, archiving().run(NOW).deleted().get("llm_logs_default"));
    assertEquals(4, tables.restore().run(directory.resolve(LOGS)).rows());
  }

  @Test
  void aRestore_goesOnAfterAKilledOne_andNotBesideAnother() throws Exception {
    String rows = rows("llm_logs");
    archiving().run(NOW);
    tables.execute(
        """
        CREATE TABLE analytics.llm_logs_2025_09 (half text);
        COMMENT ON TABLE analytics.llm_logs_2025_09 IS
          'llmlog: restoring, from 2025-09-01T00:00:00Z to 2025-10-01T00:00:00Z'
        """);
    try (Connection other = PostgresServer.connect(tables.url());
        Statement statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute(
          "SELECT pg_advisory_xact_lock(hashtextextended('llmlog restore analytics', 0))");
      assertRefused(LOGS, "another restore is at work");
      other.rollback();
    }
    tables.restore().run(directory.resolve(LOGS));
    assertEquals(rows, rows("llm_logs"));
  }

  private TableMaintenance archiving() {
    return tables.archivingInto(Archive.in(directory));
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.toList();
    }
  }

  /** All columns of all rows; tells NULL from an empty text. */
  private String rows(String table) throws SQLException {
    return text(
        "SELECT string_agg(t::text, E'\\n' ORDER BY t::text) FROM analytics." + table + " t");
  }

  private String text(String sql) throws SQLException {
    return tables.text(sql);
  }

  private void write(String name, String parent, String table, String columns, String row)
      throws IOException {
    ArchiveFile.<IOException>write(
        directory.resolve(name),
        parent,
        table,
        SEPTEMBER,
        List.of(columns.split(",", -1)),
        csv -> csv.write((columns + "\n" + row + "\n").getBytes(UTF_8)));
  }

  private void assertRefused(String name, String why) {
    Path path = directory.resolve(name);
    IOException e = assertThrows(IOException.class, () -> tables.restore().run(path));
    String text = String.valueOf(e.getMessage());
    assertTrue(text.startsWith(path + ": ") && text.contains(why), text);
  }
}
