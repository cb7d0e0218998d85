package io.llmlog.worker;

import java.time.Duration;
import java.util.List;

/** Waits for the end of threads, whether the caller is interrupted meanwhile or not. */
final class Joining {
  /** What can be waited for. */
  interface Waiting {
    void await() throws InterruptedException;
  }

  private Joining() {}

  /**
   * Waits until all have ended or the time is up; an interrupt ends the patience.
   *
   * @return whether the caller was interrupted, to be restored by it
   */
  static boolean join(List<Thread> threads, Duration timeout) {
    long end = System.nanoTime() + timeout.toNanos();
    try {
      for (Thread thread : threads) {
        long left = end - System.nanoTime();
        if (left > 0) {
          thread.join(Math.max(1, left / 1_000_000));
        }
      }
      return false;
    } catch (InterruptedException e) {
      return true;
    }
  }

  static void uninterruptibly(Waiting waiting) {
    boolean interrupted = false;
    while (true) {
      try {
        waiting.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
