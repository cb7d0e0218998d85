package io.llmlog.jdbc.usage;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A question about usage. Immutable; two that ask the same are equal.
 *
 * @param by what to group by, in the order of the answer's key; empty asks for the total
 * @param filters what the calls must be; several of one dimension: one of them
 * @param from the first moment, or null for all before
 * @param to the first moment after, or null for all after
 * @param limit at most that many groups, those of the greatest cost; at least 1
 * @param latency whether to answer with latencies, which takes some times longer
 */
public record UsageQuery(
    List<Dimension> by,
    List<Filter> filters,
    @Nullable Instant from,
    @Nullable Instant to,
    int limit,
    boolean latency) {
  private static final String NO_COMPANY = "-1";
  private static final Instant FIRST = yearBegins(1);
  private static final Instant LAST = yearBegins(10_000);

  /** What calls can be grouped by. */
  public enum Dimension {
    COMPANY,
    /** {@code user_id}, or {@code end_user} where there is none. Asks the rows, in a range. */
    USER,
    MODEL,
    ACTION,
    PROVIDER,
    ENVIRONMENT,
    /** A day in UTC: {@code 2026-11-23}. */
    DAY,
    /** An hour in UTC: {@code 2026-11-23T09:00Z}. */
    HOUR
  }

  /**
   * A condition on the calls.
   *
   * @param dimension not {@code DAY} or {@code HOUR}, which are ranges
   * @param value as it stands in a key; null: calls that have none
   */
  public record Filter(Dimension dimension, @Nullable String value) {
    public Filter {
      if (dimension == Dimension.DAY || dimension == Dimension.HOUR) {
        throw new IllegalArgumentException(dimension + " is no filter: ask for a range of time");
      }
      if (dimension == Dimension.COMPANY && value != null && !isLong(value)) {
        throw new IllegalArgumentException("company " + value + ": must be a whole number");
      }
      if (value != null && value.indexOf('\0') >= 0) {
        throw new IllegalArgumentException(dimension + ": must not contain NUL");
      }
      // What the rollup writes for none.
      boolean none =
          value != null && value.equals(dimension == Dimension.COMPANY ? NO_COMPANY : "");
      value = none ? null : value;
    }

    private static boolean isLong(String text) {
      try {
        return Long.toString(Long.parseLong(text)).equals(text);
      } catch (NumberFormatException e) {
        return false;
      }
    }
  }

  /**
   * @throws IllegalArgumentException if the limit is below 1, the range ends before it begins or
   *     leaves the years 1 to 9999
   */
  public UsageQuery {
    by = List.copyOf(by);
    filters = List.copyOf(filters);
    if (limit < 1) {
      throw new IllegalArgumentException("limit " + limit + ": must be 1 or more");
    }
    from = checked("from", from);
    to = checked("to", to);
    if (from != null && to != null && to.isBefore(from)) {
      throw new IllegalArgumentException("to " + to + ": must not be before from " + from);
    }
  }

  /** Asks about all time, without a limit. */
  public static UsageQuery groupedBy(Dimension... by) {
    return new UsageQuery(List.of(by), List.of(), null, null, Integer.MAX_VALUE, false);
  }

  /** The same question about a range of time. */
  public UsageQuery between(@Nullable Instant from, @Nullable Instant to) {
    return new UsageQuery(by, filters, from, to, limit, latency);
  }

  /**
   * The same question about fewer calls: those with this value, null for those that have none.
   * Asked again for the same dimension: those with one of the values.
   */
  public UsageQuery where(Dimension dimension, @Nullable String value) {
    List<Filter> more = new ArrayList<>(filters);
    more.add(new Filter(dimension, value));
    return new UsageQuery(by, more, from, to, limit, latency);
  }

  /** The same question, answered with the dearest groups alone; the total stays that of all. */
  public UsageQuery top(int groups) {
    return new UsageQuery(by, filters, from, to, groups, latency);
  }

  /** The same question, answered with latencies too. */
  public UsageQuery withLatency() {
    return new UsageQuery(by, filters, from, to, limit, true);
  }

  /** Whether it names users, whom only the rows know. */
  boolean asksForUsers() {
    return asksFor(Dimension.USER);
  }

  /** Whether it names companies, which some sums do not tell apart. */
  boolean asksForCompanies() {
    return asksFor(Dimension.COMPANY);
  }

  private boolean asksFor(Dimension dimension) {
    return by.contains(dimension)
        || filters.stream().anyMatch(filter -> filter.dimension() == dimension);
  }

  /** Cut to the microsecond, as the times of the calls are. */
  private static @Nullable Instant checked(String what, @Nullable Instant time) {
    if (time == null) {
      return null;
    }
    if (time.isBefore(FIRST) || time.isAfter(LAST)) {
      throw new IllegalArgumentException(what + " " + time + ": must be in the years 1 to 9999");
    }
    return time.truncatedTo(ChronoUnit.MICROS);
  }

  private static Instant yearBegins(int year) {
    return OffsetDateTime.of(year, 1, 1, 0, 0, 0, 0, ZoneOffset.UTC).toInstant();
  }
}
