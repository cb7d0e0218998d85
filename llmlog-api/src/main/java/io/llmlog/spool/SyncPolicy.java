package io.llmlog.spool;

import java.time.Duration;

/**
 * When a spool is forced to disk. It matters when the machine stops: what a killed process wrote is
 * in the page cache, and stays, under each of them.
 */
public final class SyncPolicy {
  private static final SyncPolicy ALWAYS = new SyncPolicy(0, "always");
  private static final SyncPolicy NEVER = new SyncPolicy(Long.MAX_VALUE, "never");
  private static final Duration MAX = Duration.ofHours(1);

  private final long nanos;
  private final String text;

  private SyncPolicy(long nanos, String text) {
    this.nanos = nanos;
    this.text = text;
  }

  /** Before an append returns; callers that come together share one force. */
  public static SyncPolicy always() {
    return ALWAYS;
  }

  /** When the system likes. */
  public static SyncPolicy never() {
    return NEVER;
  }

  /**
   * In the background, this long after an event was written.
   *
   * @throws IllegalArgumentException unless 1 ms to 1 h
   */
  public static SyncPolicy every(Duration interval) {
    if (interval.compareTo(Duration.ofMillis(1)) < 0 || interval.compareTo(MAX) > 0) {
      throw new IllegalArgumentException("sync interval " + interval + ": must be 1 ms to 1 h");
    }
    return new SyncPolicy(interval.toNanos(), interval.toString());
  }

  boolean isAlways() {
    return nanos == 0;
  }

  boolean isNever() {
    return nanos == Long.MAX_VALUE;
  }

  long nanos() {
    return nanos;
  }

  @Override
  public String toString() {
    return text;
  }
}
