package io.llmlog.jdbc.maintain;

import io.llmlog.jdbc.SchemaName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What the database knows of a table and its partitions. Immutable. */
final class Catalog {
  /** The server reads the bounds that it wrote: their form depends on the session. */
  private static final String PIECES =
      """
      SELECT n.nspname, c.relname, c.relkind = 'r', obj_description(c.oid, 'pg_class'),
        bound = 'DEFAULT',
        CAST(substring(bound FROM 'FROM \\(''([^'']*)''\\)') AS timestamptz),
        CAST(substring(bound FROM 'TO \\(''([^'']*)''\\)') AS timestamptz)
      FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        CROSS JOIN LATERAL pg_get_expr(c.relpartbound, c.oid) AS bound
      WHERE i.inhparent = CAST(? AS regclass) ORDER BY 6 NULLS FIRST, 2
      """;

  private static final String OTHERS =
      """
      SELECT n.nspname, c.relname, c.relkind = 'r' AND NOT c.relispartition,
        obj_description(c.oid, 'pg_class')
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = ?
      """;

  private final SchemaName schema;
  private final String parent;

  Catalog(SchemaName schema, String parent) {
    this.schema = schema;
    this.parent = parent;
  }

  /** The table itself, ready for a statement. */
  String table() {
    return schema.table(parent);
  }

  /** A table of that name in the schema, ready for a statement. */
  String table(String name) {
    return schema.quoted() + "." + Piece.quote(name);
  }

  /** The partitions there are, by their bounds. */
  record Pieces(List<Piece> ranges, @Nullable Piece rest) {
    /** What of a range no partition holds. */
    List<Range> gaps(Range range) {
      List<Range> taken = new ArrayList<>();
      for (Piece piece : ranges) {
        if (piece.range() != null) {
          taken.add(piece.range());
        }
      }
      return range.without(taken);
    }

    boolean has(String name) {
      return ranges.stream().anyMatch(piece -> piece.name().equals(name));
    }
  }

  /**
   * @throws SQLException also if there is no such table
   */
  Pieces pieces(Connection connection) throws SQLException {
    List<Piece> ranges = new ArrayList<>();
    Piece rest = null;
    try (PreparedStatement query = connection.prepareStatement(PIECES)) {
      query.setString(1, table());
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          boolean isDefault = row.getBoolean(5);
          Range range =
              isDefault ? null : new Range(time(row, 6, Instant.MIN), time(row, 7, Instant.MAX));
          Piece piece =
              new Piece(
                  row.getString(1), row.getString(2), row.getBoolean(3), row.getString(4), range);
          if (isDefault) {
            rest = piece;
          } else {
            ranges.add(piece);
          }
        }
      }
    }
    return new Pieces(ranges, rest);
  }

  /** Whatever stands in the schema under a name; {@code plain}: a table that is no partition. */
  @Nullable Piece named(Connection connection, String name) throws SQLException {
    List<Piece> found = others(connection, " AND c.relname = ?", name);
    return found.isEmpty() ? null : found.get(0);
  }

  /** Tables that bear one of our notes and are no partitions: a round did not come to its end. */
  List<Piece> leftBehind(Connection connection, Note.Kind kind) throws SQLException {
    List<Piece> left = new ArrayList<>();
    for (Piece piece :
        others(connection, " AND starts_with(c.relname, ?) ORDER BY 2", parent + "_")) {
      Note note = Note.read(piece.note());
      if (piece.plain() && note != null && note.kind() == kind) {
        left.add(new Piece(piece.schema(), piece.name(), true, piece.note(), note.range()));
      }
    }
    return left;
  }

  /** Whether a partition has the form that llmlog gives, so that it may be dropped. */
  boolean isOurs(Piece piece) {
    return piece.plain()
        && piece.schema().equals(schema.name())
        && piece.name().startsWith(parent + "_");
  }

  /** The columns that a row brings, as a list for a statement, each after a prefix. */
  String columns(Connection connection, String prefix) throws SQLException {
    return columnNames(connection, table()).stream()
        .map(name -> prefix + Piece.quote(name))
        .collect(Collectors.joining(", "));
  }

  /**
   * The table whose order of columns a new partition takes: DEFAULT has the one that makes rows
   * small. Ready for a statement.
   */
  String shape(Connection connection) throws SQLException {
    Piece rest = pieces(connection).rest();
    return rest == null ? table() : rest.quoted();
  }

  /** The columns that a row of a table brings, in order; the name is ready for a statement. */
  static List<String> columnNames(Connection connection, String quotedTable) throws SQLException {
    return columnNames(connection, quotedTable, quotedTable);
  }

  /**
   * The columns that a row of a table brings, in the order of those of another; what only the first
   * has comes last.
   *
   * @param order ready for a statement, as the table is; there need be no such table
   */
  static List<String> columnNames(Connection connection, String quotedTable, String order)
      throws SQLException {
    try (PreparedStatement query =
        connection.prepareStatement(
            """
            SELECT a.attname FROM pg_attribute a
            LEFT JOIN pg_attribute o ON o.attrelid = to_regclass(?) AND o.attname = a.attname
            WHERE a.attrelid = CAST(? AS regclass) AND a.attnum > 0 AND NOT a.attisdropped
              AND a.attgenerated = '' ORDER BY o.attnum, a.attnum
            """)) {
      query.setString(1, order);
      query.setString(2, quotedTable);
      List<String> names = new ArrayList<>();
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          names.add(row.getString(1));
        }
      }
      return names;
    }
  }

  /** Only one at a time changes the partitions; held until the end of the transaction. */
  void lock(Statement statement) throws SQLException {
    // The name is a SchemaName, which needs no quoting.
    statement.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('llmlog partitions %s', 0))"
            .formatted(schema.name()));
  }

  private List<Piece> others(Connection connection, String condition, String value)
      throws SQLException {
    try (PreparedStatement query = connection.prepareStatement(OTHERS + condition)) {
      query.setString(1, schema.name());
      query.setString(2, value);
      List<Piece> pieces = new ArrayList<>();
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          pieces.add(
              new Piece(
                  row.getString(1), row.getString(2), row.getBoolean(3), row.getString(4), null));
        }
      }
      return pieces;
    }
  }

  private static Instant time(ResultSet row, int column, Instant unbounded) throws SQLException {
    OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
    return time == null ? unbounded : time.toInstant();
  }
}
