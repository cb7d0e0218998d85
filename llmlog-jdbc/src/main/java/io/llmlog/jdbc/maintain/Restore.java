package io.llmlog.jdbc.maintain;

import io.llmlog.jdbc.Partitioning;
import io.llmlog.jdbc.SchemaName;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/**
 * Brings a partition back out of its {@link Archive}. It is attached, not inserted: the rollup
 * counted its rows when they came. Retention leaves it alone from then on.
 *
 * <p>Safe for use by several threads and processes at once: one restores, the others are told.
 */
public final class Restore {
  private static final String CHECK = "llmlog_restoring";
  private static final String CHECK_VIOLATION = "23514";

  private final DataSource database;
  private final SchemaName schema;

  /**
   * @param database connects as a role that owns the tables, two connections at a time; its answers
   *     may take ten minutes
   */
  public Restore(DataSource database, SchemaName schema) {
    this.database = database;
    this.schema = schema;
  }

  /**
   * What was restored.
   *
   * @param table the partition, without the schema
   * @param from the first moment of its rows
   * @param to the first moment after them
   */
  public record Restored(String table, Instant from, Instant to, long rows) {}

  /**
   * Restores one file. All is read and checked before anything is changed, and a failure leaves
   * nothing behind; what a kill leaves is no part of the tables, and the next call removes it.
   *
   * @throws IOException if the file is no archive, damaged, or does not fit the tables, or another
   *     restore is at work; the text names the file and says why
   * @throws SQLException if the database is away, refuses, or others hold a lock for long
   */
  public Restored run(Path path) throws IOException, SQLException, InterruptedException {
    ArchiveFile file = ArchiveFile.open(path);
    file.verify();
    ArchiveFile.Facts facts = file.facts();
    if (!Set.of(Layout.LOGS.table(), Layout.CONTENTS.table()).contains(facts.parent())
        || !facts.table().startsWith(facts.parent() + "_")) {
      throw new IOException(
          "%s: is of %s, a partition of %s, which is none of llmlog's tables"
              .formatted(path, facts.table(), facts.parent()));
    }
    if (areHypertables()) {
      throw new IOException(
          "%s: cannot be restored into schema %s, whose tables are hypertables of TimescaleDB: what is inserted there is counted once more; take a schema with native partitions"
              .formatted(path, schema.name()));
    }
    Catalog catalog = new Catalog(schema, facts.parent());
    try (Connection guard = database.getConnection();
        Connection connection = database.getConnection()) {
      guard.setAutoCommit(false);
      connection.setAutoCommit(false);
      try {
        lock(guard);
        fill(connection, catalog, file);
        attach(connection, catalog, facts);
      } catch (StuckException e) {
        throw new IOException(path + ": " + e.getMessage(), e);
      } finally {
        Patience.rollBack(connection);
        Patience.rollBack(guard);
      }
    }
    return new Restored(
        facts.table(), facts.range().from(), facts.range().to(), facts.content().rows());
  }

  private boolean areHypertables() throws SQLException {
    try (Connection connection = database.getConnection()) {
      return Partitioning.read(connection, schema) == Partitioning.TIMESCALE;
    }
  }

  /** Two at once could fill or drop each other's table. Of a transaction, as in maintenance. */
  private void lock(Connection guard) throws SQLException, StuckException {
    try (Statement statement = guard.createStatement()) {
      statement.execute("SET LOCAL idle_in_transaction_session_timeout = 0");
    }
    try (PreparedStatement lock =
        guard.prepareStatement(
            "SELECT pg_try_advisory_xact_lock(hashtextextended('llmlog restore ' || ?, 0))")) {
      lock.setString(1, schema.name());
      try (ResultSet row = lock.executeQuery()) {
        row.next();
        if (!row.getBoolean(1)) {
          throw new StuckException("another restore is at work; try again when it has ended");
        }
      }
    }
  }

