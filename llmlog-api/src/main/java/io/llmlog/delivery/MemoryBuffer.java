package io.llmlog.delivery;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Events between the callers and the publisher, bounded by bytes, with the ledger of them all.
 *
 * <p>One lock guards events and counts, so that every snapshot of the ledger is consistent. It is
 * held for a few dozen nanoseconds: no encoding, no I/O and, as a rule, no waking of the publisher
 * happens under it. The publisher takes all events in one swap and gives back their room a batch at
 * a time, neither of which grows with the number of events: callers that saturate the lock leave
 * its single thread few turns.
 *
 * <p>An event counts against the bound, and as pending, until it is {@link #queued} or given up,
 * wherever it stands meanwhile.
 */
final class MemoryBuffer {
  /** What an event costs beside its bytes: the header of the array and its place in the queue. */
  static final int OVERHEAD_BYTES = 32;

  /**
   * Some microseconds. With four saturated callers on two cores the publisher gets half of their
   * events away with it, and a third without.
   */
  private static final int SPINS = 1000;

  static final String CLOSED = "closed";
  static final String BUFFER_FULL = "buffer_full";
  static final String INTERRUPTED = "interrupted";
  static final String NO_MEMORY = "no_memory";

  private final long maxBytes;
  private final long blockNanos;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition wanted = lock.newCondition();
  private final Condition changed = lock.newCondition();
  private final Ledger ledger = new Ledger();

  /** Events that the publisher has not taken yet, oldest first. */
  private List<byte[]> arrived = new ArrayList<>();

  private long bytes;
  private boolean closed;
  private boolean givenUp;

  /** How many events a lingering publisher waits for; it is woken when they are there. */
  private int wakeAt = Integer.MAX_VALUE;

  /** How many callers wait for room, or for a flush. */
  private int waiters;

  /**
   * @param block how long a caller waits for room; zero: not at all
   */
  MemoryBuffer(long maxBytes, Duration block) {
    this.maxBytes = maxBytes;
    this.blockNanos = block.toNanos();
  }

  /** Takes an event, or counts the refusal. */
  boolean offer(byte[] event) {
    long size = (long) event.length + OVERHEAD_BYTES;
    lock.lock();
    try {
      if (bytes + size > maxBytes && !closed && !awaitRoom(size)) {
        return false;
      }
      if (closed) {
        ledger.refused(CLOSED);
        return false;
      }
      try {
        arrived.add(event);
      } catch (OutOfMemoryError e) {
        // The list could not grow and is as it was; the caller's work matters more than its log.
        ledger.refused(NO_MEMORY);
        return false;
      }
      bytes += size;
      ledger.accepted();
      if (arrived.size() >= wakeAt) {
        wakeAt = Integer.MAX_VALUE;
        wanted.signal();
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  private boolean awaitRoom(long size) {
    long left = blockNanos;
    waiters++;
    try {
      while (bytes + size > maxBytes && !closed) {
        if (left <= 0) {
          ledger.refused(BUFFER_FULL);
          return false;
        }
        left = changed.awaitNanos(left);
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      ledger.refused(INTERRUPTED);
      return false;
    } finally {
      waiters--;
    }
  }

  void refuse(String reason) {
    lock.lock();
    try {
      ledger.refused(reason);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits up to {@code nanos} until {@code count} events have arrived, then takes all that have.
   * The publisher's thread only.
   *
   * @return the events, oldest first, now the caller's list; null if there are none and, since the
   *     buffer is closed, none will come
   */
  @Nullable List<byte[]> take(int count, long nanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long left = nanos;
      while (arrived.size() < count && !closed && left > 0) {
        wakeAt = count;
        left = wanted.awaitNanos(left);
      }
      if (arrived.isEmpty()) {
        return closed ? null : List.of();
      }
      List<byte[]> taken = arrived;
      arrived = new ArrayList<>();
      return taken;
    } finally {
      wakeAt = Integer.MAX_VALUE;
      lock.unlock();
    }
  }

  /** Counts events that the queue has now and frees their room. Publisher only. */
  void queued(List<byte[]> batch) {
    long size = 0;
    for (byte[] event : batch) {
      size += event.length + OVERHEAD_BYTES;
    }
    lockSoon();
    try {
      // After a close that gave up, what was in flight is counted as dropped already.
      if (!givenUp) {
        bytes -= size;
        ledger.queued(batch.size());
        wakeWaiters();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes the lock past the callers who queue for it, which they hold for nanoseconds: parked and
   * woken, the one thread that makes room would be slower than they fill it.
   */
  private void lockSoon() {
    for (int spins = 0; spins < SPINS; spins++) {
      if (lock.tryLock()) {
        return;
      }
      Thread.onSpinWait();
    }
    lock.lock();
  }

  /** Gives up all that is pending; answers how many events that is. */
  long giveUp(String reason) {
    lock.lock();
    try {
      long dropped = pending();
      if (dropped > 0) {
        ledger.dropped(reason, dropped);
      }
      givenUp = true;
      arrived = new ArrayList<>();
      bytes = 0;
      wakeWaiters();
      return dropped;
    } finally {
      lock.unlock();
    }
  }

  private long pending() {
    return ledger.acceptedSoFar() - ledger.done();
  }

  private void wakeWaiters() {
    if (waiters > 0) {
      changed.signalAll();
    }
  }

  /** Waits until every event accepted before the call has left memory. */
  boolean awaitDone(long nanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long goal = ledger.acceptedSoFar();
      long left = nanos;
      waiters++;
      try {
        while (ledger.done() < goal && left > 0) {
          left = changed.awaitNanos(left);
        }
      } finally {
        waiters--;
      }
      return ledger.done() >= goal;
    } finally {
      lock.unlock();
    }
  }

  /** Refuses events from now on and wakes everyone. */
  void close() {
    lock.lock();
    try {
      closed = true;
      wanted.signalAll();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Whether no event is pending. */
  boolean isEmpty() {
    lock.lock();
    try {
      return pending() == 0;
    } finally {
      lock.unlock();
    }
  }

  LedgerSnapshot snapshot() {
    lock.lock();
    try {
      return ledger.snapshot(pending());
    } finally {
      lock.unlock();
    }
  }
}
