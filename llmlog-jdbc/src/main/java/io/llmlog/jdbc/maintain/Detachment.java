package io.llmlog.jdbc.maintain;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/**
 * Drops one partition without making a writer wait.
 *
 * <p>{@code DETACH} needs the parent for itself ({@code CONCURRENTLY} is refused where a DEFAULT
 * partition exists), so all writers queue behind it: it waits 50 ms for that lock, and for the
 * others not at all, may work for 50 ms, and tries again after a pause. The whole transaction is
 * one round trip, so no slow client holds the lock, and its commit does not wait for the disk: it
 * is repeated if it is lost. Dropping a large table takes longer, and comes after, when nothing but
 * the table itself is locked.
 */
final class Detachment {
  private static final String NO_SUCH_TABLE = "42P01";

  private final Connection connection;
  private final Catalog catalog;
  private final String parentName;
  private final @Nullable Archiver archiver;

  /**
   * @param connection in auto-commit mode
   */
  Detachment(
      Connection connection, Catalog catalog, String parentName, @Nullable Archiver archiver) {
    this.connection = connection;
    this.catalog = catalog;
    this.parentName = parentName;
    this.archiver = archiver;
  }

  /** Takes a partition out of its table; answers false if another was faster. */
  boolean detach(Piece piece, Range range, @Nullable Piece rest)
      throws SQLException, StuckException, InterruptedException {
    String parent = catalog.table();
    String lockRest =
        rest == null
            ? ""
            : "LOCK TABLE ONLY " + rest.quoted() + " IN ACCESS EXCLUSIVE MODE NOWAIT; ";
    String transaction =
        """
        BEGIN; SET LOCAL lock_timeout = %1$d; SET LOCAL statement_timeout = %1$d;
        SET LOCAL synchronous_commit = off;
        LOCK TABLE ONLY %2$s IN ACCESS EXCLUSIVE MODE; %3$s
        LOCK TABLE ONLY %4$s IN ACCESS EXCLUSIVE MODE NOWAIT;
        ALTER TABLE %2$s DETACH PARTITION %4$s;
        COMMENT ON TABLE %4$s IS '%5$s'; COMMIT
        """
            .formatted(
                Patience.SHORT.lockTimeout().toMillis(),
                parent,
                lockRest,
                piece.quoted(),
                new Note(Note.Kind.DETACHED, range).text());
    try {
      return Patience.SHORT.retry(() -> inOneGo(transaction));
    } catch (SQLException e) {
      if (NO_SUCH_TABLE.equals(e.getSQLState()) && !catalog.pieces(connection).has(piece.name())) {
        return false;
      }
      throw e;
    }
  }

  /** Drops a table that was detached, after it was archived where that is wanted. */
  void drop(Piece piece) throws SQLException, StuckException, InterruptedException {
    if (archiver != null) {
      try {
        archiver.archive(connection, parentName, piece);
      } catch (InterruptedException | SQLException e) {
        throw e;
      } catch (Exception e) {
        throw new StuckException("could not be archived, and is kept: " + e);
      }
    }
    Patience.SOME.retry(
        () ->
            inOneGo(
                "BEGIN; SET LOCAL lock_timeout = %d; DROP TABLE IF EXISTS %s; COMMIT"
                    .formatted(Patience.SOME.lockTimeout().toMillis(), piece.quoted())));
  }

  private boolean inOneGo(String transaction) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      try {
        statement.execute(transaction);
        return true;
      } catch (SQLException e) {
        try {
          statement.execute("ROLLBACK");
        } catch (SQLException broken) {
          e.addSuppressed(broken);
        }
        throw e;
      }
    }
  }
}
