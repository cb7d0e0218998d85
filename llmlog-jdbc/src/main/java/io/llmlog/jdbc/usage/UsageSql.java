package io.llmlog.jdbc.usage;

import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.usage.UsageQuery.Dimension;
import io.llmlog.jdbc.usage.UsageQuery.Filter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The one statement that answers a question: each part of its range grouped by itself, from the
 * rollup or from rows, then all put together, with the total as a group of its own that comes
 * first. Reads views alone, and normalizes rows as the rollup has done it.
 *
 * <p>The answer's columns: the keys; whether the row is the total; {@link #SUMS}; where asked, the
 * latencies as an array of counts.
 */
final class UsageSql {
  /** The figures, in order. */
  private static final List<String> SUMS =
      List.of(
          "calls",
          "errors",
          "tokens_input",
          "tokens_output",
          "tokens_cache_read",
          "tokens_cache_write",
          "tokens_reasoning",
          "cost_usd",
          "calls_cost_unknown");

  /** What the rollup has beside the time. */
  private static final String COLUMNS =
      "company_id, provider, model, action, environment, "
          + String.join(", ", SUMS)
          + ", latency_histogram";

  private static final int CLASSES = LatencyHistogram.bounds().length;

  private final UsageQuery question;
  private final SchemaName schema;
  private final List<Object> parameters = new ArrayList<>();
  private final String text;

  UsageSql(UsageQuery question, Cut cut, SchemaName schema) {
    this.question = question;
    this.schema = schema;
    List<String> parts = new ArrayList<>();
    if (cut.hours()) {
      parts.add(hours(cut));
    }
    cut.edges().forEach(edge -> parts.add(rows(edge)));
    this.text = together(String.join(" UNION ALL ", parts));
  }

  SqlText statement() {
    return new SqlText(text, parameters);
  }

  private String hours(Cut cut) {
    String source = question.by().contains(Dimension.HOUR) ? hourly(cut) : daily(cut);
    List<String> conditions = new ArrayList<>();
    filters(conditions, UsageSql::rollupValue, dimension -> rollupValue(dimension) + " IS NULL");
    String sums = SUMS.stream().map(s -> "sum(" + s + ") AS " + s).collect(Collectors.joining(","));
    // A sum for each class is faster than to unnest: 144,000 histograms take half the time.
    return part(
        UsageSql::rollupKey,
        sums + latency(n -> "sum(latency_histogram[" + n + "])"),
        "(" + source + ") AS hours" + where(conditions));
  }

  private String hourly(Cut cut) {
    return hours(cut.firstHour(), cut.endHour(), "TRUE");
  }

  /**
   * Days that are added up as such, all other hours as hours: those before the first such day and
   * after the last, and of the days between that are not added up. Those are looked up day by day,
   * for there is none as a rule (OFFSET keeps the filters out of it): with a filter, of which the
   * planner expects too little, it would else read all hours there are to join them with no day.
   */
  private String daily(Cut cut) {
    Instant first = cut.firstDay();
    Instant end = cut.endDay();
    if (first != null && end != null && !first.isBefore(end)) {
      return hourly(cut);
    }
    String days = schema.table("llm_log_usage_days");
    return String.join(
        " UNION ALL ",
        "SELECT day AS hour, %s FROM %s WHERE %s"
            .formatted(COLUMNS, schema.table("llm_log_usage_daily"), days(first, end)),
        hours(
            cut.firstHour(),
            cut.endHour(),
            "hour < coalesce((SELECT min(day) FROM %s WHERE %s), 'infinity')"
                .formatted(days, days(first, end))),
        hours(
            cut.firstHour(),
            cut.endHour(),
            "hour >= coalesce((SELECT max(day) FROM %s WHERE %s) + interval '24 hours', 'infinity')"
                .formatted(days, days(first, end))),
        """
        SELECT hours.* FROM (
          SELECT generate_series(min(day), max(day), interval '24 hours') AS day FROM %s WHERE %s
          EXCEPT SELECT day FROM %1$s) AS gap
        CROSS JOIN LATERAL (
          SELECT hour, %s FROM %s
          WHERE hour >= gap.day AND hour < gap.day + interval '24 hours' OFFSET 0) AS hours
        """
            .formatted(days, days(first, end), COLUMNS, schema.table("llm_log_usage")));
  }

