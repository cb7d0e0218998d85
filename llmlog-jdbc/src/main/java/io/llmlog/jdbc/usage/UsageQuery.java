package io.llmlog.jdbc.usage;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A question about usage.
 *
 * @param by what to group by, in the order of the answer's key; empty asks for the total
 * @param from the first moment, or null for all before
 * @param to the first moment after, or null for all after
 * @param limit at most that many groups, those of the greatest cost; at least 1
 */
public record UsageQuery(
    List<Dimension> by, @Nullable Instant from, @Nullable Instant to, int limit) {
  /** What calls can be grouped by. */
  public enum Dimension {
    COMPANY,
    /** {@code user_id}, or {@code end_user} where there is none. */
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

  public UsageQuery {
    by = List.copyOf(by);
    if (limit < 1) {
      throw new IllegalArgumentException("limit " + limit + ": must be 1 or more");
    }
    if (from != null && to != null && to.isBefore(from)) {
      throw new IllegalArgumentException("to " + to + ": must not be before from " + from);
    }
  }

  /** Asks about all time, without a limit. */
  public static UsageQuery groupedBy(Dimension... by) {
    return new UsageQuery(List.of(by), null, null, Integer.MAX_VALUE);
  }

  /** The same question about a range of time. */
  public UsageQuery between(@Nullable Instant from, @Nullable Instant to) {
    return new UsageQuery(by, from, to, limit);
  }
}
