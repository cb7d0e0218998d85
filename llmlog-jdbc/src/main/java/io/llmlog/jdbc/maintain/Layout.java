package io.llmlog.jdbc.maintain;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/** How a table is cut by time, in UTC. */
enum Layout {
  /** A month each: some two dozen in the usual retention, each dropped as a whole. */
  LOGS("llm_logs", ChronoUnit.MONTHS, "uuuu_MM", 3, 24),

  /**
   * A day each: contents live for weeks, and with months they would live up to twice as long. Eight
   * days are there at a time, so maintenance may fail for a week.
   */
  CONTENTS("llm_log_contents", ChronoUnit.DAYS, "uuuu_MM_dd", 7, 60);

  private final String table;
  private final ChronoUnit unit;
  private final DateTimeFormatter name;
  private final int ahead;
  private final int farthest;

  /**
   * @param ahead how many beyond the present one are always there
   * @param farthest how many beyond the present one may be made for rows that came too early; later
   *     rows wait in the DEFAULT partition until their time comes nearer
   */
  Layout(String table, ChronoUnit unit, String pattern, int ahead, int farthest) {
    this.table = table;
    this.unit = unit;
    this.name = DateTimeFormatter.ofPattern("'" + table + "_'" + pattern);
    this.ahead = ahead;
    this.farthest = farthest;
  }

  String table() {
    return table;
  }

  int ahead() {
    return ahead;
  }

  /** What {@code date_trunc} calls the length of a partition. */
  String unit() {
    return unit == ChronoUnit.MONTHS ? "month" : "day";
  }

  /** The month or day of a moment. */
  Range around(Instant time) {
    ZonedDateTime start = time.atZone(ZoneOffset.UTC).truncatedTo(ChronoUnit.DAYS);
    if (unit == ChronoUnit.MONTHS) {
      start = start.withDayOfMonth(1);
    }
    return new Range(start.toInstant(), start.plus(1, unit).toInstant());
  }

  /** The present one and those that are always ahead of it. */
  List<Range> wanted(Instant now) {
    return upTo(around(now), ahead);
  }

  /** All that touch a stretch of time, both ends included. */
  List<Range> between(Instant first, Instant last) {
    List<Range> ranges = new ArrayList<>();
    for (Range range = around(first); !range.from().isAfter(last); range = around(range.to())) {
      ranges.add(range);
    }
    return ranges;
  }

  /** The end of the last one that may be made for rows. */
  Instant farthest(Instant now) {
    List<Range> ranges = upTo(around(now), farthest);
    return ranges.get(ranges.size() - 1).to();
  }

  /** The name of the partition that holds (a part of) this month or day. */
  String name(Range range) {
    return name.format(range.from().atZone(ZoneOffset.UTC));
  }

  private List<Range> upTo(Range first, int more) {
    List<Range> ranges = new ArrayList<>(List.of(first));
    for (int i = 0; i < more; i++) {
      ranges.add(around(ranges.get(i).to()));
    }
    return ranges;
  }
}
