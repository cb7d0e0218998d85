package io.llmlog.delivery;

import io.llmlog.spool.Spool;
import io.llmlog.spool.SpoolCounts;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Counts where every event went, and wakes those who wait for that.
 *
 * <p>One lock guards the counts and the memory buffer, so that every snapshot is consistent. What
 * the spool counts by itself (events that callers append, that are moved there, that wait there) is
 * read from it under this lock and never counted here a second time: the lock of the ledger is
 * taken first, that of the spool second.
 */
final class Ledger {
  private static final SpoolCounts NO_SPOOL = new SpoolCounts(0, 0, 0, 0, 0, 0, 0, 0);

  final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final @Nullable Spool spool;

  /** How many threads wait for a change. */
  private int waiters;

  private long acceptedInMemory;
  private long leftMemory;
  private long movedToSpool;
  private long queued;
  private long fallback;
  private final Map<String, Long> dropped = new TreeMap<>();
  private final Map<String, Long> refused = new TreeMap<>();
  private boolean settled;

  Ledger(@Nullable Spool spool) {
    this.spool = spool;
  }

  // With the lock held.

  void acceptedInMemory() {
    acceptedInMemory++;
  }

  void refused(String reason) {
    refused.merge(reason, 1L, Long::sum);
  }

  /** Events of memory are on their way's end, or in the spool: {@code road} is null. */
  void leftMemory(int events, @Nullable Road road) {
    leftMemory += events;
    if (road == null) {
      movedToSpool += events;
    } else {
      delivered(events, road);
    }
    wakeWaiters();
  }

  private void delivered(int events, Road road) {
    switch (road) {
      case QUEUE -> queued += events;
      case FALLBACK -> fallback += events;
    }
  }

  /** Gives up what is in memory; answers how many events that is. */
  long dropMemory(String reason) {
    long rest = pendingInMemory();
    if (rest > 0) {
      dropped.merge(reason, rest, Long::sum);
      leftMemory += rest;
    }
    wakeWaiters();
    return rest;
  }

  /** From now on the thread that closes says what became of the rest. */
  void settle() {
    settled = true;
  }

  /** Whether what a late publisher's thread says is no longer counted. */
  boolean isSettled() {
    return settled;
  }

  long pendingInMemory() {
    return acceptedInMemory - leftMemory;
  }

  /** Waits until something has become true; answers whether it has. */
  boolean await(BooleanSupplier condition, long nanos) throws InterruptedException {
    long left = nanos;
    waiters++;
    try {
      while (!condition.getAsBoolean()) {
        if (left <= 0) {
          return false;
        }
        left = changed.awaitNanos(left);
      }
      return true;
    } finally {
      waiters--;
    }
  }

  void wakeWaiters() {
    if (waiters > 0) {
      changed.signalAll();
    }
  }

  // Without it.

  void refuse(String reason) {
    lock.lock();
    try {
      refused(reason);
    } finally {
      lock.unlock();
    }
  }

  /** The oldest events of the spool are delivered. */
  void spoolDelivered(Spool from, int events, Road road) {
    lock.lock();
    try {
      if (!settled) {
        from.remove(events);
        delivered(events, road);
        wakeWaiters();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Waits until every event that was accepted in memory before the call has left it. */
  boolean awaitMemory(long deadline) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long goal = acceptedInMemory;
      return await(() -> leftMemory >= goal, deadline - System.nanoTime());
    } finally {
      lock.unlock();
    }
  }

  /** Waits until every event that was in the spool before the call has left it. */
  boolean awaitSpool(long deadline) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      SpoolCounts now = spool();
      long goal = now.appended() + now.moved() + now.adopted();
      return await(() -> leftSpool() >= goal, deadline - System.nanoTime());
    } finally {
      lock.unlock();
    }
  }

  LedgerSnapshot snapshot() {
    lock.lock();
    try {
      SpoolCounts disk = spool();
      Map<String, Long> droppedBy = new TreeMap<>(dropped);
      if (disk.lost() > 0) {
        droppedBy.merge(Reasons.SPOOL_DAMAGED, disk.lost(), Long::sum);
      }
      long accepted = acceptedInMemory + disk.appended();
      long refusedSum = sum(refused);
      // What is being moved counts for the disk as soon as it is there.
      long pending = pendingInMemory() + movedToSpool - disk.moved();
      return new LedgerSnapshot(
          accepted + refusedSum,
          accepted,
          disk.adopted(),
          queued,
          fallback,
          sum(droppedBy),
          refusedSum,
          pending,
          disk.pending(),
          droppedBy,
          refused);
    } finally {
      lock.unlock();
    }
  }

  private long leftSpool() {
    SpoolCounts now = spool();
    return now.removed() + now.lost();
  }

  private SpoolCounts spool() {
    return spool == null ? NO_SPOOL : spool.counts();
  }

  private static long sum(Map<String, Long> counts) {
    long sum = 0;
    for (long count : counts.values()) {
      sum += count;
    }
    return sum;
  }
}
