package io.llmlog.jdbc;

import io.llmlog.spi.TooManyRefusedException;
import io.llmlog.spi.WriteException;
import io.llmlog.spi.WriteResult;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * The road that every batch can go: through the {@link Stage}, which leaves out the rows that are
 * there already, and makes dead letters of those that the table refuses. Immutable.
 */
final class SureRoad {
  private final Stage stage;
  private final DeadLetters deadLetters;
  private final String place;

  /**
   * @param place names the database in errors; no secrets
   */
  SureRoad(Stage stage, DeadLetters deadLetters, String place) {
    this.stage = stage;
    this.deadLetters = deadLetters;
    this.place = place;
  }

  /** Goes the road with no row at all; rolls back. */
  void prepare(Connection connection, SortedBatch none, boolean withContents) throws SQLException {
    stage.begin(connection);
    stage.fill(connection, none);
    int unused = stage.insertAll(connection, withContents);
    connection.rollback();
  }

  /** The rows of a batch, for {@link #write}. */
  CopyRows rows(SortedBatch batch) {
    return stage.rows(batch);
  }

  /**
   * Stores the batch in a transaction of its own.
   *
   * @throws TooManyRefusedException if the database refuses more rows than it may
   */
  WriteResult write(Connection connection, SortedBatch batch, CopyRows rows, int mayRefuse)
      throws SQLException, WriteException {
    try {
      return writeAll(connection, batch, rows);
    } catch (RowRefusedException e) {
      connection.rollback();
      return writeGood(connection, batch, rows, mayRefuse);
    }
  }

  private WriteResult writeAll(Connection connection, SortedBatch batch, CopyRows rows)
      throws SQLException, RowRefusedException {
    stage.begin(connection);
    int stored = 0;
    if (!batch.rows().isEmpty()) {
      stage.fill(connection, rows);
      try {
        stored = stage.insertAll(connection, batch.hasContents());
      } catch (SQLException e) {
        if (SqlErrors.blamesRow(e)) {
          throw new RowRefusedException(e);
        }
        throw e;
      }
    }
    deadLetters.add(connection, batch.dead());
    connection.commit();
    return batch.result(stored, batch.dead());
  }

  /** Stores all but the rows that the database refuses, in one transaction. */
  private WriteResult writeGood(
      Connection connection, SortedBatch batch, CopyRows rows, int mayRefuse)
      throws SQLException, WriteException {
    stage.begin(connection);
    int stored = 0;
    List<DeadLetter> refused = new ArrayList<>();
    SortedBatch round = batch;
    CopyRows staged = rows;
    while (!round.rows().isEmpty()) {
      stage.fill(connection, staged);
      GoodRows good =
          GoodRows.insert(
              connection,
              stage,
              round,
              soFar -> {
                if (refused.size() + soFar.size() > mayRefuse) {
                  connection.rollback();
                  throw tooMany(batch, mayRefuse, soFar.get(0));
                }
              });
      stored += good.stored();
      refused.addAll(good.refused());
      round = round.insteadOf(good.refused());
      staged = stage.rows(round);
      stage.empty(connection);
    }
    List<DeadLetter> dead = new ArrayList<>(batch.dead());
    dead.addAll(refused);
    deadLetters.add(connection, dead);
    connection.commit();
    return batch.result(stored, dead);
  }

  private TooManyRefusedException tooMany(SortedBatch batch, int mayRefuse, DeadLetter one) {
    return new TooManyRefusedException(
        "PostgreSQL at %s refuses more than %d of %d rows, the first: %s"
            .formatted(place, mayRefuse, batch.size(), one.reason()),
        one.sqlState());
  }

  /** One row of the batch is to blame, and which is not known yet. */
  private static final class RowRefusedException extends Exception {
    RowRefusedException(SQLException cause) {
      super(cause);
    }
  }
}
