package io.llmlog.jdbc.maintain;

import java.sql.SQLException;
import java.time.Instant;

/**
 * A table whose rows stand in pieces by time, whoever cuts them: partitions of our own making, or
 * the chunks of an extension. Everything that asks which pieces there are, makes or drops some,
 * goes through here. What cannot be done now is told to the findings and nothing is thrown, but for
 * a database that is away or has no such table.
 */
interface SlicedTable {
  /** Its name, without the schema. */
  String name();

  /**
   * Makes the pieces that are missing from now on, and those that misplaced rows wait for.
   *
   * @param cutoff rows before it are past retention, and nothing is made for them
   */
  void prepare(Instant now, Instant cutoff, Findings findings)
      throws SQLException, InterruptedException;

  /** Drops the pieces that end at the cutoff or before, and what else is past it. */
  void expire(Instant cutoff, Findings findings) throws SQLException, InterruptedException;

  /** Tells what both would do, and does nothing. */
  void preview(Instant now, Instant cutoff, Findings findings) throws SQLException;

  /** Tells how many pieces there are, and how many rows stand outside of those of their time. */
  void count(Findings findings) throws SQLException;
}
