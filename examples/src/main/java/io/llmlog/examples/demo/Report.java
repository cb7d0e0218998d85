package io.llmlog.examples.demo;

import io.llmlog.delivery.LedgerSnapshot;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.usage.Usage;
import io.llmlog.jdbc.usage.UsageAnswer;
import io.llmlog.jdbc.usage.UsageException;
import io.llmlog.jdbc.usage.UsageQueries;
import io.llmlog.jdbc.usage.UsageQuery;
import io.llmlog.jdbc.usage.UsageQuery.Dimension;
import io.llmlog.worker.WorkerStatus;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;
import javax.sql.DataSource;

/** What the demo prints on stdout. */
final class Report {
  private static final String ROW = "%-10s %-18s %9s %7s %14s %13s %14s %14s%n";
  private static final int CENTS_OF_CENTS = 4;

  private final PrintStream out;

  Report(PrintStream out) {
    this.out = out;
  }

  /**
   * What the database itself holds at the end.
   *
   * @param dead messages that could not be a row
   */
  record Stored(long rows, long tokensInput, long tokensOutput, long dead) {
    static Stored read(DataSource database) throws SQLException {
      try (Connection connection = database.getConnection();
          Statement statement = connection.createStatement();
          ResultSet row =
              statement.executeQuery(
                  """
                  SELECT count(*), coalesce(sum(tokens_input), 0), coalesce(sum(tokens_output), 0),
                    (SELECT count(*) FROM llm_log_dead_letters)
                  FROM llm_logs
                  """)) {
        row.next();
        return new Stored(row.getLong(1), row.getLong(2), row.getLong(3), row.getLong(4));
      }
    }
  }

  void ledgers(LedgerSnapshot logger, WorkerStatus worker) {
    out.println();
    out.printf(
        Locale.ROOT,
        "logger: offered %,d = accepted %,d + refused %,d%n",
        logger.offered(),
        logger.accepted(),
        logger.refused());
    out.printf(
        Locale.ROOT,
        "        accepted %,d + adopted %,d"
            + " = queued %,d + fallback %,d + dropped %,d + pending %,d + spooled %,d%n",
        logger.accepted(),
        logger.adopted(),
        logger.queued(),
        logger.fallback(),
        logger.dropped(),
        logger.pending(),
        logger.spooled());
    out.printf(
        Locale.ROOT,
        "worker: claimed %,d + adopted %,d"
            + " = stored %,d + duplicate %,d + dead %,d + released %,d + fenced %,d + in flight"
            + " %,d%n",
        worker.claimed(),
        worker.adopted(),
        worker.stored(),
        worker.duplicate(),
        worker.dead(),
        worker.released(),
        worker.fenced(),
        worker.inFlight());
  }

  /** The cost by company and model, dearest first; models whose price nobody knows say so. */
  void costs(DataSource database, SchemaName schema) throws DemoException {
    UsageAnswer answer;
    try {
      answer =
          new UsageQueries(database, schema)
              .ask(UsageQuery.groupedBy(Dimension.COMPANY, Dimension.MODEL));
    } catch (UsageException e) {
      throw new DemoException(e.getMessage());
    }
    out.println();
    out.printf(
        ROW,
        "company",
        "model",
        "calls",
        "errors",
        "input tokens",
        "output tokens",
        "cost USD",
        "cost unknown");
    for (Usage usage : answer.groups()) {
      row(String.valueOf(usage.key().get(0)), String.valueOf(usage.key().get(1)), usage);
    }
    row("all", "", answer.total());
    out.println();
  }

  private void row(String company, String model, Usage usage) {
    BigDecimal cost = usage.costUsd();
    out.printf(
        Locale.ROOT,
        ROW,
        company,
        model,
        String.format(Locale.ROOT, "%,d", usage.calls()),
        String.format(Locale.ROOT, "%,d", usage.errors()),
        String.format(Locale.ROOT, "%,d", usage.tokensInput()),
        String.format(Locale.ROOT, "%,d", usage.tokensOutput()),
        cost == null
            ? "unknown"
            : cost.setScale(CENTS_OF_CENTS, RoundingMode.HALF_EVEN).toPlainString(),
        usage.callsCostUnknown() == 0
            ? ""
            : String.format(Locale.ROOT, "%,d calls", usage.callsCostUnknown()));
  }

  /** The last line: what programs read. */
  void json(Stored stored, long dropped) {
    out.printf(
        Locale.ROOT,
        "{\"rows\":%d,\"tokens_input\":%d,\"tokens_output\":%d,\"dropped\":%d,\"dead\":%d}%n",
        stored.rows(),
        stored.tokensInput(),
        stored.tokensOutput(),
        dropped,
        stored.dead());
    out.flush();
  }
}
