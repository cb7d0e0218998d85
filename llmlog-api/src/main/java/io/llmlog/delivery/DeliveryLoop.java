package io.llmlog.delivery;

import io.llmlog.retry.Backoff;
import io.llmlog.retry.ThrottledLog;
import io.llmlog.spool.Spool;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the publisher's thread does: takes a batch, has it delivered, and only then lets it go; or,
 * while there is no road, brings what is in memory to the disk.
 */
final class DeliveryLoop implements Runnable {
  static final int BATCH_EVENTS = 1_000;
  static final long BATCH_BYTES = 1L << 20;

  /** How long a batch waits for company: small beside any LLM call, large beside a round trip. */
  private static final long LINGER_NANOS = Duration.ofMillis(5).toNanos();

  /**
   * After this many empty lingers in a row (a second) the thread sleeps until it is woken. Before
   * that callers need not wake it, which would cost them microseconds.
   */
  private static final int IDLE_LINGERS = 200;

  /** How long a batch may take to get from memory to the disk, before delivery is tried again. */
  private static final long SPOOL_WAIT_NANOS = Duration.ofSeconds(1).toNanos();

  /** How soon a spool that is full or refuses is tried again. */
  private static final long SPOOL_RETRY_NANOS = Duration.ofMillis(100).toNanos();

  private final Roads roads;
  private final Ledger ledger;
  private final MemoryBuffer memory;
  private final @Nullable Spool spool;

  /** Whether callers write to the spool themselves, and nothing is ever in memory. */
  private final boolean always;

