package io.llmlog.event;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The time of day for events, in microseconds since 1970.
 *
 * <p>To ask for it takes twice as long as to ask how much time has passed, so it is asked for each
 * 10 ms and counted on between. Where somebody sets the clock, or the machine has slept, events
 * notice up to 10 ms later. Thread-safe.
 */
final class WallClock {
  private static final long MAX_AGE_NANOS = 10_000_000;

  /** A thread that is held up between its two questions would put the time off for all. */
  private static final long MAX_GAP_NANOS = 100_000;

  /** Immutable, so that a thread that sees it sees all of it, without a barrier. */
  private static final class Reading {
    private final long nanoTime;
    private final long epochMicros;

    Reading(long nanoTime, long epochMicros) {
      this.nanoTime = nanoTime;
      this.epochMicros = epochMicros;
    }
  }

  private static @Nullable Reading last;

  private WallClock() {}

  static long epochMicros() {
    Reading reading = last;
    long nanoTime = System.nanoTime();
    // It may be from the future: another thread has made it since.
    if (reading != null && Math.abs(nanoTime - reading.nanoTime) < MAX_AGE_NANOS) {
      return reading.epochMicros + Math.floorDiv(nanoTime - reading.nanoTime, 1_000L);
    }
    Instant now = Instant.now();
    long micros =
        Math.addExact(Math.multiplyExact(now.getEpochSecond(), 1_000_000L), now.getNano() / 1_000);
    if (System.nanoTime() - nanoTime < MAX_GAP_NANOS) {
      last = new Reading(nanoTime, micros);
    }
    return micros;
  }
}