  /** Makes the table with its rows, which nobody sees yet. */
  private static void fill(Connection connection, Catalog catalog, ArchiveFile file)
      throws SQLException, IOException, StuckException {
    ArchiveFile.Facts facts = file.facts();
    String table = catalog.table(facts.table());
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          """
          SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO'; SET LOCAL lock_timeout = '2s';
          SET LOCAL statement_timeout = 0
          """);
      mustBeFree(connection, catalog, facts);
      mustKnow(facts.columns(), Catalog.columnNames(connection, catalog.table()));
      Piece there = catalog.named(connection, facts.table());
      if (isRestoring(there)) {
        statement.execute("DROP TABLE " + table);
      } else if (there != null) {
        throw new StuckException("a table " + facts.table() + " is there already");
      }
      statement.execute(
          "CREATE TABLE %s (LIKE %s INCLUDING ALL EXCLUDING IDENTITY)"
              .formatted(table, catalog.shape(connection)));
      // Spares ATTACH the reading of all rows, and refuses those that do not belong here.
      statement.execute(
          "ALTER TABLE %s ADD CONSTRAINT %s CHECK (%s)"
              .formatted(table, CHECK, facts.range().condition()));
      statement.execute(
          "COMMENT ON TABLE %s IS '%s'"
              .formatted(table, new Note(Note.Kind.RESTORING, facts.range()).text()));
      String copy =
          "COPY %s (%s) FROM STDIN (FORMAT csv, HEADER)"
              .formatted(
                  table,
                  facts.columns().stream().map(Piece::quote).collect(Collectors.joining(", ")));
      long[] rows = new long[1];
      file.read(
          (ArchiveFile.Reader<SQLException>)
              csv ->
                  rows[0] = connection.unwrap(PGConnection.class).getCopyAPI().copyIn(copy, csv));
      if (rows[0] != facts.content().rows()) {
        throw new StuckException(
            rows[0] + " rows were read of " + facts.content().rows() + "; nothing was restored");
      }
    }
    connection.commit();
  }

  private static void attach(Connection connection, Catalog catalog, ArchiveFile.Facts facts)
      throws SQLException, StuckException, InterruptedException {
    String table = catalog.table(facts.table());
    boolean attached = false;
    try {
      attached =
          Patience.SOME.inTransaction(
              connection,
              statement -> {
                catalog.lock(statement);
                mustBeFree(connection, catalog, facts);
                statement.execute(
                    "ALTER TABLE %s ATTACH PARTITION %s FOR VALUES %s"
                        .formatted(catalog.table(), table, facts.range().bounds()));
                statement.execute(
                    "ALTER TABLE %s DROP CONSTRAINT %s; COMMENT ON TABLE %1$s IS '%s'"
                        .formatted(table, CHECK, Note.KEEP + ", restored from an archive"));
                return true;
              });
    } catch (SQLException e) {
      if (CHECK_VIOLATION.equals(e.getSQLState())) {
        throw new StuckException(
            "rows of its time stand in the DEFAULT partition; llmlog maintain brings them elsewhere");
      }
      throw e;
    } finally {
      if (!attached) {
        discard(connection, catalog, facts.table());
      }
    }
  }

  /** Where this fails too, the next restore does it. */
  private static void discard(Connection connection, Catalog catalog, String name) {
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET LOCAL lock_timeout = '2s'");
      catalog.lock(statement);
      // It may be a partition now: the answer to a commit can be lost.
      if (isRestoring(catalog.named(connection, name))) {
        statement.execute("DROP TABLE " + catalog.table(name));
      }
      connection.commit();
    } catch (SQLException e) {
      // What made the restore fail is on its way to the caller.
      Patience.rollBack(connection);
    }
  }

  private static void mustBeFree(Connection connection, Catalog catalog, ArchiveFile.Facts facts)
      throws SQLException, StuckException {
    Catalog.Pieces pieces = catalog.pieces(connection);
    if (!pieces.gaps(facts.range()).equals(List.of(facts.range()))) {
      throw new StuckException(
          "%s has a partition for rows from %s to %s already"
              .formatted(facts.parent(), facts.range().from(), facts.range().to()));
    }
  }

  private static void mustKnow(List<String> columns, List<String> known) throws StuckException {
    List<String> unknown = new ArrayList<>(columns);
    unknown.removeAll(known);
    if (!unknown.isEmpty()) {
      throw new StuckException(
          "the table has no column " + String.join(", ", unknown) + ": use a newer llmlog");
    }
  }

  private static boolean isRestoring(@Nullable Piece piece) {
    Note note = piece == null ? null : Note.read(piece.note());
    return piece != null && piece.plain() && note != null && note.kind() == Note.Kind.RESTORING;
  }
}
