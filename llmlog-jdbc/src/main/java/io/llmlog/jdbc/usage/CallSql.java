package io.llmlog.jdbc.usage;

import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.usage.CallFilter.Outcome;
import io.llmlog.jdbc.usage.CallPage.Cursor;
import io.llmlog.jdbc.usage.UsageQuery.Dimension;
import io.llmlog.jdbc.usage.UsageQuery.Filter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The statement of one page of calls. It has a range and a limit, whatever is asked, and the order
 * of the key, so that the server may read the key backwards and stop. Those of one company have the
 * order of its hours before that, which is the same, and lets the server read their index so.
 */
final class CallSql {
  private static final String COLUMNS =
      "event_id, created_at, action, nullif(company_id, -1), "
          + UsageSql.rowValue(Dimension.USER)
          + ", model, provider, deployment_environment, service, tokens_input, tokens_output,"
          + " CASE WHEN cost_usd <> 'NaN' THEN cost_usd END, latency_ms, error_type,"
          + " left(error_message, 200), session_id, trace_id";

  private final List<String> conditions = new ArrayList<>();
  private final List<Object> parameters = new ArrayList<>();

  private CallSql() {}

  /**
   * @param limit how many; one more is asked for, which tells whether there is a next page
   */
  static SqlText page(SchemaName schema, CallFilter filter, @Nullable Cursor after, int limit) {
    CallSql sql = new CallSql();
    sql.add("created_at >= ?", filter.from());
    sql.add("created_at < ?", filter.to());
    if (after != null) {
      // The first says nothing new, but by it the planner leaves out partitions.
      sql.add("created_at <= ?", after.createdAt());
      sql.add("(created_at, event_id) < (?, ?)", after.createdAt(), after.eventId());
    }
    filter.filters().stream()
        .collect(Collectors.groupingBy(Filter::dimension))
        .forEach(sql::dimension);
    boolean byHour = ofOneCompany(filter);
    if (byHour) {
      sql.hours(filter.from(), after == null ? filter.to() : after.createdAt());
    }
    sql.outcome(filter);
    sql.equal("session_id", filter.session());
    sql.equal("trace_id", filter.trace());
    return new SqlText(
        "SELECT %s FROM %s WHERE %s ORDER BY %screated_at DESC, event_id DESC LIMIT %d"
            .formatted(
                COLUMNS,
                schema.table("llm_log_calls"),
                String.join(" AND ", sql.conditions),
                byHour ? "hour DESC, " : "",
                limit + 1),
        sql.parameters);
  }

  private static boolean ofOneCompany(CallFilter filter) {
    List<Filter> companies =
        filter.filters().stream().filter(one -> one.dimension() == Dimension.COMPANY).toList();
    return companies.size() == 1 && companies.get(0).value() != null;
  }

  /** Of these hours, whose index has the company in front; both ends are within. */
  private void hours(Instant from, Instant to) {
    add("hour >= ?", from.truncatedTo(ChronoUnit.HOURS));
    add("hour <= ?", to.truncatedTo(ChronoUnit.HOURS));
  }

  private void add(String condition, Object... values) {
    conditions.add(condition);
    parameters.addAll(List.of(values));
  }

  private void dimension(Dimension dimension, List<Filter> filters) {
    List<String> wanted = filters.stream().map(Filter::value).filter(Objects::nonNull).toList();
    String column = UsageSql.rowValue(dimension);
    List<String> either = new ArrayList<>();
    boolean company = dimension == Dimension.COMPANY;
    if (wanted.size() == 1) {
      // Not ANY: an index on the column keeps the order of what follows in it.
      either.add(column + " = ?");
      parameters.add(company ? (Object) Long.valueOf(wanted.get(0)) : wanted.get(0));
    } else if (!wanted.isEmpty()) {
      either.add(column + " = ANY (?)");
      parameters.add(
          company
              ? (Object) wanted.stream().map(Long::valueOf).toArray(Long[]::new)
              : wanted.toArray(String[]::new));
    }
    if (wanted.size() < filters.size()) {
      either.add(UsageSql.rowHasNone(dimension));
    }
    conditions.add("(" + String.join(" OR ", either) + ")");
  }

  private void outcome(CallFilter filter) {
    if (filter.outcome() == Outcome.FAILED) {
      conditions.add("(error_type IS NOT NULL OR error_message IS NOT NULL)");
    } else if (filter.outcome() == Outcome.SUCCEEDED) {
      conditions.add("error_type IS NULL AND error_message IS NULL");
    }
    equal("error_type", filter.errorType());
  }

  private void equal(String column, @Nullable String value) {
    if (value != null) {
      add(column + " = ?", value);
    }
  }
}
