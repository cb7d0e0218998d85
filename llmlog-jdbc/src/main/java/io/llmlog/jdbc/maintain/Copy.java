package io.llmlog.jdbc.maintain;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.OffsetDateTime;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Brings the rows of a range from one table into another. For one thread. */
final class Copy {
  private final Connection connection;
  private final String origin;
  private final String target;
  private final Range range;
  private final String columns;
  private final String ofOrigin;
  private final String ofRow;
  private final String ofCopy;

  /**
   * @param connection not in auto-commit mode
   * @param target holds nothing but copies, and nobody else changes it
   */
  Copy(Connection connection, Catalog catalog, String origin, String target, Range range)
      throws SQLException {
    this.connection = connection;
    this.origin = origin;
    this.target = target;
    this.range = range;
    this.columns = catalog.columns(connection, "");
    this.ofOrigin = catalog.columns(connection, "o.");
    this.ofRow = catalog.columns(connection, "llmlog_row.");
    this.ofCopy = catalog.columns(connection, "llmlog_copy.");
    connection.rollback();
  }

  /** Copies what stands there now, in the order of the key, a transaction for each batch. */
  void inBatches() throws SQLException, StuckException, InterruptedException {
    Optional<Key> last = Optional.empty();
    do {
      Key after = last.orElse(null);
      last = Patience.SOME.inTransaction(connection, statement -> batch(after));
    } while (last.isPresent());
  }

  /**
   * Makes the target what the origin is, and takes those rows out of the origin. Both tables are
   * locked by the caller, so this is exact; most was copied before, so it is short.
   *
   * @return how many rows it moved
   */
  long finish(Statement statement) throws SQLException, StuckException {
    // Rows that were changed or deleted after they were copied, such as by erase; compared byte by
    // byte, since a column added by others may have no other equality, and by name, since the two
    // tables may have them in another order.
    statement.executeUpdate(
        """
        DELETE FROM %s AS llmlog_copy WHERE NOT EXISTS (
          SELECT FROM %s AS llmlog_row WHERE llmlog_row.created_at = llmlog_copy.created_at
            AND llmlog_row.event_id = llmlog_copy.event_id AND ROW(%s)::record *= ROW(%s)::record)
        """
            .formatted(target, origin, ofRow, ofCopy));
    statement.executeUpdate(
        """
        INSERT INTO %s (%s) SELECT %s FROM %s o WHERE %s AND NOT EXISTS (
          SELECT FROM %1$s t WHERE t.created_at = o.created_at AND t.event_id = o.event_id)
        """
            .formatted(target, columns, ofOrigin, origin, range.condition()));
    long moved =
        statement.executeLargeUpdate(
            "DELETE FROM %s WHERE %s".formatted(origin, range.condition()));
    try (ResultSet row = statement.executeQuery("SELECT count(*) FROM " + target)) {
      row.next();
      if (row.getLong(1) != moved) {
        throw new StuckException(
            "%d rows were copied of %d; nothing was moved".formatted(row.getLong(1), moved));
      }
    }
    return moved;
  }

  private record Key(OffsetDateTime createdAt, UUID eventId) {}

  /** Answers the last key of the batch, or nothing where nothing was left. */
  private Optional<Key> batch(@Nullable Key after) throws SQLException {
    String sql =
        """
        WITH batch AS MATERIALIZED (
          SELECT %s FROM %s WHERE %s %s ORDER BY created_at, event_id LIMIT %d),
        copied AS (INSERT INTO %s (%1$s) SELECT %1$s FROM batch ON CONFLICT DO NOTHING)
        SELECT created_at, event_id FROM batch ORDER BY created_at DESC, event_id DESC LIMIT 1
        """
            .formatted(
                columns,
                origin,
                range.condition(),
                after == null ? "" : "AND (created_at, event_id) > (?, ?)",
                DefaultPartition.BATCH,
                target);
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      if (after != null) {
        statement.setObject(1, after.createdAt());
        statement.setObject(2, after.eventId());
      }
      try (ResultSet row = statement.executeQuery()) {
        return row.next()
            ? Optional.of(
                new Key(row.getObject(1, OffsetDateTime.class), row.getObject(2, UUID.class)))
            : Optional.empty();
      }
    }
  }
}
