package io.llmlog.jdbc.maintain;

import io.llmlog.jdbc.SchemaName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.TemporalAmount;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A hypertable of TimescaleDB, which makes its chunks by itself: what is left is to drop them. Safe
 * for use by several threads and processes.
 */
final class ChunkedTable implements SlicedTable {
  private final ConnectionSource database;
  private final SchemaName schema;
  private final Layout layout;
  private final TemporalAmount retention;
  private final @Nullable Archiver archiver;

  /**
   * @param retention of this table
   */
  ChunkedTable(
      ConnectionSource database,
      SchemaName schema,
      Layout layout,
      TemporalAmount retention,
      @Nullable Archiver archiver) {
    this.database = database;
    this.schema = schema;
    this.layout = layout;
    this.retention = retention;
    this.archiver = archiver;
  }

  /** The bounds stay in the server's own type: they may be infinite. */
  private record Chunk(Piece piece, OffsetDateTime from, OffsetDateTime to) {}

  @Override
  public String name() {
    return layout.table();
  }

  @Override
  public void prepare(Instant now, Instant cutoff, Findings findings) {
    // Nothing: a chunk is made by its first row, and none is outside of those of its time.
  }

  /**
   * Drops by ourselves in every edition, and keeps a policy of the same length where there are
   * policies, by which the server goes on when no worker runs. No policy waits for an archive.
   */
  @Override
  public void expire(Instant cutoff, Findings findings) throws SQLException, InterruptedException {
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(true);
      String timescale = timescale(connection);
      if (archiver != null) {
        keepPolicy(connection, timescale, findings);
      }
      for (Chunk chunk : chunks(connection, cutoff)) {
        String name = chunk.piece().name();
        if (!findings.attempt(
            name,
            () -> {
              archive(connection, chunk);
              drop(connection, timescale, chunk);
              findings.dropped(name);
            })) {
          // What is in its way is in the way of the others too; the next round goes on.
          break;
        }
      }
      if (archiver == null) {
        // After our own dropping, which waits for nobody long: a new policy runs at once.
        keepPolicy(connection, timescale, findings);
      }
    }
  }

  @Override
  public void preview(Instant now, Instant cutoff, Findings findings) throws SQLException {
    try (Connection connection = database.getConnection()) {
      chunks(connection, cutoff).forEach(chunk -> findings.dropped(chunk.piece().name()));
    }
  }

  @Override
  public void count(Findings findings) throws SQLException {
    try (Connection connection = database.getConnection()) {
      findings.counted(layout.table(), chunks(connection, null).size(), 0);
    }
  }

  /** The schema of the extension's functions, quoted where it must be. */
  private static String timescale(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                """
                SELECT quote_ident(n.nspname) FROM pg_extension e
                JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'timescaledb'
                """)) {
      row.next();
      return row.getString(1);
    }
  }

  /**
   * Those that end at the cutoff or before, the oldest first.
   *
   * @param cutoff null: all
   */
  private List<Chunk> chunks(Connection connection, @Nullable Instant cutoff) throws SQLException {
    try (PreparedStatement query =
        connection.prepareStatement(
            """
            SELECT chunk_schema, chunk_name, range_start, range_end
            FROM timescaledb_information.chunks
            WHERE hypertable_schema = ? AND hypertable_name = ? AND range_end <= ?
            ORDER BY range_start
            """)) {
      query.setString(1, schema.name());
      query.setString(2, layout.table());
      query.setObject(3, cutoff == null ? OffsetDateTime.MAX : cutoff.atOffset(ZoneOffset.UTC));
      List<Chunk> chunks = new ArrayList<>();
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          chunks.add(
              chunk(
                  row.getString(1),
                  row.getString(2),
                  row.getObject(3, OffsetDateTime.class),
                  row.getObject(4, OffsetDateTime.class)));
        }
      }
      return chunks;
    }
  }

  private static Chunk chunk(String schema, String name, OffsetDateTime from, OffsetDateTime to) {
    Range range = new Range(from.toInstant(), to.toInstant());
    return new Chunk(new Piece(schema, name, true, null, range), from, to);
  }

  /** A chunk cannot be detached; but the writers refuse what would belong into it. */
  private void archive(Connection connection, Chunk chunk)
      throws SQLException, StuckException, InterruptedException {
    if (archiver == null) {
      return;
    }
    try {
      archiver.archive(connection, layout.table(), chunk.piece());
    } catch (InterruptedException | SQLException e) {
      throw e;
    } catch (Exception e) {
      throw new StuckException("could not be archived, and is kept: " + e);
    }
  }

  private void drop(Connection connection, String timescale, Chunk chunk)
      throws SQLException, StuckException, InterruptedException {
    inTransaction(
        connection,
        Patience.SHORT,
        statement -> {
          try (PreparedStatement drop =
              connection.prepareStatement(
                  ("SELECT %s.drop_chunks(CAST(? AS regclass),"
                          + " older_than => CAST(? AS timestamptz),"
                          + " newer_than => CAST(? AS timestamptz))")
                      .formatted(timescale))) {
            drop.setString(1, schema.table(layout.table()));
            drop.setObject(2, chunk.to());
            drop.setObject(3, chunk.from());
            return drop.execute();
          }
        });
  }

  /** Makes, changes or takes away the policy. */
  private void keepPolicy(Connection connection, String timescale, Findings findings)
      throws SQLException, InterruptedException {
    // Both kinds, periods and durations, are written as ISO 8601 has them.
    String interval = "INTERVAL '" + retention + "'";
    String table = "'" + schema.table(layout.table()) + "'::regclass";
    String known =
        """
        SELECT config->>'drop_after' = CAST(%s AS text) FROM timescaledb_information.jobs
        WHERE proc_name = 'policy_retention' AND hypertable_schema = '%s'
          AND hypertable_name = '%s'
        """
            .formatted(interval, schema.name(), layout.table());
    findings.attempt(
        "the retention policy of " + layout.table(),
        () ->
            inTransaction(
                connection,
                Patience.SOME,
                statement -> {
                  if (!isTrue(
                      statement, "SELECT current_setting('timescaledb.license') <> 'apache'")) {
                    return false;
                  }
                  boolean right = archiver == null && isTrue(statement, known);
                  if (!right) {
                    statement.execute(
                        "SELECT %s.remove_retention_policy(%s, if_exists => true)"
                            .formatted(timescale, table));
                  }
                  if (!right && archiver == null) {
                    statement.execute(
                        "SELECT %s.add_retention_policy(%s, drop_after => %s)"
                            .formatted(timescale, table, interval));
                  }
                  return true;
                }));
  }

  /** An archiver wants auto-commit, a transaction does not. */
  private static <T> void inTransaction(
      Connection connection, Patience patience, Patience.Work<T> work)
      throws SQLException, StuckException, InterruptedException {
    connection.setAutoCommit(false);
    try {
      patience.inTransaction(connection, work);
    } finally {
      connection.setAutoCommit(true);
    }
  }

  private static boolean isTrue(Statement statement, String query) throws SQLException {
    try (ResultSet row = statement.executeQuery(query)) {
      return row.next() && row.getBoolean(1);
    }
  }
}
