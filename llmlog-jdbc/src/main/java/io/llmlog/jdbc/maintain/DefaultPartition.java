package io.llmlog.jdbc.maintain;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.Map;

/** The rows that no other partition holds. Usually there are none. */
final class DefaultPartition {
  /** How many rows a transaction copies or deletes at most. */
  static final int BATCH = 1000;

  private final Layout layout;
  private final String name;
  private final String table;

  DefaultPartition(Layout layout, Piece piece) {
    this.layout = layout;
    this.name = piece.name();
    this.table = piece.quoted();
  }

  String name() {
    return name;
  }

  /** How many rows there are of each month or day that touches the stretch, in its order. */
  Map<Range, Long> ranges(Connection connection, Instant from, Instant to) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT date_trunc('%s', created_at, 'UTC'), count(*) FROM %s WHERE %s GROUP BY 1 ORDER BY 1"
                    .formatted(layout.unit(), table, new Range(from, to).condition()))) {
      Map<Range, Long> rows = new LinkedHashMap<>();
      while (row.next()) {
        rows.put(layout.around(row.getObject(1, OffsetDateTime.class).toInstant()), row.getLong(2));
      }
      return rows;
    }
  }

  boolean holds(Connection connection, Range range) throws SQLException {
    return number(
            connection,
            "SELECT count(*) FROM (SELECT FROM %s WHERE %s LIMIT 1) AS one"
                .formatted(table, range.condition()))
        > 0;
  }

  long count(Connection connection) throws SQLException {
    return number(connection, "SELECT count(*) FROM " + table);
  }

  long countBefore(Connection connection, Instant cutoff) throws SQLException {
    return number(
        connection,
        "SELECT count(*) FROM %s WHERE created_at < TIMESTAMPTZ '%s'"
            .formatted(table, Range.literal(cutoff)));
  }

  /**
   * Deletes what is past retention, in batches of their own transactions. There is nothing to drop
   * instead: this partition is never dropped, and rows so old come one by one.
   *
   * @return how many there were
   */
  long deleteBefore(Connection connection, Instant cutoff)
      throws SQLException, StuckException, InterruptedException {
    String delete =
        """
        DELETE FROM %1$s WHERE (created_at, event_id) IN (
          SELECT created_at, event_id FROM %1$s WHERE created_at < TIMESTAMPTZ '%2$s'
          ORDER BY created_at, event_id LIMIT %3$d FOR UPDATE SKIP LOCKED)
        """
            .formatted(table, Range.literal(cutoff), BATCH);
    return Batches.run(connection, delete, BATCH);
  }

  private static long number(Connection connection, String sql) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql);
        ResultSet row = statement.executeQuery()) {
      row.next();
      return row.getLong(1);
    }
  }
}
