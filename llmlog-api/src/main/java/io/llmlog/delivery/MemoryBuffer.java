package io.llmlog.delivery;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Events between the callers and the publisher, bounded by bytes.
 *
 * <p>The lock of the ledger guards them too. It is held for a few dozen nanoseconds: a copy of a
 * short event, but no encoding, no I/O and, as a rule, no waking of the publisher happens under it.
 * The publisher takes all events in one swap and gives back their room a batch at a time, neither
 * of which grows with the number of events: callers that saturate the lock leave its single thread
 * few turns.
 *
 * <p>An event counts against the bound, and as pending, until it has {@link #left} or is given up,
 * wherever it stands meanwhile.
 */
final class MemoryBuffer {
  /** What became of an event that was offered. */
  enum Offer {
    ACCEPTED,
    /** Counted. */
    REFUSED,
    /** There is no room now; not counted, so that the caller may try elsewhere. */
    FULL
  }

  /** What an event costs beside its bytes: its place in the queue, later the header of an array. */
  static final int OVERHEAD_BYTES = 32;

  /**
   * Some microseconds. With four saturated callers on two cores the publisher gets half of their
   * events away with it, and a third without.
   */
  private static final int PUBLISHER_SPINS = 1000;

  /** A few turns of others; to be parked and woken would take a caller ten microseconds. */
  private static final int CALLER_SPINS = 50;

  private final Ledger ledger;
  private final long maxBytes;
  private final long blockNanos;
  private final ReentrantLock lock;
  private final Condition wanted;
  private final SpareBlocks spares = new SpareBlocks();
  private final BlocksAhead ahead = new BlocksAhead(this::prepare);

  /** Events that the publisher has not taken yet, oldest first. */
  private EventBlocks arrived;

  private long bytes;
  private boolean closed;

  /**
   * Whether an event found no room and none has left since. Callers with another place for theirs
   * look here first, and need no lock to be sent there, event by event of an outage.
   */
  private volatile boolean full;

  /** How many events a lingering publisher waits for; it is woken when they are there. */
  private int wakeAt = Integer.MAX_VALUE;

  /**
   * @param block how long a caller waits for room; zero: not at all
   */
  MemoryBuffer(Ledger ledger, long maxBytes, Duration block) {
    this.ledger = ledger;
    this.maxBytes = maxBytes;
    this.blockNanos = block.toNanos();
    this.lock = ledger.lock;
    this.wanted = lock.newCondition();
    this.arrived = emptyBlocks();
  }

  /** Blocks that may take the place of those that have arrived. */
  EventBlocks emptyBlocks() {
    return new EventBlocks(spares, ahead::want);
  }

  /** The large blocks that are free, which the publisher gives and callers take. */
  SpareBlocks spares() {
    return spares;
  }

  /**
   * Takes a copy of an event, or counts the refusal.
   *
   * @param length how many bytes the event has, from the first of the buffer on
   * @param elsewhere whether the caller has another place for it, and rather hears that this one is
   *     full than waits
   */
  Offer offer(byte[] buffer, int length, boolean elsewhere) {
    if (elsewhere && full) {
      return Offer.FULL;
    }
    long size = (long) length + OVERHEAD_BYTES;
    byte[] whole;
    try {
      // Longer ones are copied before others have to wait for it.
      whole = length > EventBlocks.MAX_SHARED_BYTES ? Arrays.copyOf(buffer, length) : null;
    } catch (OutOfMemoryError e) {
      ledger.refuse(Reasons.NO_MEMORY);
      return Offer.REFUSED;
    }
    lockSoon(CALLER_SPINS);
    try {
      if (bytes + size > maxBytes && !closed) {
        if (elsewhere) {
          full = true;
          return Offer.FULL;
        }
        if (!awaitRoom(size)) {
          return Offer.REFUSED;
        }
      }
      if (closed) {
        ledger.refused(Reasons.CLOSED);
        return Offer.REFUSED;
      }
      try {
        if (whole == null) {
          arrived.add(buffer, length);
        } else {
          arrived.addWhole(whole);
        }
      } catch (OutOfMemoryError e) {
        // There is no block for it; the caller's work matters more than its log.
        ledger.refused(Reasons.NO_MEMORY);
        return Offer.REFUSED;
      }
      bytes += size;
      ledger.acceptedInMemory();
      if (arrived.size() >= wakeAt) {
        wakeAt = Integer.MAX_VALUE;
        wanted.signal();
      }
      return Offer.ACCEPTED;
    } finally {
      lock.unlock();
    }
  }

  private boolean awaitRoom(long size) {
    try {
      if (ledger.await(() -> bytes + size <= maxBytes || closed, blockNanos)) {
        return true;
      }
      ledger.refused(Reasons.BUFFER_FULL);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      ledger.refused(Reasons.INTERRUPTED);
    }
    return false;
  }

  /**
   * Waits up to {@code nanos} until {@code count} events have arrived, then takes all that have.
   * The publisher's thread only, while it runs.
   *
   * @param empty takes the place of what is taken
   * @return the events, now the caller's; {@code empty} itself if there are none; null if there are
   *     none and, since the buffer is closed, none will come
   */
  @Nullable EventBlocks take(int count, long nanos, EventBlocks empty) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long left = nanos;
      while (arrived.size() < count && !closed && left > 0) {
        wakeAt = count;
        left = wanted.awaitNanos(left);
      }
      if (arrived.isEmpty()) {
        return closed ? null : empty;
      }
      EventBlocks taken = arrived;
      arrived = empty;
      return taken;
    } finally {
      wakeAt = Integer.MAX_VALUE;
      lock.unlock();
    }
  }

  /** Has blocks stand ready behind the one that callers write, which are made without the lock. */
  private void prepare() {
    while (wantsBlock()) {
      byte[] block = spares.take();
      lockSoon(PUBLISHER_SPINS);
      try {
        arrived.ready(block);
      } finally {
        lock.unlock();
      }
    }
  }

  private boolean wantsBlock() {
    lockSoon(PUBLISHER_SPINS);
    try {
      return arrived.wantsBlock();
    } finally {
      lock.unlock();
    }
  }

  /** Ends the deliveries: what the publisher's thread says afterwards is not counted. */
  EventBlocks settle() {
    lock.lock();
    try {
      ledger.settle();
      EventBlocks rest = arrived;
      arrived = emptyBlocks();
      return rest;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Frees the room of events that are no longer in memory, and counts them.
   *
   * @param road how they left the service; null: they are in the spool
   */
  void left(List<byte[]> batch, @Nullable Road road) {
    long size = 0;
    for (byte[] event : batch) {
      size += event.length + OVERHEAD_BYTES;
    }
    lockSoon(PUBLISHER_SPINS);
    try {
      if (!ledger.isSettled()) {
        bytes -= size;
        full = false;
        ledger.leftMemory(batch.size(), road);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes the lock past those who queue for it, who hold it for nanoseconds: parked and woken, the
   * publisher, which makes room, would be slower than callers fill it.
   */
  private void lockSoon(int spins) {
    for (int spun = 0; spun < spins; spun++) {
      if (lock.tryLock()) {
        return;
      }
      Thread.onSpinWait();
    }
    lock.lock();
  }

  /** Counts events that were brought to the spool after {@link #settle}. */
  void sheltered(int events) {
    lock.lock();
    try {
      ledger.leftMemory(events, null);
    } finally {
      lock.unlock();
    }
  }

  /** Gives up all that is pending in memory; answers how many events that is. */
  long giveUp(String reason) {
    lock.lock();
    try {
      arrived = emptyBlocks();
      bytes = 0;
      full = false;
      return ledger.dropMemory(reason);
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
      ledger.wakeWaiters();
    } finally {
      lock.unlock();
    }
  }

  /** What the events in memory take. With the lock held. */
  long bytes() {
    return bytes;
  }

  /** Whether no event is pending in memory. */
  boolean isEmpty() {
    lock.lock();
    try {
      return ledger.pendingInMemory() == 0;
    } finally {
      lock.unlock();
    }
  }
}
