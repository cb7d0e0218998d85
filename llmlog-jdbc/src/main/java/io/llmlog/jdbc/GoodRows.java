package io.llmlog.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * The staged rows of a batch, inserted all but those that a table refuses: the batch is halved by
 * savepoints, in one transaction, until each refused row stands alone.
 *
 * @param stored how many rows are new
 * @param refused those that the table does not take
 */
record GoodRows(int stored, List<DeadLetter> refused) {
  /** Hears of each refused row; may end the search. */
  interface Watch<E extends Exception> {
    void refused(List<DeadLetter> soFar) throws SQLException, E;
  }

  /** Inserts them; commits nothing. */
  static <E extends Exception> GoodRows insert(
      Connection connection, Stage stage, SortedBatch batch, Watch<E> watch)
      throws SQLException, E {
    boolean withContents = batch.hasContents();
    int stored = 0;
    List<DeadLetter> refused = new ArrayList<>();
    Deque<Range> open = new ArrayDeque<>();
    if (!batch.rows().isEmpty()) {
      open.push(new Range(0, batch.rows().size()));
    }
    while (!open.isEmpty()) {
      Range range = open.pop();
      Savepoint savepoint = connection.setSavepoint();
      try {
        stored += stage.insertRange(connection, range.from(), range.to(), withContents);
        connection.releaseSavepoint(savepoint);
      } catch (SQLException e) {
        if (!SqlErrors.blamesRow(e)) {
          throw e;
        }
        connection.rollback(savepoint);
        if (range.size() > 1) {
          open.push(range.secondHalf());
          open.push(range.firstHalf());
        } else {
          boolean content =
              batch.rows().get(range.from()).content() != null
                  && fitsAlone(connection, stage, range, savepoint);
          String reason =
              (content ? "content refused by the database: " : "refused by the database: ")
                  + SqlErrors.text(e);
          String state = String.valueOf(SqlErrors.state(e));
          refused.add(batch.refused(batch.rows().get(range.from()), reason, state));
          watch.refused(refused);
        }
      }
    }
    return new GoodRows(stored, refused);
  }

  /** Whether the row would be taken without its content; nothing is inserted. */
  private static boolean fitsAlone(
      Connection connection, Stage stage, Range row, Savepoint savepoint) throws SQLException {
    try {
      stage.insertRange(connection, row.from(), row.to(), false);
      return true;
    } catch (SQLException e) {
      if (!SqlErrors.blamesRow(e)) {
        throw e;
      }
      return false;
    } finally {
      connection.rollback(savepoint);
    }
  }

  /** Rows by their numbers, the last excluded. */
  private record Range(int from, int to) {
    int size() {
      return to - from;
    }

    Range firstHalf() {
      return new Range(from, from + size() / 2);
    }

    Range secondHalf() {
      return new Range(from + size() / 2, to);
    }
  }
}
