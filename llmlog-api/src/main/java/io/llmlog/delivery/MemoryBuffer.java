package io.llmlog.delivery;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Events between the callers and the publisher, bounded by bytes, with the ledger of them all.
 *
 * <p>One lock guards events and counts, so that every snapshot of the ledger is consistent. It is
 * held for a few dozen nanoseconds: no encoding, no I/O and, as a rule, no waking of the publisher
 * happens under it.
 */
final class MemoryBuffer {
  /** What an event costs beside its bytes: the header of the array and its place in the queue. */
  static final int OVERHEAD_BYTES = 32;

  static final String CLOSED = "closed";
  static final String BUFFER_FULL = "buffer_full";
  static final String INTERRUPTED = "interrupted";

  private final long maxBytes;
  private final long blockNanos;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition wanted = lock.newCondition();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<byte[]> events = new ArrayDeque<>();
  private final Ledger ledger = new Ledger();

  private long bytes;
  private boolean closed;

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
      events.addLast(event);
      bytes += size;
      ledger.accepted();
      if (events.size() >= wakeAt) {
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
   * Waits up to {@code nanos} until {@code count} events are there. The publisher's thread only.
   *
   * @return whether they are there; also true when the buffer is closed
   */
  boolean await(int count, long nanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long left = nanos;
      wakeAt = count;
      while (events.size() < count && !closed && left > 0) {
        left = wanted.awaitNanos(left);
        wakeAt = count;
      }
      return events.size() >= count || closed;
    } finally {
      wakeAt = Integer.MAX_VALUE;
      lock.unlock();
    }
  }

  /** The oldest events, up to a count and a size but at least one; they stay. Publisher only. */
  List<byte[]> peek(int maxCount, long maxBatchBytes) {
    lock.lock();
    try {
      List<byte[]> batch = new ArrayList<>(Math.min(maxCount, events.size()));
      long size = 0;
      Iterator<byte[]> oldest = events.iterator();
      while (batch.size() < maxCount && oldest.hasNext()) {
        byte[] event = oldest.next();
        size += event.length;
        if (size > maxBatchBytes && !batch.isEmpty()) {
          break;
        }
        batch.add(event);
      }
      return Collections.unmodifiableList(batch);
    } finally {
      lock.unlock();
    }
  }

  /** Removes the oldest events, which the queue has now. Publisher only. */
  void queued(int count) {
    lock.lock();
    try {
      // After a close that gave up, what was in flight is counted as dropped already.
      int removed = remove(count);
      ledger.queued(removed);
      wakeWaiters();
    } finally {
      lock.unlock();
    }
  }

  /** Gives up all that is left. */
  long dropAll(String reason) {
    lock.lock();
    try {
      int dropped = remove(events.size());
      if (dropped > 0) {
        ledger.dropped(reason, dropped);
      }
      wakeWaiters();
      return dropped;
    } finally {
      lock.unlock();
    }
  }

  private int remove(int count) {
    int removed = 0;
    while (removed < count && !events.isEmpty()) {
      bytes -= events.removeFirst().length + OVERHEAD_BYTES;
      removed++;
    }
    return removed;
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

  boolean isEmpty() {
    lock.lock();
    try {
      return events.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  LedgerSnapshot snapshot() {
    lock.lock();
    try {
      return ledger.snapshot(events.size());
    } finally {
      lock.unlock();
    }
  }
}
