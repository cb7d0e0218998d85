package io.llmlog.delivery;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * The thread that has the next blocks ready while callers are faster than the road.
 *
 * <p>It looks by itself whether they need one: to wake it for each would take a caller as long as
 * hundreds of calls. It is started by the first, and ends some time after the last. Thread-safe.
 */
final class BlocksAhead {
  /** Callers that log 200 MB/s, half a million events, find each block ready. */
  private static final long TURN_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final BooleanSupplier turn;

  private final ExecutorService thread =
      new ThreadPoolExecutor(
          0,
          1,
          0,
          TimeUnit.SECONDS,
          new SynchronousQueue<>(),
          task -> {
            Thread thread = new Thread(task, "llmlog-memory");
            thread.setDaemon(true);
            return thread;
          },
          // It runs already: callers make their own block where it is late.
          new ThreadPoolExecutor.DiscardPolicy());

  /**
   * @param turn has ready what is missing, and answers whether something was
   */
  BlocksAhead(BooleanSupplier turn) {
    this.turn = turn;
  }

  /** Starts the thread, unless it runs. */
  void start() {
    try {
      thread.execute(this::run);
    } catch (OutOfMemoryError e) {
      // No thread can be started; the next caller makes its own block, or hears the same.
    }
  }

  private void run() {
    try {
      long needed = System.nanoTime();
      long now = needed;
      while (now - needed < IDLE_NANOS) {
        if (turn.getAsBoolean()) {
          needed = now;
        }
        LockSupport.parkNanos(this, TURN_NANOS);
        now = System.nanoTime();
      }
    } catch (OutOfMemoryError e) {
      // Whoever needs a block hears so too, and starts the thread again.
    }
  }
}
