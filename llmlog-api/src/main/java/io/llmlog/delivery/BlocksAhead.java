package io.llmlog.delivery;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * The thread that has the next blocks ready while callers are faster than the road.
 *
 * <p>It looks by itself whether they want any: to be woken would take a caller as long as hundreds
 * of calls. It ends some time after the last were wanted. Thread-safe.
 */
final class BlocksAhead {
  /** Callers that fill 800 MB/s, two million events, find four blocks ready each time. */
  private static final long TURN_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final Runnable work;
  private final AtomicBoolean running = new AtomicBoolean();
  private volatile boolean wanted;

  /**
   * @param work has ready what is missing; may run out of memory
   */
  BlocksAhead(Runnable work) {
    this.work = work;
  }

  /** Has the work done, soon and once more, by a thread that this starts unless it runs. */
  void want() {
    wanted = true;
    if (running.compareAndSet(false, true)) {
      try {
        Thread thread = new Thread(this::run, "llmlog-memory");
        thread.setDaemon(true);
        thread.start();
      } catch (OutOfMemoryError e) {
        // No thread can be started; the next caller makes its own block, or hears the same.
        running.set(false);
      }
    }
  }

  private void run() {
    do {
      workUntilIdle();
      running.set(false);
      // Whoever wanted some before that has started no other thread.
    } while (wanted && running.compareAndSet(false, true));
  }

  private void workUntilIdle() {
    long since = System.nanoTime();
    while (System.nanoTime() - since < IDLE_NANOS) {
      if (wanted) {
        wanted = false;
        since = System.nanoTime();
        work();
      }
      LockSupport.parkNanos(this, TURN_NANOS);
    }
  }

  private void work() {
    try {
      work.run();
    } catch (OutOfMemoryError e) {
      // Whoever needs a block hears so too.
    }
  }
}
