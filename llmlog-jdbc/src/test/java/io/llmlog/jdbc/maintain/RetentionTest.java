package io.llmlog.jdbc.maintain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.time.Duration;
import java.time.Instant;
import java.time.Period;
import java.time.ZoneOffset;
import java.time.temporal.TemporalAmount;
import java.util.List;
import org.junit.jupiter.api.Test;

class RetentionTest {
  private static final Instant START = Instant.parse("2027-01-01T00:30:00Z");

  @Test
  void cutoff_isTheTimeLessThePeriod() {
    assertEquals(
        Instant.parse("2025-10-25T13:00:00Z"),
        Retention.cutoff(Instant.parse("2026-11-25T13:00:00Z"), Period.parse("P13M")));
    assertEquals(
        Instant.parse("0001-01-01T00:00:00Z"), Retention.cutoff(START, Period.ofYears(3000)));
  }

  /** Whatever partition is dropped at a moment, no writer takes events for it, then or later. */
  @Test
  void aWriterWhoseClockIsUpToADayBehind_takesNothingForADroppedPartition() {
    List<TemporalAmount> periods =
        List.of(
            Period.parse("P13M"),
            Period.parse("P1M"),
            Period.parse("P3M"),
            Period.parse("P1Y"),
            Period.parse("P30D"),
            Duration.parse("PT48H"));
    for (TemporalAmount period : periods) {
      for (int hour = 0; hour < 24 * 366 * 2; hour++) {
        Instant now = START.plus(Duration.ofHours(hour));
        Instant cutoff = Retention.cutoff(now, period);
        for (Layout layout : Layout.values()) {
          // The last bound that is not after the cutoff.
          Instant dropped = layout.around(cutoff).from();
          for (int behind = -48; behind <= 24; behind += 3) {
            Instant writersClock = now.minus(Duration.ofHours(behind));
            Instant oldest =
                writersClock.atZone(ZoneOffset.UTC).minus(period).plusDays(1).toInstant();
            assertFalse(oldest.isBefore(dropped), now + " " + period + " " + layout + " " + behind);
          }
        }
      }
    }
  }
}
