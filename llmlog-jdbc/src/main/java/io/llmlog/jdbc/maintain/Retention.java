package io.llmlog.jdbc.maintain;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.TemporalAmount;

/**
 * How long things live. Each at least two days.
 *
 * @param rows the rows of {@code llm_logs}
 * @param contents prompts and answers, and dead letters since they were last seen
 * @param rollup the hours of {@code llm_log_hourly}
 */
public record Retention(TemporalAmount rows, TemporalAmount contents, TemporalAmount rollup) {
  /** PostgreSQL reads no time far before it, and the message format knows none. */
  private static final Instant EARLIEST = Instant.parse("0001-01-01T00:00:00Z");

  /**
   * What ends at this moment or before is past its time.
   *
   * <p>A writer refuses events older than its clock's reading, less the period, plus a day, and its
   * clock may be a day behind this one. As months differ in length, that is not always later than
   * {@code now} less the period: on the 1st of March, less a month, stands the 1st of February, but
   * a day earlier, less a month, plus a day, the 29th of January. The earlier of both is the limit,
   * so that nothing arrives for a partition that is gone.
   */
  static Instant cutoff(Instant now, TemporalAmount period) {
    ZonedDateTime time = now.atZone(ZoneOffset.UTC);
    Instant here = time.minus(period).toInstant();
    Instant behind = time.minusDays(1).minus(period).plusDays(1).toInstant();
    Instant limit = here.isBefore(behind) ? here : behind;
    return limit.isBefore(EARLIEST) ? EARLIEST : limit;
  }
}
