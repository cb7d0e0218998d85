package io.llmlog.worker.dashboard;

import io.llmlog.jdbc.usage.UsageQuery.Dimension;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;

/** A range of whole hours, which the rollup answers alone. */
record Span(Instant from, Instant to) {
  /** As long as the rollup lives, and longer. */
  static final Duration LONGEST = Duration.ofDays(3660);

  private static final Duration UNLESS_SAID = Duration.ofDays(1);
  private static final Duration LONGEST_BY_HOUR = Duration.ofDays(7);
  private static final DateTimeFormatter DAY = DateTimeFormatter.ISO_LOCAL_DATE;

  /** That of {@code from} and {@code to}, widened to whole hours; the last 24 hours unless said. */
  static Span of(Asked asked, Instant now) throws Refusal {
    Instant to = asked.time("to");
    Instant from = asked.time("from");
    Instant end = up(to == null ? now : to);
    Instant first = from == null ? end.minus(UNLESS_SAID) : from.truncatedTo(ChronoUnit.HOURS);
    if (from != null && to != null) {
      Asked.checkRange(from, to, LONGEST);
    }
    Asked.checkRange(first, end, LONGEST.plusHours(2));
    return new Span(first, end);
  }

  private static Instant up(Instant time) {
    Instant hour = time.truncatedTo(ChronoUnit.HOURS);
    return hour.equals(time) ? hour : hour.plus(1, ChronoUnit.HOURS);
  }

  Duration length() {
    return Duration.between(from, to);
  }

  /** As long, right before. */
  Span before() {
    return new Span(from.minus(length()), from);
  }

  /** What its series is cut into. */
  Dimension step() {
    return length().compareTo(LONGEST_BY_HOUR) <= 0 ? Dimension.HOUR : Dimension.DAY;
  }

  /** The moment that the key of an hour or a day begins at. */
  static Instant time(String key, Dimension step) {
    return step == Dimension.HOUR
        ? Instant.parse(key.replace("Z", ":00Z"))
        : LocalDate.parse(key, DAY).atStartOfDay(ZoneOffset.UTC).toInstant();
  }
}
