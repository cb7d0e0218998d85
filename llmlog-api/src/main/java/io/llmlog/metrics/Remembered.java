package io.llmlog.metrics;

import io.micrometer.core.instrument.Clock;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A snapshot that is good for a second. A scrape reads dozens of figures one by one: they shall
 * belong together, and take the lock of what they are read from once. Safe for use by several
 * threads at once.
 *
 * @param <S> the snapshot
 */
public final class Remembered<S> {
  private static final long NANOS = Duration.ofSeconds(1).toNanos();

  private final Supplier<S> source;
  private final Clock clock;
  private @Nullable S last;
  private long takenAt;

  /**
   * @param source takes the snapshot
   * @param clock of the registry
   */
  public Remembered(Supplier<S> source, Clock clock) {
    this.source = source;
    this.clock = clock;
  }

  /** The snapshot, at most a second old. */
  public synchronized S get() {
    long now = clock.monotonicTime();
    S known = last;
    if (known == null || now - takenAt >= NANOS) {
      known = source.get();
      last = known;
      takenAt = now;
    }
    return known;
  }
}
