package io.llmlog.jdbc.maintain;

import io.llmlog.jdbc.Partitioning;
import io.llmlog.jdbc.SchemaName;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import javax.sql.DataSource;

/**
 * Makes the partitions of {@code llm_logs}, a month each, and of {@code llm_log_contents}, a day
 * each, in UTC; does nothing where they are hypertables. Safe for use by several threads and
 * processes at once.
 */
public final class Partitions {
  /** How many months beyond the present one have their partition. */
  public static final int MONTHS_AHEAD = Layout.LOGS.ahead();

  private final DataSource database;
  private final SchemaName schema;
  private final NativeTable logs;
  private final NativeTable contents;

  /**
   * @param database connects as a role that owns the tables
   */
  public Partitions(DataSource database, SchemaName schema) {
    this.database = database;
    this.schema = schema;
    this.logs = new NativeTable(database::getConnection, schema, Layout.LOGS, null);
    this.contents = new NativeTable(database::getConnection, schema, Layout.CONTENTS, null);
  }

  /**
   * What was found and done.
   *
   * @param created the new partitions, by name
   * @param stuck those that are missing still
   * @param defaultInUse whether a DEFAULT partition holds rows, which is worth a warning
   */
  public record Result(List<String> created, List<Stuck> stuck, boolean defaultInUse) {
    public Result {
      created = List.copyOf(created);
      stuck = List.copyOf(stuck);
    }
  }

  /**
   * Something that could not be done; writing goes on meanwhile.
   *
   * @param partition or another table, by name
   * @param reason for a person
   */
  public record Stuck(String partition, String reason) {}

  /**
   * Makes the partitions of the present month and the three ahead, and of the present day and the
   * seven ahead, where they are missing. Rows of theirs in the DEFAULT partition are moved. A lock
   * that others hold for long and missing rights are reported, not thrown. Tables of a version that
   * has no contents yet are looked after without.
   *
   * @throws SQLException if the database is away or the tables are missing
   */
  public Result ensure(Instant now) throws SQLException, InterruptedException {
    if (areHypertables()) {
      return new Result(List.of(), List.of(), false);
    }
    Findings findings = new Findings();
    logs.make(Layout.LOGS.wanted(now), findings);
    if (contents.exists()) {
      contents.make(Layout.CONTENTS.wanted(now), findings);
    }
    return result(now, findings);
  }

  /**
   * Makes the partitions of {@code llm_logs} of the months from the first to the last moment, as
   * {@link #ensure} does: for rows of the past that are about to come.
   *
   * @throws SQLException if the database is away or the tables are missing
   */
  public Result cover(Instant first, Instant last) throws SQLException, InterruptedException {
    if (areHypertables()) {
      return new Result(List.of(), List.of(), false);
    }
    Findings findings = new Findings();
    logs.make(Layout.LOGS.between(first, last), findings);
    return result(last, findings);
  }

  /**
   * Makes the partitions of those months in the transaction that has made the table: nobody else
   * can use it yet, so there is nothing to wait for, and no row in DEFAULT.
   *
   * @return the new ones, by name; none where the table has no partitions of ours
   */
  public List<String> createFor(Collection<YearMonth> months, Connection connection)
      throws SQLException {
    List<Range> ranges = new ArrayList<>();
    for (YearMonth month : months) {
      ranges.add(Layout.LOGS.around(month.atDay(1).atStartOfDay(ZoneOffset.UTC).toInstant()));
    }
    return logs.makeIn(connection, ranges);
  }

  private boolean areHypertables() throws SQLException {
    try (Connection connection = database.getConnection()) {
      return Partitioning.read(connection, schema) == Partitioning.TIMESCALE;
    }
  }

  private Result result(Instant now, Findings findings) throws SQLException, InterruptedException {
    findings.attempt(logs.name(), () -> logs.count(findings));
    if (contents.exists()) {
      findings.attempt(contents.name(), () -> contents.count(findings));
    }
    MaintenanceReport report = findings.report(now, false);
    boolean defaultInUse = report.defaultRows().values().stream().anyMatch(rows -> rows > 0);
    return new Result(report.created(), report.stuck(), defaultInUse);
  }
}