  /** Adds its parameters; so each call stands in the text as often as it is made, and in order. */
  private String days(@Nullable Instant first, @Nullable Instant end) {
    List<String> conditions = new ArrayList<>(List.of("TRUE"));
    bound(conditions, "day >= ?", first);
    bound(conditions, "day < ?", end);
    return String.join(" AND ", conditions);
  }

  private String hours(@Nullable Instant first, @Nullable Instant end, String condition) {
    List<String> conditions = new ArrayList<>();
    // First, as its parameters are.
    conditions.add(condition);
    bound(conditions, "hour >= ?", first);
    bound(conditions, "hour < ?", end);
    return "SELECT hour, " + COLUMNS + " FROM " + schema.table("llm_log_usage") + where(conditions);
  }

  private String rows(Cut.Edge edge) {
    List<String> conditions = new ArrayList<>();
    bound(conditions, "created_at >= ?", edge.from());
    bound(conditions, "created_at < ?", edge.to());
    filters(conditions, UsageSql::rowValue, UsageSql::rowHasNone);
    String source = schema.table("llm_log_calls") + where(conditions);
    if (question.latency()) {
      source =
          "(SELECT *, CASE WHEN latency_ms IS NOT NULL THEN greatest(1, width_bucket(latency_ms, '{"
              + Arrays.stream(LatencyHistogram.bounds())
                  .mapToObj(Long::toString)
                  .collect(Collectors.joining(","))
              + "}'::bigint[])) END AS latency_class FROM "
              + source
              + ") AS c";
    }
    return part(
        UsageSql::rowKey,
        """
        count(*) AS calls,
        count(*) FILTER (WHERE error_type IS NOT NULL OR error_message IS NOT NULL) AS errors,
        sum(tokens_input) AS tokens_input, sum(tokens_output) AS tokens_output,
        sum(tokens_cache_read) AS tokens_cache_read, sum(tokens_cache_write) AS tokens_cache_write,
        sum(tokens_reasoning) AS tokens_reasoning,
        sum(cost_usd) FILTER (WHERE cost_usd <> 'NaN') AS cost_usd,
        count(*) FILTER (WHERE cost_usd IS NULL OR cost_usd = 'NaN') AS calls_cost_unknown"""
            + latency(n -> "count(*) FILTER (WHERE latency_class = " + n + ")"),
        source);
  }

  private String part(Function<Dimension, String> key, String figures, String from) {
    return "SELECT "
        + keys((n, by) -> key.apply(by) + " AS k" + n + ", ")
        + figures
        + " FROM "
        + from
        + (question.by().isEmpty() ? "" : " GROUP BY " + numbers());
  }

  private String together(String parts) {
    String sums =
        SUMS.stream()
            .map(s -> s.equals("cost_usd") ? "sum(cost_usd) AS cost" : "coalesce(sum(" + s + "),0)")
            .collect(Collectors.joining(","));
    String names = keys((n, by) -> (n == 1 ? "k" : ", k") + n);
    String statement =
        "SELECT "
            + keys((n, by) -> shown("k" + n, by) + ", ")
            + (names.isEmpty() ? "1" : "grouping(k1)")
            + " AS whole, "
            + sums
            + latency(n -> "coalesce(sum(latency[" + n + "]), 0)::bigint")
            + " FROM ("
            + parts
            + ") AS parts";
    if (names.isEmpty()) {
      return statement;
    }
    String limit = question.limit() == Integer.MAX_VALUE ? "" : " LIMIT " + (1L + question.limit());
    return statement
        + " GROUP BY GROUPING SETS (("
        + names
        + "), ()) ORDER BY whole DESC, cost DESC NULLS LAST, "
        + names
        + limit;
  }

