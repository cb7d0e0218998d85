package io.llmlog.jdbc;

import io.llmlog.event.Column;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * The temporary table through which rows reach {@code llm_logs}, and their contents {@code
 * llm_log_contents}: {@code COPY} is the fastest way in, but knows no {@code ON CONFLICT}.
 *
 * <p>It is made anew, or found empty, in each transaction: behind PgBouncer the next transaction
 * may run in another session. Its types are wider than the tables', and JSON is text, so that a
 * value which a table refuses fails in the statement on that table, where the row to blame can be
 * found. Immutable.
 */
final class Stage {
  /** A stage of another shape gets another name: sessions outlive versions behind PgBouncer. */
  private static final String NAME = "pg_temp.llmlog_stage_1";

  private static final String NAME_WITH_CONTENTS = "pg_temp.llmlog_stage_contents_1";

  private final boolean contents;
  private final String name;
  private final String begin;
  private final String copy;
  private final String insertAll;
  private final String insertRange;
  private final String insertAllWithContents;
  private final String insertRangeWithContents;

  /**
   * @param contents whether request and response are stored too; otherwise their table is not
   *     touched
   */
  Stage(SchemaName schema, Limits limits, boolean contents) {
    this.contents = contents;
    this.name = contents ? NAME_WITH_CONTENTS : NAME;
    String names = CopyRows.NAMES;
    String staged = names + (contents ? ", request, response" : "");
    String types =
        Arrays.stream(Column.values())
            .filter(column -> contents || column.inRow())
            .map(column -> column.key() + " " + type(column))
            .collect(Collectors.joining(", "));
    // One round trip.
    begin = limits.sql() + (contents ? createWithContents(types) : create(NAME, types));
    copy = "COPY %s (number, %s) FROM STDIN (FORMAT binary)".formatted(name, staged);
    String insert =
        "INSERT INTO %s (%s) SELECT %s FROM %s"
            .formatted(
                schema.table("llm_logs"),
                names,
                names.replace("metadata", "metadata::jsonb"),
                name);
    String range = " WHERE number >= ? AND number < ?";
    String order = " ORDER BY created_at, event_id ON CONFLICT (created_at, event_id) DO NOTHING";
    insertAll = insert + order;
    insertRange = insert + range + order;
    // Only with rows that are new: a redelivery must not bring back what was erased meanwhile.
    // Sorted before the cast, which would make the sort hold all contents.
    String withContents =
        """
        WITH stored AS (%%s RETURNING created_at, event_id), contents AS (
          INSERT INTO %s (event_id, created_at, request, response)
          SELECT event_id, created_at, request::jsonb, response::jsonb FROM (
            SELECT event_id, created_at, request, response
            FROM %s JOIN stored USING (created_at, event_id)
            WHERE request IS NOT NULL OR response IS NOT NULL
            ORDER BY created_at, event_id) AS sorted
          ON CONFLICT (created_at, event_id) DO NOTHING)
        SELECT count(*) FROM stored
        """
            .formatted(schema.table("llm_log_contents"), name);
    insertAllWithContents = withContents.formatted(insertAll);
    insertRangeWithContents = withContents.formatted(insertRange);
  }

  private static String create(String name, String types) {
    return "CREATE TEMP TABLE IF NOT EXISTS %s (number int4, %s) ON COMMIT DELETE ROWS"
        .formatted(name, types);
  }

  /** Not compressed here: their table does it, and it is most of what writing them costs. */
  private static String createWithContents(String types) {
    return """
        DO $$ BEGIN
          IF to_regclass('%1$s') IS NULL THEN
            %2$s;
            ALTER TABLE %1$s ALTER request SET STORAGE EXTERNAL, ALTER response SET STORAGE EXTERNAL;
          END IF;
        END $$
        """
        .formatted(NAME_WITH_CONTENTS, create(NAME_WITH_CONTENTS, types));
  }

  /** Sets the limits of the transaction and makes the stage. */
  void begin(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(begin);
    }
  }

  /** Fills the stage with the rows of a batch, numbered in its order. */
  void fill(Connection connection, SortedBatch batch) throws SQLException {
    fill(connection, rows(batch));
  }

  /** The rows of a batch, for {@link #fill(Connection, CopyRows)}. */
  CopyRows rows(SortedBatch batch) {
    return CopyRows.of(batch, contents ? CopyRows.Form.STAGE_WITH_CONTENTS : CopyRows.Form.STAGE);
  }

  /** Fills the stage. */
  void fill(Connection connection, CopyRows rows) throws SQLException {
    int unused = rows.send(connection, copy);
  }

  /** Empties the stage, for other rows in the same transaction. */
  void empty(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("DELETE FROM " + name);
    }
  }

  /**
   * Inserts what is staged; answers how many rows are new.
   *
   * @param withContents whether contents are staged
   */
  int insertAll(Connection connection, boolean withContents) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      if (!withContents) {
        return statement.executeUpdate(insertAll);
      }
      try (ResultSet row = statement.executeQuery(insertAllWithContents)) {
        row.next();
        return row.getInt(1);
      }
    }
  }

  /**
   * Inserts the rows of these numbers; answers how many are new.
   *
   * @param withContents whether to insert their contents too
   */
  int insertRange(Connection connection, int from, int to, boolean withContents)
      throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(withContents ? insertRangeWithContents : insertRange)) {
      statement.setInt(1, from);
      statement.setInt(2, to);
      if (!withContents) {
        return statement.executeUpdate();
      }
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return row.getInt(1);
      }
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