  private final ThrottledLog bugs = new ThrottledLog(DeliveryLoop::log);
  private final ThrottledLog spoolLog = new ThrottledLog(DeliveryLoop::log);
  private final Backoff bugBackoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5));

  /** Guards backlog and batch, which the thread that closes looks into when its time is up. */
  private final Object hand = new Object();

  /** Taken from memory and in no batch yet. */
  private EventBlocks backlog;

  /** Takes the place of the next backlog, in memory. The publisher's thread only. */
  private EventBlocks spare;

  /** Of memory; tried again as it is until it has left; empty between two. */
  private List<byte[]> batch = List.of();

  private int emptyLingers;
  private boolean memoryHadItsTurn;
  private volatile boolean closing;
  private volatile boolean stopping;

  DeliveryLoop(
      Roads roads, Ledger ledger, MemoryBuffer memory, @Nullable Spool spool, boolean always) {
    this.roads = roads;
    this.ledger = ledger;
    this.memory = memory;
    this.spool = spool;
    this.always = always;
    this.backlog = memory.emptyBlocks();
    this.spare = memory.emptyBlocks();
  }

  @Override
  public void run() {
    while (!stopping) {
      try {
        if (!step()) {
          return;
        }
      } catch (InterruptedException e) {
        // Only close() interrupts this thread, and then the loop ends by its condition.
        log().debug("interrupted", e);
      } catch (Throwable e) {
        // Whatever it is must not end the loop.
        bugs.failed("A step of the publisher failed: " + e);
        pause(bugBackoff.failed());
      }
    }
  }

  /** No event comes any more: the loop ends when all are delivered. */
  void closing() {
    closing = true;
  }

  /** The loop ends after what it does now. */
  void stop() {
    stopping = true;
  }

  /** Ends the deliveries; answers what has not left memory and the disk may take, oldest first. */
  List<byte[]> settle() {
    synchronized (hand) {
      EventBlocks arrived = memory.settle();
      if (spool == null) {
        // Made into arrays only to be dropped, all of a full buffer would be in memory twice.
        return List.of();
      }
      List<byte[]> rest = new ArrayList<>(batch.size() + backlog.size() + arrived.size());
      rest.addAll(batch);
      backlog.moveTo(rest, Integer.MAX_VALUE, Long.MAX_VALUE);
      arrived.moveTo(rest, Integer.MAX_VALUE, Long.MAX_VALUE);
      return rest;
    }
  }

  /** One step; false when, after a close, there is nothing left to do. */
  private boolean step() throws InterruptedException {
    long noRoadFor = roads.nanosUntilTry();
    if (noRoadFor > 0) {
      if (spool == null || always) {
        pause(noRoadFor);
      } else {
        shelter(spool, noRoadFor);
      }
      return true;
    }
    if (spool != null && always) {
      return awaitSpool(spool) ? delivered(spool) : !closing;
    }
    boolean onDisk = spool != null && spool.pending() > 0;
    boolean inMemory = awaitMemory(onDisk ? 0 : LINGER_NANOS);
    if (spool != null && onDisk && (!inMemory || memoryHadItsTurn)) {
      memoryHadItsTurn = false;
      return delivered(spool);
    }
    if (inMemory) {
      memoryHadItsTurn = true;
      deliverMemory();
      return true;
    }
    return !(closing && memory.isEmpty());
  }

  /** There is no road: what is in memory goes to the disk. */
  private void shelter(Spool disk, long nanos) throws InterruptedException {
    while (awaitMemory(0)) {
      List<byte[]> moving = nextBatch();
      int moved = disk.appendAll(moving, SPOOL_WAIT_NANOS);
      memory.left(moving.subList(0, moved), null);
      keep(moving.subList(moved, moving.size()));
      if (moved < moving.size()) {
        spoolLog.failed(
            "The spool takes no more events, which wait in memory: it holds "
                + disk.bytes()
                + " bytes");
        pause(Math.min(nanos, SPOOL_RETRY_NANOS));
        return;
      }
      spoolLog.succeeded("The spool takes events again");
    }
    if (closing) {
      pause(Math.min(nanos, LINGER_NANOS));
    } else {
      awaitMemory(Math.min(nanos, LINGER_NANOS));
    }
  }

  /** Waits for events in memory; answers whether there are any. */
  private boolean awaitMemory(long nanos) throws InterruptedException {
    if (!batch.isEmpty() || !backlog.isEmpty()) {
      return true;
    }
    boolean deepSleep = nanos > 0 && emptyLingers >= IDLE_LINGERS && !hasWorkOnDisk();
    EventBlocks taken =
        deepSleep ? memory.take(1, Long.MAX_VALUE, spare) : memory.take(BATCH_EVENTS, nanos, spare);
    if (taken == null || taken.isEmpty()) {
      emptyLingers += nanos > 0 ? 1 : 0;
      if (emptyLingers >= IDLE_LINGERS) {
        memory.spares().keep(0);
      }
      return false;
    }
    emptyLingers = 0;
    // As many as this turn needed the next one may need, while these are being read.
    memory.spares().keep(taken.largeBlocks() + EventBlocks.READY);
    EventBlocks done;
    synchronized (hand) {
      done = backlog;
      backlog = taken;
    }
    done.clear();
    spare = done;
    return true;
  }

  /** Whether there is, or soon may be, something to deliver that no caller wakes the thread for. */
  private boolean hasWorkOnDisk() {
    return spool != null && (spool.isAdopting() || spool.pending() > 0);
  }

  /** The batch in hand, else the oldest events: up to a count and a size, but at least one. */
  private List<byte[]> nextBatch() {
    if (!batch.isEmpty()) {
      return batch;
    }
    List<byte[]> next = new ArrayList<>(Math.min(BATCH_EVENTS, backlog.size()));
    synchronized (hand) {
      try {
        backlog.moveTo(next, BATCH_EVENTS, BATCH_BYTES);
      } finally {
        // Also where memory ends halfway: what has left the backlog is in the batch.
        batch = Collections.unmodifiableList(next);
      }
      return batch;
    }
  }

  private void keep(List<byte[]> rest) {
    synchronized (hand) {
      batch = rest;
    }
  }

  private void deliverMemory() throws InterruptedException {
    List<byte[]> sending = nextBatch();
    Road road = roads.deliver(sending);
    if (road != null) {
      memory.left(sending, road);
      keep(List.of());
    }
  }

  /** Waits for events in the spool; answers whether there are any. */
  private boolean awaitSpool(Spool disk) throws InterruptedException {
    if (emptyLingers >= IDLE_LINGERS) {
      disk.await(1, Long.MAX_VALUE);
    } else {
      disk.await(BATCH_EVENTS, LINGER_NANOS);
    }
    boolean any = disk.pending() > 0;
    emptyLingers = any ? 0 : emptyLingers + 1;
    return any;
  }

  /** Delivers the oldest events of the spool, if a road takes them. */
  private boolean delivered(Spool disk) throws InterruptedException {
    List<byte[]> sending = disk.peek(BATCH_EVENTS, BATCH_BYTES);
    Road road = sending.isEmpty() ? null : roads.deliver(sending);
    if (road != null) {
      ledger.spoolDelivered(disk, sending.size(), road);
    }
    return true;
  }

  /** Waits, but not past a stop. */
  private void pause(long nanos) {
    long end = System.nanoTime() + nanos;
    while (!stopping && !Thread.currentThread().isInterrupted()) {
      long left = end - System.nanoTime();
      if (left <= 0) {
        return;
      }
      LockSupport.parkNanos(left);
    }
  }

  /** Asked for late, since the first logger of a JVM may start a logging backend. */
  private static Logger log() {
    return LoggerFactory.getLogger(Publisher.class);
  }
}
