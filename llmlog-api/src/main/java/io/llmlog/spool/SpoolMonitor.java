package io.llmlog.spool;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Where callers, the consumer and the spool's thread meet: one lock, what they tell each other, and
 * what wakes whom. All but the lock itself is for those who hold it.
 *
 * <p>An interrupt ends no wait of a caller and stays set; the consumer's waits it ends.
 */
final class SpoolMonitor {
  private static final long LONGEST_WAIT = Duration.ofHours(1).toNanos();

  /**
   * The least that a caller waits for the lock. It is held for microseconds, unless its holder
   * writes into a page that the disk does not take.
   */
  private static final long LOCK_WAIT = Duration.ofMillis(50).toNanos();

  final ReentrantLock lock = new ReentrantLock();

  /** For the spool's thread: there is something to do. */
  private final Condition work = lock.newCondition();

  /** For callers: a segment was made, or could not be, or space was freed. */
  private final Condition room = lock.newCondition();

  /** For callers: something is on disk now. */
  private final Condition settled = lock.newCondition();

  /** For the consumer: events arrived, or the adoption has ended. */
  private final Condition arrived = lock.newCondition();

  private boolean workWanted;
  private int wakeAt = Integer.MAX_VALUE;

  /** Nothing is accepted or removed any more. */
  boolean closed;

  /** Callers append no more: nor will a consumer who waits for more see any. */
  boolean noAppends;

  /** What is not forced by now will not be. */
  boolean settlingOver;

  /** Events of dead processes may still come. */
  boolean adopting = true;

  /** The disk refused the last segment. */
  boolean creationFails;

  /** Something was written since the last force began. */
  boolean dirty;

  /** The largest frame that a caller waits to write. */
  int wantedFrame;

  <T> T in(Supplier<T> action) {
    lock.lock();
    try {
      return action.get();
    } finally {
      lock.unlock();
    }
  }

  void run(Runnable action) {
    lock.lock();
    try {
      action.run();
    } finally {
      lock.unlock();
    }
  }

  /** Takes the lock; false where it could not be had in time. */
  boolean lockWithin(long start, long nanos) {
    return lock.tryLock()
        || uninterrupted(
            start, Math.max(nanos, LOCK_WAIT), left -> lock.tryLock(left, TimeUnit.NANOSECONDS));
  }

  /** Waits for a segment or for space; false once the time is over. */
  boolean awaitRoom(long start, long nanos) {
    return await(room, start, nanos);
  }

  /** Waits for a force; false once the time is over. */
  boolean awaitSettled(long start, long nanos) {
    return await(settled, start, nanos);
  }

  // A caller looks again after any wake-up, as after a spurious one: the loop is there.
  @SuppressWarnings("WaitNotInLoop")
  private static boolean await(Condition condition, long start, long nanos) {
    return uninterrupted(
        start, nanos, left -> condition.awaitNanos(left) > 0 || System.nanoTime() - start < nanos);
  }

  private interface Wait {
    boolean during(long nanos) throws InterruptedException;
  }

  private static boolean uninterrupted(long start, long nanos, Wait wait) {
    boolean interrupted = false;
    try {
      while (true) {
        long left = Math.min(nanos, LONGEST_WAIT) - (System.nanoTime() - start);
        if (left <= 0) {
          return false;
        }
        try {
          return wait.during(left);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Waits until so many events are pending, or it is closed. */
  void awaitPending(SegmentChain chain, int count, long nanos) throws InterruptedException {
    try {
      long left = nanos;
      while (chain.pending() < count && !noAppends && left > 0) {
        wakeAt = count;
        left = arrived.awaitNanos(left);
      }
    } finally {
      wakeAt = Integer.MAX_VALUE;
    }
  }

  void awaitAdoption(long nanos) throws InterruptedException {
    long left = nanos;
    while (adopting && !closed && left > 0) {
      left = arrived.awaitNanos(left);
    }
  }

  /** Waits for work, or so long. */
  void awaitWork(long nanos) throws InterruptedException {
    long left = nanos;
    while (!workWanted && left > 0) {
      left = work.awaitNanos(left);
    }
    workWanted = false;
  }

  void wakeThread() {
    workWanted = true;
    work.signal();
  }

  void wakeConsumer(long pending) {
    if (pending >= wakeAt) {
      wakeAt = Integer.MAX_VALUE;
      arrived.signalAll();
    }
  }

  /** There is a segment, or space, or the want of either has changed. */
  void roomChanged() {
    room.signalAll();
  }

  /** Segments were forced or adopted. */
  void settled(long pending) {
    settled.signalAll();
    wakeConsumer(pending);
  }

  void adoptionEnded() {
    adopting = false;
    arrived.signalAll();
  }

  void endAppends() {
    noAppends = true;
    room.signalAll();
    arrived.signalAll();
  }

  void close() {
    closed = true;
    noAppends = true;
    wakeThread();
    room.signalAll();
    arrived.signalAll();
  }
}
