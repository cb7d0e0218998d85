package io.llmlog.faults;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Waits for conditions, with deadlines. */
final class Await {
  private static final long LOOK_NANOS = Duration.ofMillis(10).toNanos();

  private Await() {}

  /** Something that may fail while a server is away. */
  interface Condition {
    boolean holds() throws Exception;
  }

  /** What is looked for; null: not there yet. */
  interface Sight<T> {
    @Nullable T look() throws Exception;
  }

  /** Waits until it holds; a condition that throws does not hold yet. */
  static void until(String what, Duration deadline, Condition condition) {
    sight(what, deadline, () -> condition.holds() ? true : null);
  }

  /** As {@link #until(String, Duration, Condition)}; what is waited for is said as it is then. */
  static void until(Supplier<String> what, Duration deadline, Condition condition) {
    sight(what, deadline, () -> condition.holds() ? true : null);
  }

  /** Waits until there is something to see. */
  static <T> T sight(String what, Duration deadline, Sight<T> sight) {
    return sight(() -> what, deadline, sight);
  }

  private static <T> T sight(Supplier<String> what, Duration deadline, Sight<T> sight) {
    long end = System.nanoTime() + deadline.toNanos();
    Exception last = null;
    do {
      try {
        T seen = sight.look();
        if (seen != null) {
          return seen;
        }
        last = null;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError("interrupted while waiting for " + what.get(), e);
      } catch (Exception e) {
        last = e;
      }
      LockSupport.parkNanos(LOOK_NANOS);
    } while (System.nanoTime() - end < 0);
    throw new AssertionError("waited " + deadline + " in vain for " + what.get(), last);
  }
}
