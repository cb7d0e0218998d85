package io.llmlog.jdbc.maintain;

import io.llmlog.jdbc.SqlErrors;
import io.llmlog.jdbc.maintain.Partitions.Stuck;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Collects what a round finds and does. For one thread. */
final class Findings {
  private final List<String> created = new ArrayList<>();
  private final Map<String, Long> moved = new LinkedHashMap<>();
  private final List<String> dropped = new ArrayList<>();
  private final Map<String, Long> deleted = new LinkedHashMap<>();
  private final Map<String, Long> partitions = new LinkedHashMap<>();
  private final Map<String, Long> defaultRows = new LinkedHashMap<>();
  private final List<Stuck> stuck = new ArrayList<>();

  /** A step of a round. */
  @FunctionalInterface
  interface Step {
    void run() throws SQLException, StuckException, InterruptedException;
  }

  /**
   * Runs a step; what keeps it from being done is noted under a name.
   *
   * @return whether it was done
   * @throws SQLException if the database is away or has no such table: no step would work
   */
  boolean attempt(String what, Step step) throws SQLException, InterruptedException {
    try {
      step.run();
      return true;
    } catch (StuckException e) {
      stuck(what, String.valueOf(e.getMessage()));
    } catch (SQLException e) {
      if (hopeless(e)) {
        throw e;
      }
      stuck(what, reason(e));
    }
    return false;
  }

  void created(String name) {
    created.add(name);
  }

  void moved(String name, long rows) {
    if (rows > 0) {
      moved.merge(name, rows, Long::sum);
    }
  }

  void dropped(String name) {
    dropped.add(name);
  }

  void deleted(String table, long rows) {
    if (rows > 0) {
      deleted.merge(table, rows, Long::sum);
    }
  }

  void stuck(String what, String why) {
    stuck.add(new Stuck(what, why));
  }

  void counted(String table, long pieces, long rowsOutside) {
    partitions.put(table, pieces);
    defaultRows.put(table, rowsOutside);
  }

  MaintenanceReport report(Instant at, boolean elsewhere) {
    return new MaintenanceReport(
        at, elsewhere, created, moved, dropped, deleted, partitions, defaultRows, stuck);
  }

  /** The database is away, is ending, or has no such schema or table. */
  private static boolean hopeless(SQLException e) {
    String state = String.valueOf(e.getSQLState());
    return state.startsWith("08")
        || state.startsWith("53")
        || state.startsWith("57P")
        || state.equals("3F000")
        || state.equals("42P01");
  }

  private static String reason(SQLException e) {
    return Patience.busy(e) ? "others hold a lock on the table for too long" : SqlErrors.text(e);
  }
}
