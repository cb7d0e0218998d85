package io.llmlog.jdbc.usage;

import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.usage.UsageQuery.Dimension;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A stretch of a question's whole hours, and the tier of the rollup that knows all of it with the
 * fewest rows: months and days where they are summed up, with companies or without, and hours for
 * what is left.
 *
 * @param from the first moment, or null for all before
 * @param to the first moment after, or null for all after
 */
record Stretch(Tier tier, @Nullable Instant from, @Nullable Instant to) {
  /**
   * Of each tier at most. Days or months that late rows have made pieces of are read as hours then,
   * all but the longest runs, and the statement stays one that can be planned.
   */
  private static final int MOST = 100;

  private static final Duration DAY = Duration.ofDays(1);

  /** The finest last. */
  enum Tier {
    MONTH("month", "llm_log_usage_monthly", "llm_log_usage_months", "true"),
    /** Days too, of all companies together. */
    OVERALL("day", "llm_log_usage_overall", "llm_log_usage_days", "overall"),
    DAY("day", "llm_log_usage_daily", "llm_log_usage_days", "true"),
    HOUR("hour", "llm_log_usage", "", "false");

    private final String column;
    private final String view;

    /** Those that are whole; the rows of others are not in the view. */
    private final String units;

    private final String which;

    Tier(String column, String view, String units, String which) {
      this.column = column;
      this.view = view;
      this.units = units;
      this.which = which;
    }

    /** When a row's unit begins. */
    String column() {
      return column;
    }

    String view() {
      return view;
    }

    /** Each run of units that are summed up, within a range whose ends it takes. */
    private String runs(SchemaName schema) {
      return """
      (SELECT %1$d AS tier, min(unit) AT TIME ZONE 'UTC' AS first,
        (max(unit) + interval '1 %2$s') AT TIME ZONE 'UTC' AS stop
      FROM (
        SELECT unit, unit - row_number() OVER (ORDER BY unit) * interval '1 %2$s' AS run
        FROM (SELECT %2$s AT TIME ZONE 'UTC' AS unit FROM %3$s WHERE %5$s) AS units
        WHERE unit >= ?::timestamptz AT TIME ZONE 'UTC'
          AND unit + interval '1 %2$s' <= ?::timestamptz AT TIME ZONE 'UTC') AS numbered
      GROUP BY run ORDER BY count(*) DESC LIMIT %4$d)
      """
          .formatted(ordinal(), column, schema.table(units), MOST, which);
    }
  }

  /**
   * The stretches of a question, read in the transaction that will answer it: so nothing is summed
   * up or marked between. None where it has no whole hour.
   */
  static List<Stretch> of(UsageQuery question, Cut cut, Connection connection, SchemaName schema)
      throws SQLException {
    List<Stretch> stretches = new ArrayList<>();
    if (cut.hours()) {
      stretches.add(new Stretch(Tier.HOUR, cut.firstHour(), cut.endHour()));
      List<Tier> tiers = tiers(question, cut);
      if (!tiers.isEmpty()) {
        lay(tiers, cut, connection, schema, stretches);
      }
    }
    return stretches;
  }

  /** Those above the hours that can be of use; days first, for the others to be laid over them. */
  private static List<Tier> tiers(UsageQuery question, Cut cut) {
    Instant first = cut.firstHour();
    Instant end = cut.endHour();
    boolean ofLessThanADay =
        first != null && end != null && Duration.between(first, end).compareTo(DAY) < 0;
    if (ofLessThanADay || question.by().contains(Dimension.HOUR)) {
      return List.of();
    }
    if (!question.asksForCompanies()) {
      return List.of(Tier.DAY, Tier.OVERALL);
    }
    return question.by().contains(Dimension.DAY)
        ? List.of(Tier.DAY)
        : List.of(Tier.DAY, Tier.MONTH);
  }

  private static void lay(
      List<Tier> tiers, Cut cut, Connection connection, SchemaName schema, List<Stretch> stretches)
      throws SQLException {
    String sql =
        tiers.stream()
            .map(tier -> tier.runs(schema))
            .collect(
                Collectors.joining(
                    " UNION ALL ",
                    "SELECT tier, first, stop FROM (",
                    ") AS runs ORDER BY tier DESC, first"));
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int parameter = 1; parameter <= 2 * tiers.size(); parameter += 2) {
        statement.setObject(parameter, time(cut.firstHour(), OffsetDateTime.MIN));
        statement.setObject(parameter + 1, time(cut.endHour(), OffsetDateTime.MAX));
      }
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          lay(
              Tier.values()[row.getInt(1)],
              row.getObject(2, OffsetDateTime.class).toInstant(),
              row.getObject(3, OffsetDateTime.class).toInstant(),
              stretches);
        }
      }
    }
  }

  /** The driver writes the least and the greatest time as the server's infinities. */
  private static OffsetDateTime time(@Nullable Instant time, OffsetDateTime none) {
    return time == null ? none : time.atOffset(ZoneOffset.UTC);
  }

  /** Adds a stretch, and leaves of the others what it does not cover. */
  static void lay(Tier tier, Instant from, Instant to, List<Stretch> over) {
    List<Stretch> others = List.copyOf(over);
    over.clear();
    for (Stretch other : others) {
      Instant end = other.to == null || other.to.isAfter(from) ? from : other.to;
      if (other.from == null || other.from.isBefore(end)) {
        over.add(new Stretch(other.tier, other.from, end));
      }
      Instant start = other.from == null || other.from.isBefore(to) ? to : other.from;
      if (other.to == null || start.isBefore(other.to)) {
        over.add(new Stretch(other.tier, start, other.to));
      }
    }
    over.add(new Stretch(tier, from, to));
  }
}
