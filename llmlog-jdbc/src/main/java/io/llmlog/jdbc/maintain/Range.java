package io.llmlog.jdbc.maintain;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A stretch of time.
 *
 * @param from the first moment; {@link Instant#MIN} where there is none
 * @param to the first moment after; {@link Instant#MAX} where there is none
 */
record Range(Instant from, Instant to) {
  private static final DateTimeFormatter BOUND =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSSSSSx").withZone(ZoneOffset.UTC);

  Range {
    if (!from.isBefore(to)) {
      throw new IllegalArgumentException(from + " to " + to + ": must not be empty");
    }
  }

  /** What of this range the others leave free, in order. */
  List<Range> without(List<Range> others) {
    List<Range> free = new ArrayList<>();
    Instant start = from;
    List<Range> sorted = new ArrayList<>(others);
    sorted.sort(Comparator.comparing(Range::from));
    for (Range other : sorted) {
      if (other.to().isAfter(start) && other.from().isBefore(to)) {
        if (other.from().isAfter(start)) {
          free.add(new Range(start, other.from()));
        }
        start = other.to();
      }
    }
    if (start.isBefore(to)) {
      free.add(new Range(start, to));
    }
    return free;
  }

  /** The bounds as a partition's definition has them; both must be there. */
  String bounds() {
    return "FROM ('%s') TO ('%s')".formatted(literal(from), literal(to));
  }

  /** The condition on {@code created_at}, without parameters. */
  String condition() {
    return "created_at >= TIMESTAMPTZ '%s' AND created_at < TIMESTAMPTZ '%s'"
        .formatted(literal(from), literal(to));
  }

  /** With its offset: it must not depend on the session's time zone. */
  static String literal(Instant time) {
    return BOUND.format(time);
  }
}
