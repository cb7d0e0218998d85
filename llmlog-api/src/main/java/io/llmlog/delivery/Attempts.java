package io.llmlog.delivery;

import java.time.Duration;

/** Counts what was handed to one road: written by the publisher's thread alone, read by any. */
final class Attempts {
  /** Replaced as a whole, so that a reader sees figures that belong together, without a lock. */
  private volatile Sums sums = new Sums(0, 0, 0);

  /**
   * @param start the {@link System#nanoTime} of its beginning
   */
  void ended(long start, boolean arrived) {
    Sums before = sums;
    sums =
        new Sums(
            before.attempts + 1,
            before.failures + (arrived ? 0 : 1),
            before.nanos + System.nanoTime() - start);
  }

  RoadSnapshot snapshot(boolean circuitOpen) {
    Sums now = sums;
    return new RoadSnapshot(now.attempts, now.failures, Duration.ofNanos(now.nanos), circuitOpen);
  }

  private record Sums(long attempts, long failures, long nanos) {}
}
