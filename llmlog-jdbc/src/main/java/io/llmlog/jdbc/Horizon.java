package io.llmlog.jdbc;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.TemporalAmount;
import org.jspecify.annotations.Nullable;

/**
 * How far back events are wanted.
 *
 * @param rows events of before are dead letters: maintenance drops their partition soon, and a
 *     second push would then make a second row
 * @param contents contents of before are not stored, since maintenance would have dropped them;
 *     null: none are stored
 */
record Horizon(Instant rows, @Nullable Instant contents) {
  /**
   * The horizon now.
   *
   * @param retention of rows; a day less counts, by which clocks may differ
   * @param contentRetention of contents, null where none are stored
   */
  static Horizon of(
      Clock clock, TemporalAmount retention, @Nullable TemporalAmount contentRetention) {
    ZonedDateTime now = clock.instant().atZone(ZoneOffset.UTC);
    return new Horizon(
        now.minus(retention).plusDays(1).toInstant(),
        contentRetention == null ? null : now.minus(contentRetention).toInstant());
  }
}
