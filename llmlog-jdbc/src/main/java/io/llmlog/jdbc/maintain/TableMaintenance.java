package io.llmlog.jdbc.maintain;

import io.llmlog.jdbc.Partitioning;
import io.llmlog.jdbc.SchemaName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * All that the tables need over time: partitions ahead, misplaced rows brought to theirs, and what
 * is past retention dropped. A round may be killed at any moment; the next one finishes it.
 *
 * <p>Safe for use by several threads and processes at once: one does the work, the others do
 * nothing. Holds no connection between two calls and no state of a session.
 */
public final class TableMaintenance {
  private final DataSource database;
  private final SchemaName schema;
  private final Retention retention;
  private final @Nullable Archiver archiver;

  /**
   * @param database connects as a role that owns the tables, at least two connections at a time;
   *     its answers may take ten minutes
   * @param archive keeps partitions before they are dropped; null: they are just dropped
   */
  public TableMaintenance(
      DataSource database, SchemaName schema, Retention retention, @Nullable Archive archive) {
    this(database, schema, retention, archive == null ? null : (Archiver) archive::keep);
  }

  TableMaintenance(
      DataSource database, SchemaName schema, Retention retention, @Nullable Archiver archiver) {
    this.database = database;
    this.schema = schema;
    this.retention = retention;
    this.archiver = archiver;
  }

  /**
   * One round. What cannot be done, because a right is missing or others hold a lock for long, is
   * reported and not thrown; the rest is done all the same.
   *
   * @param now decides which partitions are wanted and what is past retention
   * @throws SQLException if the database is away or the tables are missing
   */
  public MaintenanceReport run(Instant now) throws SQLException, InterruptedException {
    Findings findings = new Findings();
    try (KeptConnection kept = new KeptConnection(database)) {
      Tables tables = tables(kept);
      boolean mine;
      try (Connection guard = database.getConnection()) {
        guard.setAutoCommit(false);
        try {
          mine = lock(guard);
          if (mine) {
            work(tables, kept, now, findings);
          }
        } finally {
          // Ends the transaction, and with it the lock, before anybody is told that the round is
          // over.
          Patience.rollBack(guard);
        }
      }
      count(tables, findings);
      return findings.report(now, !mine);
    }
  }

  /**
   * What a round would do now. Changes nothing, and waits for no lock but a reader's.
   *
   * @throws SQLException if the database is away, the tables are missing or may not be read
   */
  public MaintenanceReport preview(Instant now) throws SQLException, InterruptedException {
    Findings findings = new Findings();
    try (KeptConnection kept = new KeptConnection(database)) {
      Tables tables = tables(kept);
      tables.logs().preview(now, rowsCutoff(now), findings);
      tables.contents().preview(now, contentsCutoff(now), findings);
      new ExpiredRows(kept, schema)
          .preview(contentsCutoff(now), Retention.cutoff(now, retention.rollup()), findings);
      count(tables, findings);
      return findings.report(now, false);
    }
  }

  /** The large ones, as the catalog says they are cut. */
  private record Tables(SlicedTable logs, SlicedTable contents) {}

  private Tables tables(ConnectionSource connections) throws SQLException {
    try (Connection connection = connections.getConnection()) {
      return Partitioning.read(connection, schema) == Partitioning.TIMESCALE
          ? new Tables(
              new ChunkedTable(connections, schema, Layout.LOGS, retention.rows(), archiver),
              new ChunkedTable(
                  connections, schema, Layout.CONTENTS, retention.contents(), archiver))
          : new Tables(
              new NativeTable(connections, schema, Layout.LOGS, archiver),
              new NativeTable(connections, schema, Layout.CONTENTS, archiver));
    }
  }

  private void work(Tables tables, ConnectionSource connections, Instant now, Findings findings)
      throws SQLException, InterruptedException {
    ExpiredRows expired = new ExpiredRows(connections, schema);
    SummedRollup sums = new SummedRollup(connections, schema);
    // First what writing needs.
    tables.logs().prepare(now, rowsCutoff(now), findings);
    tables.contents().prepare(now, contentsCutoff(now), findings);
    tables.logs().expire(rowsCutoff(now), findings);
    tables.contents().expire(contentsCutoff(now), findings);
    expired.deleteLetters(contentsCutoff(now), findings);
    Instant rollupCutoff = Retention.cutoff(now, retention.rollup());
    new HourlyAdditions(connections, schema).fold(findings);
    sums.deleteBefore(rollupCutoff, findings);
    expired.deleteHours(rollupCutoff, findings);
    sums.addUp(rollupCutoff, findings);
  }

  private void count(Tables tables, Findings findings) throws SQLException, InterruptedException {
    for (SlicedTable table : List.of(tables.logs(), tables.contents())) {
      findings.attempt(table.name(), () -> table.count(findings));
    }
  }

  private Instant rowsCutoff(Instant now) {
    return Retention.cutoff(now, retention.rows());
  }

  private Instant contentsCutoff(Instant now) {
    return Retention.cutoff(now, retention.contents());
  }

  /**
   * Of a transaction, not of a session: behind PgBouncer a session belongs to nobody. The
   * transaction stays open and idle for the whole round; it has no snapshot, so it keeps nothing
   * from being cleaned. Should it be cut off, two rounds may meet, which each step survives.
   */
  private boolean lock(Connection guard) throws SQLException {
    try (Statement statement = guard.createStatement()) {
      statement.execute("SET LOCAL idle_in_transaction_session_timeout = 0");
    }
    try (PreparedStatement lock =
        guard.prepareStatement(
            "SELECT pg_try_advisory_xact_lock(hashtextextended('llmlog maintenance ' || ?, 0))")) {
      lock.setString(1, schema.name());
      try (ResultSet row = lock.executeQuery()) {
        row.next();
        return row.getBoolean(1);
      }
    }
  }
}
