package io.llmlog.jdbc.maintain;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/**
 * Makes one partition: a table of its own, which then is attached.
 *
 * <p>{@code CREATE ... PARTITION OF} would lock the whole table against inserts, and behind one
 * long reader for as long as that reads; {@code ATTACH} locks only the DEFAULT partition.
 *
 * <p>Where rows of its time stand in DEFAULT, they are copied into the new table first, in small
 * transactions. There they are invisible, while the originals are read, and keep duplicates out, as
 * before. One last transaction brings what has changed meanwhile, deletes the originals and
 * attaches the table, alone with the parent: whoever waits for that has not yet looked which
 * partitions there are, so every statement sees each row once, and each duplicate meets its row.
 * Rows are put into the new table itself, where no trigger counts them again.
 */
final class Attachment {
  private static final String CHECK_VIOLATION = "23514";

  /** Spares {@code ATTACH} the reading of a table that was filled. */
  private static final String CHECK = "llmlog_filling";

  private final Connection connection;
  private final Catalog catalog;
  private final String name;
  private final Range range;
  private final String parent;
  private final String child;
  private final @Nullable String rest;

  /**
   * @param connection not in auto-commit mode
   * @param rest the DEFAULT partition, where there is one
   */
  Attachment(
      Connection connection, Catalog catalog, String name, Range range, @Nullable Piece rest) {
    this.connection = connection;
    this.catalog = catalog;
    this.name = name;
    this.range = range;
    this.parent = catalog.table();
    this.child = catalog.table(name);
    this.rest = rest == null ? null : rest.quoted();
  }

  /**
   * What became of it.
   *
   * @param created false: another was faster
   * @param moved rows that stood in DEFAULT
   */
  record Made(boolean created, long moved) {}

  /**
   * @throws StuckException if something else stands under the name
   */
  Made make() throws SQLException, StuckException, InterruptedException {
    if (rest == null) {
      return attachEmpty();
    }
    boolean empty = Patience.SOME.inTransaction(connection, statement -> nothingToMove(rest));
    if (empty) {
      try {
        return attachEmpty();
      } catch (SQLException e) {
        if (!CHECK_VIOLATION.equals(e.getSQLState())) {
          throw e;
        }
        // A row of that time came into DEFAULT meanwhile.
      }
    }
    return fill(rest);
  }

  /** In the caller's transaction, which has made the parent, so that nobody waits for a lock. */
  void attachUnseen() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      create(statement);
      attach(statement);
    }
  }

  private Made attachEmpty() throws SQLException, StuckException, InterruptedException {
    return Patience.SOME.inTransaction(
        connection,
        statement -> {
          catalog.lock(statement);
          if (isThere()) {
            return new Made(false, 0);
          }
          mustBeFree(catalog.named(connection, name));
          create(statement);
          attach(statement);
          return new Made(true, 0);
        });
  }

  private Made fill(String origin) throws SQLException, StuckException, InterruptedException {
    boolean wanted =
        Patience.SOME.inTransaction(
            connection,
            statement -> {
              catalog.lock(statement);
              if (isThere()) {
                return false;
              }
              begin(statement);
              return true;
            });
    if (!wanted) {
      return new Made(false, 0);
    }
    Copy copy = new Copy(connection, catalog, origin, child, range);
    copy.inBatches();
    return Patience.SHORT.inTransaction(
        connection,
        statement -> {
          catalog.lock(statement);
          // Before the partitions are looked at, by us and by all who wait here.
          statement.execute("LOCK TABLE ONLY " + parent + " IN ACCESS EXCLUSIVE MODE");
          if (isThere()) {
            return new Made(false, 0);
          }
          statement.execute("LOCK TABLE ONLY " + origin + " IN ACCESS EXCLUSIVE MODE");
          long moved = copy.finish(statement);
          attach(statement);
          statement.execute(
              "ALTER TABLE %s DROP CONSTRAINT %s; COMMENT ON TABLE %1$s IS NULL"
                  .formatted(child, CHECK));
          return new Made(true, moved);
        });
  }

  /** Makes the table that is to be filled, unless a round that was killed has left it. */
  private void begin(Statement statement) throws SQLException, StuckException {
    Note note = new Note(Note.Kind.FILLING, range);
    Piece there = catalog.named(connection, name);
    if (there != null && is(Note.Kind.FILLING, there)) {
      if (note.text().equals(there.note())) {
        return;
      }
      // Copies alone, and for another range.
      statement.execute("DROP TABLE " + child);
      there = null;
    }
    mustBeFree(there);
    create(statement);
    statement.execute(
        "ALTER TABLE %s ADD CONSTRAINT %s CHECK (%s)".formatted(child, CHECK, range.condition()));
    statement.execute("COMMENT ON TABLE %s IS '%s'".formatted(child, note.text()));
  }

  private void create(Statement statement) throws SQLException {
    // Without the identity: the parent's numbers the rows of all. DEFAULT has the order of columns
    // that makes rows small.
    statement.execute(
        "CREATE TABLE %s (LIKE %s INCLUDING ALL EXCLUDING IDENTITY)"
            .formatted(child, rest == null ? parent : rest));
  }

  private void attach(Statement statement) throws SQLException {
    statement.execute(
        "ALTER TABLE %s ATTACH PARTITION %s FOR VALUES %s"
            .formatted(parent, child, range.bounds()));
  }

  private boolean isThere() throws SQLException {
    return catalog.pieces(connection).gaps(range).isEmpty();
  }

  private static void mustBeFree(@Nullable Piece there) throws StuckException {
    if (there != null) {
      throw new StuckException(
          is(Note.Kind.DETACHED, there)
              ? "a table of that name is past retention and waits to be dropped"
              : "another table has that name");
    }
  }

  private static boolean is(Note.Kind kind, Piece piece) {
    Note note = Note.read(piece.note());
    return piece.plain() && note != null && note.kind() == kind;
  }

  private boolean nothingToMove(String origin) throws SQLException {
    Piece there = catalog.named(connection, name);
    if (there != null && is(Note.Kind.FILLING, there)) {
      return false;
    }
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT EXISTS (SELECT FROM %s WHERE %s)".formatted(origin, range.condition()))) {
      row.next();
      return !row.getBoolean(1);
    }
  }
}
