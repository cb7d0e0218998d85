package io.llmlog.jdbc.maintain;

import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.maintain.Catalog.Pieces;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A table with PostgreSQL's own partitions. Safe for use by several threads and processes. */
final class NativeTable implements SlicedTable {
  private final ConnectionSource database;
  private final Layout layout;
  private final Catalog catalog;
  private final @Nullable Archiver archiver;

  NativeTable(
      ConnectionSource database, SchemaName schema, Layout layout, @Nullable Archiver archiver) {
    this.database = database;
    this.layout = layout;
    this.catalog = new Catalog(schema, layout.table());
    this.archiver = archiver;
  }

  @Override
  public String name() {
    return layout.table();
  }

  @Override
  public void prepare(Instant now, Instant cutoff, Findings findings)
      throws SQLException, InterruptedException {
    make(layout.wanted(now), findings);
    List<Range> misplaced = new ArrayList<>();
    try (Connection connection = open(false)) {
      DefaultPartition rest = rest(catalog.pieces(connection));
      connection.rollback();
      if (rest == null) {
        return;
      }
      findings.attempt(
          rest.name(),
          () -> {
            findings.deleted(rest.name(), rest.deleteBefore(connection, cutoff));
            misplaced.addAll(rest.ranges(connection, cutoff, layout.farthest(now)).keySet());
            connection.rollback();
          });
      connection.rollback();
      for (Piece left : catalog.leftBehind(connection, Note.Kind.FILLING)) {
        findings.attempt(left.name(), () -> discardCopies(connection, left, rest));
      }
    }
    make(misplaced, findings);
  }

  /** Makes what no partition holds of these months or days. */
  void make(Iterable<Range> ranges, Findings findings) throws SQLException, InterruptedException {
    try (Connection connection = open(false)) {
      Pieces pieces = catalog.pieces(connection);
      connection.rollback();
      for (Range range : ranges) {
        for (Range gap : pieces.gaps(range)) {
          String name = layout.name(range);
          findings.attempt(
              name,
              () -> {
                Attachment.Made made =
                    new Attachment(connection, catalog, name, gap, pieces.rest()).make();
                if (made.created()) {
                  findings.created(name);
                  findings.moved(name, made.moved());
                }
              });
        }
      }
    }
  }

  /** As {@link #make}, in a transaction of the caller's, for a table that only that one sees. */
  List<String> makeIn(Connection connection, Iterable<Range> ranges) throws SQLException {
    List<String> created = new ArrayList<>();
    Pieces pieces = catalog.pieces(connection);
    if (pieces.rest() == null) {
      return created;
    }
    for (Range range : ranges) {
      for (Range gap : pieces.gaps(range)) {
        String name = layout.name(range);
        new Attachment(connection, catalog, name, gap, pieces.rest()).attachUnseen();
        created.add(name);
      }
    }
    return created;
  }

  /** Whether the version of the schema has this table. */
  boolean exists() throws SQLException {
    try (Connection connection = open(true)) {
      return catalog.named(connection, layout.table()) != null;
    }
  }

  @Override
  public void expire(Instant cutoff, Findings findings) throws SQLException, InterruptedException {
    try (Connection connection = open(true)) {
      Detachment detachment = new Detachment(connection, catalog, layout.table(), archiver);
      for (Piece left : catalog.leftBehind(connection, Note.Kind.DETACHED)) {
        findings.attempt(
            left.name(),
            () -> {
              detachment.drop(left);
              findings.dropped(left.name());
            });
      }
      Pieces pieces = catalog.pieces(connection);
      for (Piece piece : expired(pieces, cutoff, findings)) {
        Range range = piece.range();
        if (range != null
            && !findings.attempt(
                piece.name(),
                () -> {
                  if (detachment.detach(piece, range, pieces.rest())) {
                    detachment.drop(piece);
                    findings.dropped(piece.name());
                  }
                })) {
          // What is in its way is in the way of the others too; the next round goes on.
          return;
        }
      }
    }
  }

  @Override
  public void preview(Instant now, Instant cutoff, Findings findings) throws SQLException {
    try (Connection connection = open(true)) {
      Pieces pieces = catalog.pieces(connection);
      DefaultPartition rest = rest(pieces);
      List<Range> wanted = new ArrayList<>(layout.wanted(now));
      if (rest != null) {
        findings.deleted(rest.name(), rest.countBefore(connection, cutoff));
        rest.ranges(connection, cutoff, layout.farthest(now))
            .forEach(
                (range, rows) -> {
                  findings.moved(layout.name(range), rows);
                  if (!wanted.contains(range)) {
                    wanted.add(range);
                  }
                });
      }
      for (Range range : wanted) {
        if (!pieces.gaps(range).isEmpty()) {
          findings.created(layout.name(range));
        }
      }
      for (Piece left : catalog.leftBehind(connection, Note.Kind.DETACHED)) {
        findings.dropped(left.name());
      }
      expired(pieces, cutoff, findings).forEach(piece -> findings.dropped(piece.name()));
    }
  }

  @Override
  public void count(Findings findings) throws SQLException {
    try (Connection connection = open(true)) {
      Pieces pieces = catalog.pieces(connection);
      DefaultPartition rest = rest(pieces);
      findings.counted(
          layout.table(), pieces.ranges().size(), rest == null ? 0 : rest.count(connection));
    }
  }

  /** Drops a table that a round left half filled, if nothing is there to fill it with any more. */
  private void discardCopies(Connection connection, Piece left, DefaultPartition rest)
      throws SQLException, StuckException, InterruptedException {
    Patience.SOME.inTransaction(
        connection,
        statement -> {
          catalog.lock(statement);
          Range range = left.range();
          if (range != null
              && !rest.holds(connection, range)
              && catalog.leftBehind(connection, Note.Kind.FILLING).contains(left)) {
            statement.execute("DROP TABLE " + left.quoted());
          }
          return true;
        });
  }

  /** Those that end before the cutoff and are ours to drop, the oldest first. */
  private List<Piece> expired(Pieces pieces, Instant cutoff, Findings findings) {
    List<Piece> expired = new ArrayList<>();
    for (Piece piece : pieces.ranges()) {
      Range range = piece.range();
      if (range == null
          || range.to().isAfter(cutoff)
          || String.valueOf(piece.note()).startsWith(Note.KEEP)) {
        continue;
      }
      if (catalog.isOurs(piece)) {
        expired.add(piece);
      } else {
        findings.stuck(
            piece.name(),
            "is past retention, but has not the form that llmlog gives; detach or drop it by hand");
      }
    }
    return expired;
  }

  private @Nullable DefaultPartition rest(Pieces pieces) {
    return pieces.rest() == null ? null : new DefaultPartition(layout, pieces.rest());
  }

  private Connection open(boolean autoCommit) throws SQLException {
    Connection connection = database.getConnection();
    try {
      connection.setAutoCommit(autoCommit);
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }
}
