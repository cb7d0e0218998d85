package io.llmlog.jdbc.maintain;

import java.sql.Connection;
import java.sql.SQLException;

/** Deletes in transactions of a bounded size, so that nobody waits long for a row of theirs. */
final class Batches {
  private Batches() {}

  /**
   * Runs a statement until it finds less than a full batch.
   *
   * @param connection not in auto-commit mode
   * @param delete takes at most a batch, and skips what others have locked
   * @return how many rows were deleted
   */
  static long run(Connection connection, String delete, int batch)
      throws SQLException, StuckException, InterruptedException {
    long total = 0;
    int deleted;
    do {
      deleted =
          Patience.SOME.inTransaction(connection, statement -> statement.executeUpdate(delete));
      total += deleted;
    } while (deleted == batch);
    return total;
  }
}
