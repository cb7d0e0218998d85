package io.llmlog.jdbc;

import io.llmlog.event.Column;
import io.llmlog.spi.WriteException;
import io.llmlog.spi.WriteResult;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The road of a batch that is likely to be new: {@code COPY} straight into {@code llm_logs}, which
 * stores all of its rows or none. Whatever is in its way, but for what time heals, is left to the
 * {@link SureRoad}: this one has no opinion on rows.
 *
 * <p>{@code COPY} takes binary values for those of the column's type, whatever it is, and an {@code
 * int8} may be read as some other number by a column that a person has made {@code numeric}. So
 * each transaction asks the catalog for the types and for the unique key, without which nothing
 * would keep duplicates out, in the round trip that begins it and under the lock that {@code COPY}
 * takes anyway, which keeps them as they are.
 *
 * <p>Safe for use by several threads, each with a connection of its own.
 */
final class FastRoad {
  private static final Logger LOG = LoggerFactory.getLogger(FastRoad.class);

  /**
   * Rows that are older go the sure road. What comes so late has been somewhere, and may have come
   * before; and the chunk of a hypertable that would take it may be compressed.
   */
  static final Duration OLDEST = Duration.ofDays(7);

  private final String begin;
  private final String copy;
  private final DeadLetters deadLetters;
  private final Detour detour = new Detour();
  private final AtomicBoolean said = new AtomicBoolean();

  FastRoad(SchemaName schema, Limits limits, DeadLetters deadLetters) {
    String table = schema.table("llm_logs");
    this.deadLetters = deadLetters;
    begin =
        limits.sql()
            + """
            LOCK TABLE ONLY %1$s IN ROW EXCLUSIVE MODE;
            SELECT %2$d = (
                SELECT count(*) FROM pg_catalog.pg_attribute
                WHERE attrelid = '%1$s'::pg_catalog.regclass AND (%3$s))
              AND 0 < (
                SELECT count(*) FROM pg_catalog.pg_index
                WHERE indrelid = '%1$s'::pg_catalog.regclass AND indisunique AND indisvalid
                  AND indimmediate AND indpred IS NULL AND indnkeyatts = 2
                  AND pg_catalog.pg_get_indexdef(indexrelid, 1, true) = 'created_at'
                  AND pg_catalog.pg_get_indexdef(indexrelid, 2, true) = 'event_id')
            """
                .formatted(table, columns().length, types());
    copy = "COPY %s (%s) FROM STDIN (FORMAT binary)".formatted(table, CopyRows.NAMES);
  }

  /** Which columns have the types that {@link CopyRows} writes. */
  private static String types() {
    return Arrays.stream(Column.Type.values())
        .map(
            type ->
                "attname = ANY ('{%s}') AND atttypid IN (%s)"
                    .formatted(
                        Arrays.stream(columns())
                            .filter(column -> column.type() == type)
                            .map(Column::key)
                            .collect(Collectors.joining(",")),
                        oids(type)))
        .collect(Collectors.joining(" OR "));
  }

  private static Column[] columns() {
    return Arrays.stream(Column.values()).filter(Column::inRow).toArray(Column[]::new);
  }

  /** The numbers of types that are built in never change. */
  private static String oids(Column.Type type) {
    return switch (type) {
      case TIME -> "1184"; // timestamptz
      case TEXT -> "25, 1043"; // text, varchar
      case INTEGER -> "20"; // int8
      case DECIMAL -> "1700"; // numeric
      case BOOLEAN -> "16"; // bool
      case UUID -> "2950"; // uuid
      case JSON -> "3802"; // jsonb
    };
  }

  /** Goes the road with no row at all, as far as it leads; rolls back. */
  void prepare(Connection connection, SortedBatch none) throws SQLException {
    try {
      if (begin(connection)) {
        int unused = rows(none).send(connection, copy);
      }
    } catch (SQLException e) {
      leave(connection, e);
    }
    connection.rollback();
  }

  /**
   * Whether to try it with this batch. Contents do not go this way: what they cost is reading and
   * compressing them, which no road saves.
   */
  boolean isFor(SortedBatch batch, Instant now) {
    return !batch.rows().isEmpty()
        && !batch.hasContents()
        && !batch.redelivered()
        && !batch.oldest().isBefore(now.minus(OLDEST))
        && detour.over();
  }

  /** The rows of a batch, for {@link #write}. */
  CopyRows rows(SortedBatch batch) {
    return CopyRows.of(batch, CopyRows.Form.TABLE);
  }

  /**
   * Stores the batch in a transaction of its own.
   *
   * @return null if it could not, and nothing is stored and no transaction open
   */
  @Nullable WriteResult write(Connection connection, SortedBatch batch, CopyRows rows)
      throws SQLException {
    try {
      if (begin(connection)) {
        int stored = rows.send(connection, copy);
        deadLetters.add(connection, batch.dead());
        connection.commit();
        detour.succeeded();
        return batch.result(stored, batch.dead());
      }
      if (said.compareAndSet(false, true)) {
        LOG.warn(
            "llm_logs has another key, or columns of other types, than it was made with: each"
                + " batch goes through a temporary table, which takes longer");
      }
    } catch (SQLException e) {
      leave(connection, e);
    }
    connection.rollback();
    detour.failed();
    return null;
  }

  /** Throws what time heals; everything else is for the sure road to judge. */
  private static void leave(Connection connection, SQLException e) throws SQLException {
    if (SqlErrors.kind(e) == WriteException.Kind.RETRY) {
      throw e;
    }
    try {
      connection.rollback();
    } catch (SQLException broken) {
      // Not the reason, and of another kind.
      e.addSuppressed(broken);
      throw e;
    }
  }

  /** Begins the transaction; answers whether the table is as it was made. */
  private boolean begin(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      boolean rows = statement.execute(begin);
      while (!rows) {
        rows = statement.getMoreResults();
        if (!rows && statement.getUpdateCount() < 0) {
          throw new SQLException("the server did not answer what columns llm_logs has");
        }
      }
      try (ResultSet row = statement.getResultSet()) {
        return row.next() && row.getBoolean(1);
      }
    }
  }
}
