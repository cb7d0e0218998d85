package io.llmlog.jdbc;

import io.llmlog.spi.WriteException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * What an error of the database means, by its SQLSTATE; docs/DATABASE.md has the table. A state
 * that is not known pauses: a good row is never taken for a bad one.
 */
public final class SqlErrors {
  private SqlErrors() {}

  /**
   * Whether one row of a statement on {@code llm_logs} is to blame. The same state from any other
   * statement is a fault of ours or of the database.
   */
  static boolean blamesRow(SQLException e) {
    String state = state(e);
    if (state == null || state.length() != 5) {
      return false;
    }
    return switch (state) {
      case "22P03", "22P04" -> false;
      case "23502" -> true;
      // Without a constraint's name it is the routing to a partition that failed.
      case "23514" -> constraint(e) != null;
      default -> state.startsWith("22") || state.startsWith("54");
    };
  }

  /**
   * Whether the error may be over at the next try without anybody's help, such as a connection that
   * was lost. One that is no error of the database does not count.
   */
  public static boolean mayPass(Throwable e) {
    return e instanceof SQLException sql && kind(sql) == WriteException.Kind.RETRY;
  }

  /** What helps against an error that no row is to blame for. */
  static WriteException.Kind kind(SQLException e) {
    String state = state(e);
    if (state == null) {
      // The pool gave up waiting and knows no cause: all its connections are busy.
      return e instanceof SQLTransientConnectionException
          ? WriteException.Kind.RETRY
          : WriteException.Kind.PAUSE;
    }
    boolean retry =
        switch (state) {
          case "08P01", "53400" -> false;
          case "40001", "40P01", "40003", "55P03", "57014", "57P01", "57P02", "57P03" -> true;
          case "58030", "25006" -> true;
          // The row's partition was attached while the statement waited to put it into DEFAULT.
          case "23514" -> String.valueOf(table(e)).endsWith("_default");
          default -> state.startsWith("08") || state.startsWith("53");
        };
    return retry ? WriteException.Kind.RETRY : WriteException.Kind.PAUSE;
  }

  /**
   * The error for people, on one line: state and the server's primary message, without detail or
   * values. A trigger's message may have line feeds, which would forge lines in a log.
   */
  public static String text(SQLException e) {
    PSQLException cause = cause(e);
    ServerErrorMessage server = cause == null ? null : cause.getServerErrorMessage();
    String message = server == null ? null : server.getMessage();
    if (message == null) {
      message = String.valueOf(cause == null ? e.getMessage() : cause.getMessage());
    }
    String state = state(e);
    return (state == null ? "" : "SQLSTATE " + state + ": ") + message.replaceAll("\\p{Cc}+", " ");
  }

  /** As {@link #text}, for whoever does not speak SQL and may meet any exception; on one line. */
  public static String textOf(Throwable e) {
    return e instanceof SQLException sql
        ? text(sql)
        : String.valueOf(e.getMessage()).replaceAll("\\p{Cc}+", " ");
  }

  /** The SQLSTATE, or null where the error has none. */
  static @Nullable String state(SQLException e) {
    PSQLException cause = cause(e);
    return cause != null && cause.getSQLState() != null ? cause.getSQLState() : e.getSQLState();
  }

  private static @Nullable String constraint(SQLException e) {
    ServerErrorMessage server = serverError(e);
    return server == null ? null : server.getConstraint();
  }

  private static @Nullable String table(SQLException e) {
    ServerErrorMessage server = serverError(e);
    return server == null ? null : server.getTable();
  }

  private static @Nullable ServerErrorMessage serverError(SQLException e) {
    PSQLException cause = cause(e);
    return cause == null ? null : cause.getServerErrorMessage();
  }

  /** The driver's error, where the pool has wrapped it. */
  private static @Nullable PSQLException cause(SQLException e) {
    Throwable cause = e;
    for (int depth = 0; cause != null && depth < 10; depth++) {
      if (cause instanceof PSQLException driver) {
        return driver;
      }
      cause = cause.getCause();
    }
    return null;
  }
}
