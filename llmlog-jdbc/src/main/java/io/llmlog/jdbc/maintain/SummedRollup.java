package io.llmlog.jdbc.maintain;

import io.llmlog.jdbc.SchemaName;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/**
 * Adds the hours of the rollup up to days and those to months, so that questions about long times
 * read few rows: each unit once it is past, and again when a row came late for it. The migrations
 * that make the tables say why all of them agree. Each unit is a transaction of its own, during
 * which writers of late rows wait, and no others.
 */
final class SummedRollup {
  private final ConnectionSource database;
  private final SchemaName schema;
  private final String hourlySums;
  private final String additions;

  SummedRollup(ConnectionSource database, SchemaName schema) {
    this.database = database;
    this.schema = schema;
    this.hourlySums = schema.table("llm_log_hourly_sums");
    this.additions = schema.table("llm_log_hourly_additions");
  }

  /**
   * Adds up what is past and not whole.
   *
   * @param cutoff days before it are past the rollup's retention, and months that have such a day
   */
  void addUp(Instant cutoff, Findings findings) throws SQLException, InterruptedException {
    for (Tier tier : Tier.values()) {
      addUp(tier, cutoff, findings);
    }
  }

  void addUp(Tier tier, Instant cutoff, Findings findings)
      throws SQLException, InterruptedException {
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      findings.attempt(
          tier.sums,
          () -> {
            List<Instant> due;
            try (Statement statement = connection.createStatement()) {
              due = due(statement, tier, firstDay(cutoff), "");
            }
            connection.rollback();
            for (Instant begin : due) {
              Patience.SOME.inTransaction(
                  connection, statement -> addUp(statement, tier, begin, firstDay(cutoff)));
            }
          });
    }
  }

  /**
   * Deletes the days that ended at the cutoff or before, and the months that have such a day: a
   * month is never a sum of half its days. First of all, that they are known.
   */
  void deleteBefore(Instant cutoff, Findings findings) throws SQLException, InterruptedException {
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      findings.attempt(
          Tier.DAY.sums,
          () ->
              Patience.SOME.inTransaction(
                  connection,
                  statement -> {
                    lock(statement);
                    for (Tier tier : Tier.values()) {
                      String before = tier.unit + " < " + firstDay(cutoff);
                      statement.execute(
                          "DELETE FROM %s WHERE %s".formatted(schema.table(tier.units), before));
                      findings.deleted(
                          tier.sums,
                          statement.executeLargeUpdate(
                              "DELETE FROM %s WHERE %s"
                                  .formatted(schema.table(tier.sums), before)));
                    }
                    return true;
                  }));
    }
  }

  private static String firstDay(Instant cutoff) {
    return literal(cutoff.truncatedTo(ChronoUnit.DAYS));
  }

  private static String literal(Instant time) {
    return "TIMESTAMPTZ '" + Range.literal(time) + "'";
  }

  /**
   * By the server's clock, which the trigger on late rows reads too. Units of which there is
   * nothing are left out; so are months in which a day waits.
   *
   * <p>What has been added to the rollup is read once: a table that rows are deleted from all the
   * time may be far larger than what is in it.
   *
   * @param only another condition on {@code due.unit}, or the empty text
   */
  private List<Instant> due(Statement statement, Tier tier, String cutoff, String only)
      throws SQLException {
    String sql =
        """
        WITH added AS MATERIALIZED (
          SELECT DISTINCT date_trunc('day', hour, 'UTC') AS day FROM %8$s WHERE hour >= %3$s)
        SELECT due.unit FROM (
          SELECT moment AT TIME ZONE 'UTC' AS unit FROM generate_series(
            date_trunc('%1$s', (%2$s) AT TIME ZONE 'UTC'),
            date_trunc('%1$s', (now() - interval '36 hours') AT TIME ZONE 'UTC')
              - interval '1 %1$s',
            interval '1 %1$s') AS moment) AS due
        WHERE due.unit >= %3$s %4$s
          AND NOT EXISTS (SELECT FROM %5$s AS known WHERE known.%1$s = due.unit AND known.%6$s)
          AND %7$s
        ORDER BY 1
        """
            .formatted(
                tier.unit,
                first(tier, cutoff),
                cutoff,
                only,
                schema.table(tier.units),
                tier.whole,
                switch (tier) {
                  case DAY -> hasHours("due.unit");
                  case OVERALL -> isWhole("due.unit");
                  case MONTH -> isOfWholeDays();
                },
                additions);
    List<Instant> due = new ArrayList<>();
    try (ResultSet row = statement.executeQuery(sql)) {
      while (row.next()) {
        due.add(row.getObject(1, OffsetDateTime.class).toInstant());
      }
    }
    return due;
  }

  /** The first moment of the tier below. */
  private String first(Tier tier, String cutoff) {
    return tier == Tier.DAY
        ? """
            SELECT least((SELECT min(hour) FROM %1$s WHERE hour >= %2$s),
              (SELECT min(day) FROM added))"""
            .formatted(hourlySums, cutoff)
        : "SELECT min(day) FROM %s WHERE whole AND day >= %s"
            .formatted(schema.table(Tier.DAY.units), cutoff);
  }

  private String hasHours(String day) {
    return """
        (EXISTS (SELECT FROM added WHERE added.day = %2$s)
        OR EXISTS (SELECT FROM %1$s WHERE hour >= %2$s AND hour < %2$s + interval '24 hours'))"""
        .formatted(hourlySums, day);
  }

  private String isWhole(String day) {
    return "EXISTS (SELECT FROM %s AS days WHERE days.day = %s AND days.whole)"
        .formatted(schema.table(Tier.DAY.units), day);
  }

  /** One of them is, and none else has hours. */
  private String isOfWholeDays() {
    return """
    EXISTS (
        SELECT FROM %1$s WHERE whole AND day >= due.unit AND day < %2$s)
      AND NOT EXISTS (
        SELECT FROM generate_series(due.unit, %2$s - interval '24 hours', interval '24 hours') AS day
        WHERE NOT %3$s AND %4$s)"""
        .formatted(
            schema.table(Tier.DAY.units),
            "(due.unit AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC'",
            isWhole("day.day"),
            hasHours("day.day"));
  }

  /** One statement after the other: each sees what was committed before the lock was had. */
  private boolean addUp(Statement statement, Tier tier, Instant begin, String cutoff)
      throws SQLException {
    lock(statement);
    String from = literal(begin);
    // A row may have come late for one of its days since.
    if (due(statement, tier, cutoff, "AND due.unit = " + from).isEmpty()) {
      return false;
    }
    String sums = schema.table(tier.sums);
    statement.execute("DELETE FROM %s WHERE %s = %s".formatted(sums, tier.unit, from));
    statement.execute(
        """
        INSERT INTO %1$s
        SELECT %2$s, %3$s, sum(calls), sum(errors), sum(tokens_input), sum(tokens_output),
          sum(tokens_cache_read), sum(tokens_cache_write), sum(tokens_reasoning), sum(cost_usd),
          sum(calls_cost_unknown), sum(latency_ms_sum), %4$s(latency_histogram)
        FROM %5$s GROUP BY %3$s
        """
            .formatted(
                sums,
                from,
                tier.key(),
                schema.table("llm_log_histogram_total"),
                below(tier, from, literal(tier.end(begin)))));
    statement.execute(
        tier == Tier.OVERALL
            ? "UPDATE %s SET overall = true WHERE day = %s"
                .formatted(schema.table(tier.units), from)
            : """
            INSERT INTO %1$s (%2$s, whole) VALUES (%3$s, true)
            ON CONFLICT (%2$s) DO UPDATE SET whole = true
            """
                .formatted(schema.table(tier.units), tier.unit, from));
    return true;
  }

  private String below(Tier tier, String from, String to) {
    return switch (tier) {
      case DAY ->
          "(SELECT * FROM %s UNION ALL SELECT * FROM %s) AS hours WHERE hour >= %s AND hour < %s"
              .formatted(hourlySums, schema.table("llm_log_hourly_added"), from, to);
      case OVERALL -> "%s WHERE day = %s".formatted(schema.table(Tier.DAY.sums), from);
      case MONTH ->
          "%s AS sums JOIN %s AS days ON days.day = sums.day AND days.whole WHERE sums.day >= %s AND sums.day < %s"
              .formatted(schema.table(Tier.DAY.sums), schema.table(Tier.DAY.units), from, to);
    };
  }

  /** For all tiers one, that of the trigger. */
  private void lock(Statement statement) throws SQLException {
    statement.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('llmlog days %s', 0))"
            .formatted(schema.name()));
  }
}
