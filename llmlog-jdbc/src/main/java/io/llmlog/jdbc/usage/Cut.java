package io.llmlog.jdbc.usage;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A range of time, cut into the whole hours that the rollup knows and what is left before and after
 * them, for which the rows are asked.
 *
 * @param hours whether there is anything to ask the rollup for
 * @param firstHour the first whole hour, or null for all before
 * @param endHour the first hour after, or null for all after
 * @param edges ranges of rows
 */
record Cut(
    boolean hours, @Nullable Instant firstHour, @Nullable Instant endHour, List<Edge> edges) {
  Cut {
    edges = List.copyOf(edges);
  }

  /** Rows from the first moment up to the second, null for no end. */
  record Edge(Instant from, @Nullable Instant to) {}

  static Cut of(@Nullable Instant from, @Nullable Instant to) {
    Instant first = from == null ? null : hourFrom(from);
    Instant end = to == null ? null : to.truncatedTo(ChronoUnit.HOURS);
    if (from != null && to != null && first != null && end != null && first.isAfter(end)) {
      return new Cut(false, null, null, List.of(new Edge(from, to)));
    }
    List<Edge> edges = new ArrayList<>();
    if (from != null && first != null && from.isBefore(first)) {
      edges.add(new Edge(from, first));
    }
    if (to != null && end != null && end.isBefore(to)) {
      edges.add(new Edge(end, to));
    }
    boolean hours = first == null || end == null || first.isBefore(end) || edges.isEmpty();
    return new Cut(hours, first, end, edges);
  }

  /** The rows alone. */
  static Cut rows(Instant from, @Nullable Instant to) {
    return new Cut(false, null, null, List.of(new Edge(from, to)));
  }

  private static Instant hourFrom(Instant time) {
    Instant hour = time.truncatedTo(ChronoUnit.HOURS);
    return hour.equals(time) ? hour : hour.plus(1, ChronoUnit.HOURS);
  }
}
