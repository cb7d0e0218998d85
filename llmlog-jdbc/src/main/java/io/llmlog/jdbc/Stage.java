package io.llmlog.jdbc;

import io.llmlog.event.Column;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/**
 * The temporary table through which rows reach {@code llm_logs}: {@code COPY} is the fastest way
 * in, but knows no {@code ON CONFLICT}.
 *
 * <p>It is made anew, or found empty, in each transaction: behind PgBouncer the next transaction
 * may run in another session. Its types are wider than the table's, and metadata is text, so that a
 * value which the table refuses fails in the statement on {@code llm_logs}, where the row to blame
 * can be found. Immutable.
 */
final class Stage {
  /** A stage of another shape gets another name: sessions outlive versions behind PgBouncer. */
  private static final String NAME = "pg_temp.llmlog_stage_1";

  private static final int CHUNK = 64 * 1024;

  private final String limits;
  private final String begin;
  private final String copy;
  private final String insertAll;
  private final String insertRange;

  /**
   * @param statementTimeout the longest that one statement may take
   */
  Stage(SchemaName schema, Duration statementTimeout) {
    String names =
        Arrays.stream(Column.values())
            .filter(Column::inRow)
            .map(Column::key)
            .collect(Collectors.joining(", "));
    String types =
        Arrays.stream(Column.values())
            .filter(Column::inRow)
            .map(column -> column.key() + " " + type(column))
            .collect(Collectors.joining(", "));
    // The notice that the stage exists already is not worth sending.
    limits =
        """
        SET LOCAL client_min_messages = warning;
        SET LOCAL timezone = 'UTC';
        SET LOCAL lock_timeout = '5s';
        SET LOCAL statement_timeout = %d
        """
            .formatted(statementTimeout.toMillis());
    // One round trip.
    begin =
        limits
            + ";CREATE TEMP TABLE IF NOT EXISTS %s (number int4, %s) ON COMMIT DELETE ROWS"
                .formatted(NAME, types);
    copy = "COPY %s (number, %s) FROM STDIN (FORMAT binary)".formatted(NAME, names);
    String insert =
        "INSERT INTO %s (%s) SELECT %s FROM %s"
            .formatted(
                schema.table("llm_logs"),
                names,
                names.replace("metadata", "metadata::jsonb"),
                NAME);
    String order = " ORDER BY created_at, event_id ON CONFLICT (created_at, event_id) DO NOTHING";
    insertAll = insert + order;
    insertRange = insert + " WHERE number >= ? AND number < ?" + order;
  }

  /** Sets the limits of the transaction and makes the stage. */
  void begin(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(begin);
    }
  }

  /** Sets the limits of a transaction that needs no stage. */
  void limit(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(limits);
    }
  }

  /** Fills the stage. */
  void fill(Connection connection, CopyRows rows) throws SQLException {
    CopyIn in = connection.unwrap(PGConnection.class).getCopyAPI().copyIn(copy);
    try {
      for (int from = 0; from < rows.size(); from += CHUNK) {
        in.writeToCopy(rows.buffer(), from, Math.min(CHUNK, rows.size() - from));
      }
      in.endCopy();
    } finally {
      if (in.isActive()) {
        in.cancelCopy();
      }
    }
  }

  /** Empties the stage, for other rows in the same transaction. */
  void empty(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("DELETE FROM " + NAME);
    }
  }

  /** Inserts what is staged; answers how many rows are new. */
  int insertAll(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      return statement.executeUpdate(insertAll);
    }
  }

  /** Inserts the rows of these numbers; answers how many are new. */
  int insertRange(Connection connection, int from, int to) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(insertRange)) {
      statement.setInt(1, from);
      statement.setInt(2, to);
      return statement.executeUpdate();
    }
  }

  private static String type(Column column) {
    return switch (column.type()) {
      case TIME -> "timestamptz";
      case TEXT, JSON -> "text";
      case INTEGER -> "int8";
      case DECIMAL -> "numeric";
      case BOOLEAN -> "bool";
      case UUID -> "uuid";
    };
  }
}