  private String latency(IntFunction<String> count) {
    return question.latency()
        ? IntStream.rangeClosed(1, CLASSES)
            .mapToObj(count)
            .collect(Collectors.joining(",", ", ARRAY[", "] AS latency"))
        : "";
  }

  private interface Keyed {
    String text(int number, Dimension by);
  }

  private String keys(Keyed key) {
    StringBuilder keys = new StringBuilder();
    for (int i = 0; i < question.by().size(); i++) {
      keys.append(key.text(i + 1, question.by().get(i)));
    }
    return keys.toString();
  }

  private String numbers() {
    return IntStream.rangeClosed(1, question.by().size())
        .mapToObj(Integer::toString)
        .collect(Collectors.joining(", "));
  }

  private void bound(List<String> conditions, String condition, @Nullable Instant time) {
    if (time != null) {
      conditions.add(condition);
      parameters.add(time);
    }
  }

  /**
   * @param value what equals a filter's value
   * @param none what is true of calls that have none
   */
  private void filters(
      List<String> conditions,
      Function<Dimension, String> value,
      Function<Dimension, String> none) {
    question.filters().stream()
        .collect(Collectors.groupingBy(Filter::dimension))
        .forEach(
            (dimension, filters) -> {
              List<String> either = new ArrayList<>();
              List<String> wanted =
                  filters.stream().map(Filter::value).filter(Objects::nonNull).toList();
              if (!wanted.isEmpty()) {
                either.add(value.apply(dimension) + " = ANY (?)");
                parameters.add(
                    dimension == Dimension.COMPANY
                        ? wanted.stream().map(Long::valueOf).toArray(Long[]::new)
                        : wanted.toArray(String[]::new));
              }
              if (wanted.size() < filters.size()) {
                either.add(none.apply(dimension));
              }
              conditions.add("(" + String.join(" OR ", either) + ")");
            });
  }

  private static String where(List<String> conditions) {
    return conditions.isEmpty() ? "" : " WHERE " + String.join(" AND ", conditions);
  }

  private static String rollupValue(Dimension dimension) {
    return switch (dimension) {
      case COMPANY -> "company_id";
      case MODEL -> "model";
      case ACTION -> "action";
      case PROVIDER -> "provider";
      case ENVIRONMENT -> "environment";
      case USER, DAY, HOUR -> throw new IllegalStateException(dimension + " is not in the rollup");
    };
  }

  /** Integers stay so while they are sorted; texts are sorted alike under every locale. */
  private static String rollupKey(Dimension dimension) {
    return switch (dimension) {
      case COMPANY -> "company_id";
      case DAY -> "(hour AT TIME ZONE 'UTC')::date";
      case HOUR -> "hour";
      default -> rollupValue(dimension) + " COLLATE \"C\"";
    };
  }

  static String rowValue(Dimension dimension) {
    return switch (dimension) {
      case USER -> "coalesce(user_id::text, nullif(end_user, ''))";
      case ENVIRONMENT -> "deployment_environment";
      default -> rollupValue(dimension);
    };
  }

  static String rowHasNone(Dimension dimension) {
    return switch (dimension) {
      case COMPANY -> "company_id IS NULL OR company_id = -1";
      case USER -> rowValue(dimension) + " IS NULL";
      default -> rowValue(dimension) + " IS NULL OR " + rowValue(dimension) + " = ''";
    };
  }

  private static String rowKey(Dimension dimension) {
    return switch (dimension) {
      case COMPANY -> "nullif(company_id, -1)";
      case USER -> rowValue(dimension) + " COLLATE \"C\"";
      case DAY -> "(created_at AT TIME ZONE 'UTC')::date";
      case HOUR -> "date_trunc('hour', created_at, 'UTC')";
      default -> "nullif(" + rowValue(dimension) + ", '') COLLATE \"C\"";
    };
  }

  private static String shown(String key, Dimension dimension) {
    return switch (dimension) {
      case DAY -> "to_char(" + key + ", 'YYYY-MM-DD')";
      case HOUR -> "to_char(" + key + " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:00\"Z\"')";
      default -> key;
    };
  }
}
