package io.llmlog.delivery;

import io.llmlog.retry.Backoff;
import java.time.Duration;

/**
 * Leaves a road alone for a growing while after each failure, and lets one batch try it then. Not
 * thread-safe.
 */
final class Circuit {
  private static final Duration FIRST = Duration.ofMillis(100);
  private static final Duration MAX = Duration.ofSeconds(5);

  private final Backoff backoff = new Backoff(FIRST, MAX);
  private boolean open;
  private long tryAt;

  /** How many nanoseconds the road is still left alone; zero: it may be tried. */
  long nanosUntilTry() {
    return open ? Math.max(0, tryAt - System.nanoTime()) : 0;
  }

  void failed() {
    open = true;
    tryAt = System.nanoTime() + backoff.failed();
  }

  /** Answers how often it had failed since the last success. */
  int succeeded() {
    open = false;
    return backoff.succeeded();
  }
}
