package io.llmlog.jdbc.maintain;

import io.llmlog.event.Column;
import io.llmlog.event.LlmEvent;
import io.llmlog.jdbc.SchemaName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Takes one person out of the tables: contents and dead letters are deleted, identity and texts of
 * the rows blanked. Their figures stay, so that costs stay true; the rollup has no person in it and
 * is not touched.
 *
 * <p>Works in transactions of at most {@link #BATCH} rows, so that nobody waits for it for long,
 * and may be killed at any moment and repeated: what is done is not found again. Safe for use by
 * several threads and processes at once.
 */
public final class Erase {
  /** The most rows, or dead letters, that one transaction changes. */
  public static final int BATCH = 1_000;

  private static final int ATTEMPTS = 8;
  private static final long PAUSE_MILLIS = 100;

  /**
   * Short waits, and the way through the key alone: where a table was never analyzed, the planner
   * would sort all that is left of it for each piece.
   */
  private static final String LIMITS =
      """
      SET LOCAL timezone = 'UTC'; SET LOCAL lock_timeout = '2s'; SET LOCAL statement_timeout = '60s';
      SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off;
      SET LOCAL jit = off
      """;

  private final DataSource database;
  private final PersonLetters letters;
  private final PersonRows rows;

  /**
   * An eraser; connects to nothing yet.
   *
   * @param database connects as a role that may read and change the three tables; its answers may
   *     take a minute
   */
  public Erase(DataSource database, SchemaName schema) {
    this.database = database;
    this.letters = new PersonLetters(schema);
    this.rows = new PersonRows(schema);
  }

  /** Somebody, by the one identity or the other. */
  public static final class Person {
    private final Column column;
    private final @Nullable Long userId;
    private final @Nullable String endUser;

    private Person(Column column, @Nullable Long userId, @Nullable String endUser) {
      this.column = column;
      this.userId = userId;
      this.endUser = endUser;
    }

    /** Who stands in {@code user_id}. */
    public static Person byUserId(long userId) {
      return new Person(Column.USER_ID, userId, null);
    }

    /**
     * Who stands in {@code end_user}, to the letter.
     *
     * @throws IllegalArgumentException if the column cannot hold that text
     */
    public static Person byEndUser(String endUser) {
      int max = Column.END_USER.maxCodePoints();
      int length = endUser.codePointCount(0, endUser.length());
      if (endUser.isEmpty() || length > max || endUser.indexOf('\0') >= 0) {
        throw new IllegalArgumentException(
            "must be 1 to %d characters, as the column end_user holds them".formatted(max));
      }
      return new Person(Column.END_USER, null, endUser);
    }

    /** The column that tells. */
    Column column() {
      return column;
    }

    /** Whether the event is of this person. */
    boolean isIn(LlmEvent event) {
      Object value = event.value(column);
      return value != null && value.equals(column == Column.USER_ID ? userId : endUser);
    }

    void set(PreparedStatement statement, int parameter) throws SQLException {
      if (column == Column.USER_ID) {
        statement.setObject(parameter, userId);
      } else {
        statement.setString(parameter, endUser);
      }
    }
  }

  /**
   * What was found, and unless it was only counted, erased.
   *
   * @param rows were blanked
   * @param contents were deleted
   * @param deadLetters were deleted
   * @param unreadLetters dead letters whose message cannot be read, so that nobody knows whose it
   *     is; they are left alone
   */
  public record Erased(long rows, long contents, long deadLetters, long unreadLetters) {}

  /**
   * Erases all that stands there of the person now; what comes meanwhile may be missed.
   *
   * @param onlyCount changes nothing
   * @throws SQLException if the database is away or refuses, or others hold a lock for too long;
   *     what was committed before stays done
   */
  public Erased run(Person person, boolean onlyCount) throws SQLException, InterruptedException {
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      // First, or a replay behind us would make rows of them.
      PersonLetters.Found found = letters.erase(connection, person, onlyCount);
      PersonRows.Found blanked = rows.erase(connection, person, onlyCount);
      return new Erased(blanked.rows(), blanked.contents(), found.erased(), found.unread());
    }
  }

  /** What one transaction does. */
  interface Work<T> {
    T run() throws SQLException;
  }

  /** Does it in a transaction, and again where others were in the way. */
  static <T> T inTransaction(Connection connection, Work<T> work)
      throws SQLException, InterruptedException {
    for (int attempt = 1; ; attempt++) {
      try {
        try (Statement statement = connection.createStatement()) {
          statement.execute(LIMITS);
        }
        T result = work.run();
        connection.commit();
        return result;
      } catch (SQLException e) {
        connection.rollback();
        boolean busy =
            switch (String.valueOf(e.getSQLState())) {
              case "55P03", "40P01", "40001" -> true;
              default -> false;
            };
        if (!busy || attempt == ATTEMPTS) {
          throw e;
        }
        long pause = ThreadLocalRandom.current().nextLong(PAUSE_MILLIS / 2, PAUSE_MILLIS);
        TimeUnit.MILLISECONDS.sleep(pause * attempt);
      }
    }
  }
}
