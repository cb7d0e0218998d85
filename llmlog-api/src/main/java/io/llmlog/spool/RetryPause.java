package io.llmlog.spool;

import java.time.Duration;

/** How long a disk that refuses is left alone. For the spool's thread. */
final class RetryPause {
  /** Short, since a full disk may have room any time. */
  static final long NANOS = Duration.ofMillis(100).toNanos();

  private boolean failing;
  private long until;

  void failed() {
    failing = true;
    until = System.nanoTime() + NANOS;
  }

  void succeeded() {
    failing = false;
  }

  boolean isOver() {
    return nanosLeft() <= 0;
  }

  boolean isOn() {
    return failing;
  }

  /** Until it may be tried again; not positive where it may be tried now. */
  long nanosLeft() {
    return failing ? until - System.nanoTime() : 0;
  }
}
