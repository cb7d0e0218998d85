package io.llmlog.delivery;

import io.llmlog.retry.Backoff;
import java.time.Duration;

/**
 * Leaves a road alone for a growing while after each failure, and lets one batch try it then. For
 * one thread, but for {@link #isOpen}.
 */
final class Circuit {
  private static final Duration FIRST = Duration.ofMillis(100);
  private static final Duration MAX = Duration.ofSeconds(5);

  private static final int TIMES_ALONE = 4;

  private final Backoff backoff = new Backoff(FIRST, MAX);
  private volatile boolean open;
  private long tryAt;

  /** Whether the last attempt failed. From any thread. */
  boolean isOpen() {
    return open;
  }

  /** How many nanoseconds the road is still left alone; zero: it may be tried. */
  long nanosUntilTry() {
    return open ? Math.max(0, tryAt - System.nanoTime()) : 0;
  }

  /**
   * @param nanos how long the attempt took that could have gone to another road: a silent server is
   *     left alone for some times as long, or waiting for it would take most of the time; zero
   *     where there is no other
   */
  void failed(long nanos) {
    open = true;
    long alone = Math.min(MAX.toNanos(), nanos * TIMES_ALONE);
    tryAt = System.nanoTime() + Math.max(backoff.failed(), alone);
  }

  /** Answers how often it had failed since the last success. */
  int succeeded() {
    open = false;
    return backoff.succeeded();
  }
}
