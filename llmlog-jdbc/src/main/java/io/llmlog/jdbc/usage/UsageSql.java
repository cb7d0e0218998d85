package io.llmlog.jdbc.usage;

import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.usage.Stretch.Tier;
import io.llmlog.jdbc.usage.UsageQuery.Dimension;
import io.llmlog.jdbc.usage.UsageQuery.Filter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
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
 * The one statement that answers a question: each part of its range grouped by itself, from a tier
 * of the rollup or from rows, then all put together, with the total as a group of its own that
 * comes first. Reads views alone, and normalizes rows as the rollup has done it.
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

  private static final int CLASSES = LatencyHistogram.bounds().length;

  private final UsageQuery question;
  private final SchemaName schema;
  private final List<Object> parameters = new ArrayList<>();
  private final String text;

  /**
   * @param stretches what the rollup is asked for; with the edges, the whole range and nothing
   *     twice
   * @param edges what the rows are asked for
   */
  UsageSql(UsageQuery question, List<Stretch> stretches, List<Cut.Edge> edges, SchemaName schema) {
    this.question = question;
    this.schema = schema;
    List<String> parts = new ArrayList<>();
    for (Tier tier : Tier.values()) {
      List<Stretch> ofTier = stretches.stream().filter(s -> s.tier() == tier).toList();
      if (!ofTier.isEmpty()) {
        parts.add(sums(tier, ofTier));
      }
    }
    edges.forEach(edge -> parts.add(rows(edge)));
    this.text = together(String.join(" UNION ALL ", parts));
  }

  SqlText statement() {
    return new SqlText(text, parameters);
  }

  private String sums(Tier tier, List<Stretch> stretches) {
    List<String> either = new ArrayList<>();
    for (Stretch stretch : stretches) {
      List<String> both = new ArrayList<>(List.of("TRUE"));
      bound(both, tier.column() + " >= ?", stretch.from());
      bound(both, tier.column() + " < ?", stretch.to());
      either.add(String.join(" AND ", both));
    }
    List<String> conditions = new ArrayList<>(List.of("(" + String.join(" OR ", either) + ")"));
    filters(conditions, UsageSql::rollupValue, dimension -> rollupValue(dimension) + " IS NULL");
    String sums = SUMS.stream().map(s -> "sum(" + s + ") AS " + s).collect(Collectors.joining(","));
    // A sum for each class is faster than to unnest: 144,000 histograms take half the time.
    return part(
        dimension -> rollupKey(dimension, tier),
        sums + latency(n -> "sum(latency_histogram[" + n + "])"),
        schema.table(tier.view()) + where(conditions));
  }

  private String rows(Cut.Edge edge) {
    List<String> conditions = new ArrayList<>();
    bound(conditions, "created_at >= ?", edge.from());
    bound(conditions, "created_at < ?", edge.to());
    if (question.filters().stream().anyMatch(one -> one.dimension() == Dimension.COMPANY)) {
      // The index that finds a company's rows knows their hours.
      bound(conditions, "hour >= ?", hour(edge.from()));
      bound(conditions, "hour <= ?", hour(edge.to()));
    }
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

  private static @Nullable Instant hour(@Nullable Instant time) {
    return time == null ? null : time.truncatedTo(ChronoUnit.HOURS);
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
  private static String rollupKey(Dimension dimension, Tier tier) {
    return switch (dimension) {
      case COMPANY -> "company_id";
      case DAY -> "(" + tier.column() + " AT TIME ZONE 'UTC')::date";
      case HOUR -> tier.column();
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
      case HOUR -> "hour";
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
