package io.llmlog.retry;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * How long to leave a failing server alone: the bound doubles with each failure, and the wait is a
 * random share of it, so that a thousand services do not come back in the same instant. Not
 * thread-safe.
 */
public final class Backoff {
  private final long firstNanos;
  private final long maxNanos;
  private int failures;

  public Backoff(Duration first, Duration max) {
    this.firstNanos = first.toNanos();
    this.maxNanos = max.toNanos();
  }

  /** Counts a failure and answers the wait before the next attempt, in nanoseconds. */
  public long failed() {
    long bound = Math.min(maxNanos, firstNanos << Math.min(failures, 20));
    failures++;
    return bound / 2 + ThreadLocalRandom.current().nextLong(bound / 2 + 1);
  }

  /** Forgets the failures; answers how many there were since the last success. */
  public int succeeded() {
    int before = failures;
    failures = 0;
    return before;
  }
}
