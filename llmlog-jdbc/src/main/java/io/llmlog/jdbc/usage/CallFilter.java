package io.llmlog.jdbc.usage;

import io.llmlog.jdbc.usage.UsageQuery.Dimension;
import io.llmlog.jdbc.usage.UsageQuery.Filter;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which calls, always of a range of time. Immutable; two that ask the same are equal.
 *
 * @param from the first moment
 * @param to the first moment after
 * @param filters what the calls must be; several of one dimension: one of them
 * @param outcome how they ended
 * @param errorType the {@code error_type} that they have, or null for any
 * @param session the {@code session_id} that they have, or null for any
 * @param trace the {@code trace_id} that they have, or null for any
 */
public record CallFilter(
    Instant from,
    Instant to,
    List<Filter> filters,
    Outcome outcome,
    @Nullable String errorType,
    @Nullable String session,
    @Nullable String trace) {
  /** The longest range: beyond lie partitions that retention leaves no use for. */
  public static final Duration LONGEST = Duration.ofDays(400);

  /** How calls ended. */
  public enum Outcome {
    ANY,
    /** With an {@code error_type} or an {@code error_message}. */
    FAILED,
    SUCCEEDED
  }

  /**
   * @throws IllegalArgumentException if the range is empty, longer than {@link #LONGEST}, leaves
   *     the years 1 to 9999, or a text holds NUL
   */
  public CallFilter {
    // The checks and the microseconds of a question of usage.
    UsageQuery range = UsageQuery.groupedBy().between(from, to);
    from = range.from() == null ? from : range.from();
    to = range.to() == null ? to : range.to();
    filters = List.copyOf(filters);
    if (!from.isBefore(to)) {
      throw new IllegalArgumentException("to " + to + ": must be after from " + from);
    }
    if (Duration.between(from, to).compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          "from %s to %s: must be at most %d days".formatted(from, to, LONGEST.toDays()));
    }
    checked("error type", errorType);
    checked("session", session);
    checked("trace", trace);
  }

  /** All calls of a range. */
  public static CallFilter between(Instant from, Instant to) {
    return new CallFilter(from, to, List.of(), Outcome.ANY, null, null, null);
  }

  /** The last 24 hours, with those whose clock is a little ahead. */
  public static CallFilter lastDay(Instant now) {
    Instant end = now.plus(10, ChronoUnit.MINUTES);
    return between(now.minus(24, ChronoUnit.HOURS), end);
  }

  /**
   * Fewer: those with this value, null for those that have none. Asked again for the same
   * dimension: those with one of the values.
   */
  public CallFilter where(Dimension dimension, @Nullable String value) {
    List<Filter> more = new ArrayList<>(filters);
    more.add(new Filter(dimension, value));
    return new CallFilter(from, to, more, outcome, errorType, session, trace);
  }

  /** Those that ended so. */
  public CallFilter ended(Outcome how) {
    return new CallFilter(from, to, filters, how, errorType, session, trace);
  }

  /** Those with that {@code error_type}. */
  public CallFilter failedBy(String type) {
    return new CallFilter(from, to, filters, outcome, type, session, trace);
  }

  /** Those of that session. */
  public CallFilter ofSession(String id) {
    return new CallFilter(from, to, filters, outcome, errorType, id, trace);
  }

  /** Those of that trace. */
  public CallFilter ofTrace(String id) {
    return new CallFilter(from, to, filters, outcome, errorType, session, id);
  }

  private static void checked(String what, @Nullable String text) {
    if (text != null && text.indexOf('\0') >= 0) {
      throw new IllegalArgumentException(what + ": must not contain NUL");
    }
  }
}
