package io.llmlog.jdbc.rollup;

import io.llmlog.jdbc.SchemaName;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The statements that compare and mend. Each takes its range of hours twice, for the rows and for
 * the rollup, so that one statement, and with it one snapshot, sees both.
 */
final class RollupSql {
  static final String KEY = "hour, company_id, provider, model, action, environment";

  /** Each is zero where there are no calls. */
  private static final List<String> SUMS =
      List.of(
          "calls",
          "errors",
          "tokens_input",
          "tokens_output",
          "tokens_cache_read",
          "tokens_cache_write",
          "tokens_reasoning",
          "calls_cost_unknown",
          "latency_ms_sum");

  /** In the order of the table. */
  static final List<String> FIGURES =
      List.of(
          "calls",
          "errors",
          "tokens_input",
          "tokens_output",
          "tokens_cache_read",
          "tokens_cache_write",
          "tokens_reasoning",
          "cost_usd",
          "calls_cost_unknown",
          "latency_ms_sum",
          "latency_histogram");

  /** Answers each differing key, then each figure as the rollup has it and as the rows say. */
  final String differences;

  /** Adds what is missing in one hour; answers how many keys, and how many of them lose calls. */
  final String mend;

  /** Deletes what is left of keys without calls. */
  final String sweep;

  /**
   * Waits while an hour's day and month are added up; then says of each that it must be again. As
   * the trigger on late rows does, and in its order.
   */
  final String lockSums;

  final List<String> markSums;

  /** Waits for any other rebuild of this schema, and for who folds. */
  final String lock;

  /** Puts into the sums what has been added. */
  final String fold;

  /** Whether the rows of a moment are where they can be dropped only by retention. */
  final String hasPartition;

  RollupSql(SchemaName schema) {
    String hourly = schema.table("llm_log_hourly");
    String sums = schema.table("llm_log_hourly_sums");
    String sum = schema.table("llm_log_histogram_sum");
    String difference =
        """
        FROM (SELECT * FROM %s(?, ?)) AS counted
        FULL JOIN (SELECT * FROM %s WHERE hour >= ? AND hour < ?) AS known USING (%s)
        CROSS JOIN LATERAL (
          SELECT CASE WHEN counted.latency_histogram = known.latency_histogram THEN '{}'
            ELSE %s(coalesce(counted.latency_histogram, '{}'), ARRAY(
              SELECT -n FROM unnest(known.latency_histogram) WITH ORDINALITY AS classes (n, class)
              ORDER BY class)) END AS histogram) AS missing
        WHERE array_remove(missing.histogram, 0) <> '{}'
          OR counted.cost_usd IS DISTINCT FROM known.cost_usd
          OR %s
        """
            .formatted(
                schema.table("llm_log_hourly_of_rows"),
                hourly,
                KEY,
                sum,
                SUMS.stream()
                    .map(column -> "counted.%1$s IS DISTINCT FROM known.%1$s".formatted(column))
                    .collect(Collectors.joining(" OR ")));
    differences =
        "SELECT %s, %s %sORDER BY %s"
            .formatted(
                KEY,
                FIGURES.stream()
                    .map(column -> "known.%1$s::text, counted.%1$s::text".formatted(column))
                    .collect(Collectors.joining(", ")),
                difference,
                KEY);
    String figures = String.join(", ", SUMS);
    mend =
        """
        WITH missing AS MATERIALIZED (
          SELECT %1$s, %2$s, missing.histogram AS latency_histogram,
            CASE WHEN known.calls IS NULL THEN counted.cost_usd
              ELSE coalesce(counted.cost_usd, 0) - coalesce(known.cost_usd, 0) END AS cost_usd
          %3$s),
        added AS (
          INSERT INTO %4$s AS known (%1$s, %5$s, cost_usd, latency_histogram)
          SELECT %1$s, %5$s, cost_usd, latency_histogram FROM missing ORDER BY %1$s
          ON CONFLICT (hour, company_id, action, model, provider, %6$s(environment))
          DO UPDATE SET %7$s,
            cost_usd = CASE WHEN known.calls + excluded.calls
                > known.calls_cost_unknown + excluded.calls_cost_unknown
              THEN coalesce(known.cost_usd, 0) + coalesce(excluded.cost_usd, 0) END,
            latency_histogram = %8$s(known.latency_histogram, excluded.latency_histogram))
        SELECT count(*), count(*) FILTER (WHERE calls < 0) FROM missing
        """
            .formatted(
                KEY,
                SUMS.stream()
                    .map(
                        column ->
                            "coalesce(counted.%1$s, 0) - coalesce(known.%1$s, 0) AS %1$s"
                                .formatted(column))
                    .collect(Collectors.joining(", ")),
                difference,
                sums,
                figures,
                schema.table("llm_log_key_text"),
                SUMS.stream()
                    .map(column -> "%1$s = known.%1$s + excluded.%1$s".formatted(column))
                    .collect(Collectors.joining(", ")),
                sum);
    sweep = "DELETE FROM %s WHERE hour = ? AND calls = 0".formatted(sums);
    lockSums =
        "SELECT pg_advisory_xact_lock_shared(hashtextextended('llmlog days %s', 0))"
            .formatted(schema.name());
    markSums =
        List.of(
            """
            UPDATE %s SET whole = false, overall = false
            WHERE whole AND day = date_trunc('day', ?::timestamptz, 'UTC')
            """
                .formatted(schema.table("llm_log_days")),
            "UPDATE %s SET whole = false WHERE whole AND month = date_trunc('month', ?::timestamptz, 'UTC')"
                .formatted(schema.table("llm_log_months")));
    lock =
        "SELECT pg_advisory_xact_lock(hashtextextended('llmlog rollup %s', 0))"
            .formatted(schema.name());
    fold = "SELECT %s(%d)".formatted(schema.table("llm_log_hourly_fold"), Long.MAX_VALUE);
    // Where the table is not partitioned by PostgreSQL itself, as a hypertable, retention alone
    // decides.
    hasPartition =
        """
        SELECT NOT EXISTS (SELECT FROM pg_partitioned_table WHERE partrelid = '%1$s'::regclass)
          OR EXISTS (
            SELECT FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            CROSS JOIN LATERAL pg_get_expr(c.relpartbound, c.oid) AS bound
            WHERE i.inhparent = '%1$s'::regclass AND bound <> 'DEFAULT'
              AND ?::timestamptz >= coalesce(
                substring(bound FROM 'FROM \\(''([^'']+)''\\)')::timestamptz, '-infinity')
              AND ?::timestamptz < coalesce(
                substring(bound FROM 'TO \\(''([^'']+)''\\)')::timestamptz, 'infinity'))
        """
            .formatted(schema.table("llm_logs"));
  }
}
