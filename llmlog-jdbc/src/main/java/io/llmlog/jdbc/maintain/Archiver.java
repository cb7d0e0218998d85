package io.llmlog.jdbc.maintain;

import java.sql.Connection;

/** Keeps what retention drops. */
@FunctionalInterface
interface Archiver {
  /**
   * Called before a table is dropped that was a partition, by one thread at a time. It is detached
   * already and nobody writes into it. Returning means that its rows are safe elsewhere and were
   * read back; after an exception the table stays as it is, and the next round calls again.
   *
   * @param connection in auto-commit mode; left as it was, and open
   * @param parent the table it was a partition of, without the schema
   * @param piece the table, with the range of its rows
   */
  void archive(Connection connection, String parent, Piece piece) throws Exception;
}
