package io.llmlog.worker;

import io.llmlog.spi.QueueException;
import io.llmlog.spi.QueueInspector;
import io.llmlog.spi.QueueInspector.QueueState;
import io.llmlog.spi.QueueInspector.WorkerLease;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Waits until nothing is left to do in a queue: no message waits, and no worker, living or dead,
 * holds one. A killed worker counts as living until its lease ends.
 */
final class EmptyQueue {
  private static final long LOOK_NANOS = Duration.ofMillis(100).toNanos();
  private static final long SAY_NANOS = Duration.ofSeconds(5).toNanos();

  private final QueueInspector inspector;
  private final Stop stop;

  EmptyQueue(QueueInspector inspector, Stop stop) {
    this.inspector = inspector;
    this.stop = stop;
  }

  /**
   * Waits.
   *
   * @param progress told now and then what it waits for
   * @return false when the time was up or the stop came first
   */
  boolean await(Duration timeout, Consumer<String> progress) throws InterruptedException {
    long now = System.nanoTime();
    long end = now + nanos(timeout);
    long say = now + SAY_NANOS;
    while (true) {
      String left = look();
      if (left == null) {
        return true;
      }
      now = System.nanoTime();
      if (now - say >= 0) {
        progress.accept(left);
        say = now + SAY_NANOS;
      }
      if (end - now <= 0 || stop.await(Math.min(LOOK_NANOS, end - now))) {
        return false;
      }
    }
  }

  /** What is left to do, for a person, or null where nothing is. */
  private @Nullable String look() throws InterruptedException {
    QueueState state;
    try {
      state = inspector.inspect();
    } catch (QueueException e) {
      return "the queue, which does not answer: " + e.getMessage();
    }
    if (state.depth() > 0) {
      return state.depth() + " messages in the queue";
    }
    for (WorkerLease worker : state.workers()) {
      if (worker.claimed() > 0) {
        return worker.claimed()
            + " messages that worker "
            + worker.worker()
            + " has claimed; "
            + (worker.paused() ? "it is paused; " : "")
            + (worker.alive()
                ? "its lease runs for " + worker.expiresIn().toMillis() + " ms"
                : "its lease has ended");
      }
    }
    return null;
  }

  private static long nanos(Duration timeout) {
    // Beyond centuries a sum with nanoTime would overflow.
    return timeout.compareTo(Duration.ofDays(36500)) > 0
        ? Long.MAX_VALUE / 4
        : Math.max(0, timeout.toNanos());
  }
}
