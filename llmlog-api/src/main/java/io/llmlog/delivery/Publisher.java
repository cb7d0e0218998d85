package io.llmlog.delivery;

import io.llmlog.delivery.MemoryBuffer.Offer;
import io.llmlog.retry.ThrottledLog;
import io.llmlog.spi.EventSender;
import io.llmlog.spi.EventWriter;
import io.llmlog.spool.AppendResult;
import io.llmlog.spool.Spool;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes encoded events from any thread and brings them out of the service on one of its own: to the
 * queue, or straight to the store while the queue is away, or to the spool while both are.
 *
 * <p>Take, send, count: an event stays pending until it has arrived. Where the outcome of a send is
 * not known it is sent again, by either road; rows are unique by their id, so that is harmless.
 *
 * <p>All public methods may be called from any thread.
 */
public final class Publisher implements AutoCloseable {
  /** How long close waits for the thread to end after its time is up and it was interrupted. */
  private static final Duration GRACE = Duration.ofSeconds(1);

  /** How long a caller may wait for the disk, where each event goes there first. */
  private static final long SPOOL_WAIT_NANOS = Duration.ofSeconds(1).toNanos();

  /** How long close may take to bring a whole buffer to the disk: 64 MiB on a slow one. */
  private static final long LAST_MOVE_NANOS = Duration.ofSeconds(5).toNanos();

  private final @Nullable Spool spool;
  private final DeliveryOptions options;
  private final Roads roads;
  private final Ledger ledger;
  private final MemoryBuffer memory;
  private final DeliveryLoop loop;
  private final ShutdownHook hook = new ShutdownHook(this::close);
  private final ThrottledLog threadless = new ThrottledLog(Publisher::log);
  private final ThreadFactory threads;
  private final Object lifecycle = new Object();
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile @Nullable Thread thread;
  private volatile boolean closed;

  /**
   * Connects to nothing; the thread starts with the first event, or at once where there is a spool,
   * which may hold events of a dead process. Queue, fallback and spool are closed with it.
   *
   * @param queue or null: the fallback is the only road
   * @param fallback takes batches while the queue is away; or null
   * @param spool on the local disk; or null: what cannot be delivered waits in memory alone
   * @throws IllegalArgumentException if there is no road at all, or if events shall always go to a
   *     spool that is not there
   */
  public Publisher(
      @Nullable EventSender queue,
      @Nullable EventWriter fallback,
      @Nullable Spool spool,
      DeliveryOptions options) {
    this(queue, fallback, spool, options, Publisher::thread);
  }

  Publisher(
      @Nullable EventSender queue,
      @Nullable EventWriter fallback,
      @Nullable Spool spool,
      DeliveryOptions options,
      ThreadFactory threads) {
    if (queue == null && fallback == null) {
      throw new IllegalArgumentException("neither a queue nor a fallback");
    }
    if (options.spoolAlways() && spool == null) {
      throw new IllegalArgumentException("spoolAlways without a spool");
    }
    this.spool = spool;
    this.options = options;
    this.threads = threads;
    this.roads =
        new Roads(queue, fallback, options.queueMaxDepth(), spool == null ? "memory" : "the spool");
    this.ledger = new Ledger(spool);
    this.memory = new MemoryBuffer(ledger, options.bufferMaxBytes(), options.block());
    this.loop = new DeliveryLoop(roads, ledger, memory, spool, options.spoolAlways());
    if (spool != null) {
      start();
    }
  }

  /** As {@link #offer(byte[], int)}, of an event that has all of the array. */
  public boolean offer(byte[] event) {
    return offer(event, event.length);
  }

  /**
   * Takes a copy of an event. Never throws, never waits for the network.
   *
   * @param buffer begins with the event's encoded bytes, and is the caller's again afterwards; what
   *     stands behind them may be overwritten
   * @param length how many bytes the event has
   * @return whether it was accepted; a refusal is counted
   */
  public boolean offer(byte[] buffer, int length) {
    boolean accepted =
        spool == null
            ? memory.offer(buffer, length, false) == Offer.ACCEPTED
            : offer(buffer, length, spool);
    if (accepted && thread == null) {
      start();
    }
    return accepted;
  }

  private boolean offer(byte[] buffer, int length, Spool disk) {
    if (options.spoolAlways()) {
      return onDisk(buffer, length, disk);
    }
    Offer offer = memory.offer(buffer, length, true);
    if (offer == Offer.FULL) {
      // Without waiting: the policy for a full buffer is the caller's only wait.
      offer =
          disk.append(buffer, length, 0, 0) == AppendResult.ACCEPTED
              ? Offer.ACCEPTED
              : memory.offer(buffer, length, false);
    }
    return offer == Offer.ACCEPTED;
  }

  private boolean onDisk(byte[] buffer, int length, Spool disk) {
    AppendResult result = disk.append(buffer, length, SPOOL_WAIT_NANOS, options.block().toNanos());
    String refusal =
        switch (result) {
          case ACCEPTED -> null;
          case FULL -> Reasons.SPOOL_FULL;
          case SLOW -> Reasons.SPOOL_SLOW;
          case FAILED -> Reasons.SPOOL_FAILED;
          case CLOSED -> Reasons.CLOSED;
        };
    if (refusal != null) {
      ledger.refuse(refusal);
    }
    return refusal == null;
  }

  /** Counts an event that was refused before it had bytes. */
  public void refuse(String reason) {
    ledger.refuse(reason);
  }

  /** One consistent snapshot of the ledger. */
  public LedgerSnapshot counts() {
    return ledger.snapshot();
  }

  /** The ledger, the room in use and the roads, at one moment. */
  public DeliverySnapshot delivery() {
    ledger.lock.lock();
    try {
      return new DeliverySnapshot(
          ledger.snapshot(),
          memory.bytes(),
          options.bufferMaxBytes(),
          spool == null ? 0 : spool.bytes(),
          spool == null ? 0 : spool.maxBytes(),
          roads.queue(),
          roads.fallback());
    } finally {
      ledger.lock.unlock();
    }
  }

  /**
   * Waits until every event accepted before the call has left the service, and every event that
   * dead processes had left in the spool.
   *
   * @return whether they have; false too when the thread was interrupted, which stays so
   */
  public boolean flush(Duration timeout) {
    long nanos = saturatedNanos(timeout);
    long deadline = System.nanoTime() + nanos;
    try {
      return (spool == null || spool.awaitAdoption(nanos))
          && ledger.awaitMemory(deadline)
          && (spool == null || ledger.awaitSpool(deadline));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /**
   * Delivers what it can in the time given, leaves the rest to the spool, and what that does not
   * take, or all where there is none, is counted as dropped and said once. A second caller waits
   * for the first: a shutdown hook that returned sooner would let the JVM end.
   */
  @Override
  public void close() {
    boolean first;
    synchronized (lifecycle) {
      first = !closed;
      closed = true;
    }
    if (!first) {
      awaitEnded();
      return;
    }
    try {
      end();
    } finally {
      ended.countDown();
      hook.cancel();
    }
  }

  private void awaitEnded() {
    if (Thread.currentThread() == thread) {
      return;
    }
    try {
      ended.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void end() {
    long start = System.nanoTime();
    loop.closing();
    memory.close();
    if (spool != null) {
      spool.endAppends();
    }
    if (!memory.isEmpty()) {
      // An event accepted in the same moment still gets its chance.
      start();
    }
    Thread running = thread;
    if (running == Thread.currentThread()) {
      // Closed by its own sender: nobody is left to send the rest.
      loop.stop();
    } else if (running != null && !joined(running, timeToDeliver())) {
      loop.stop();
      running.interrupt();
      joined(running, GRACE);
    }
    List<byte[]> rest = loop.settle();
    if (spool != null && !rest.isEmpty()) {
      // For the next process.
      memory.sheltered(spool.appendAll(rest, LAST_MOVE_NANOS));
    }
    long dropped = memory.giveUp(Reasons.CLOSE_TIMEOUT);
    if (dropped > 0) {
      log()
          .warn(
              "{} events were dropped: neither {} had taken them when close() ended after {} ms",
              dropped,
              spool == null ? "the queue nor a fallback" : "the queue, a fallback nor the spool",
              (System.nanoTime() - start) / 1_000_000);
    }
    try {
      roads.close();
    } finally {
      if (spool != null) {
        spool.close();
      }
    }
  }

  /** Where there is a disk, the last fifth of the time is for what goes there. */
  private Duration timeToDeliver() {
    Duration all = options.closeTimeout();
    return spool == null ? all : all.minus(all.dividedBy(5));
  }

  private static Thread thread(Runnable task) {
    Thread thread = new Thread(task, "llmlog-publisher");
    thread.setDaemon(true);
    return thread;
  }

  /** Asked for late, since the first logger of a JVM may start a logging backend. */
  private static Logger log() {
    return LoggerFactory.getLogger(Publisher.class);
  }

  private void start() {
    synchronized (lifecycle) {
      if (thread != null) {
        return;
      }
      try {
        Thread created = threads.newThread(loop);
        thread = created;
        created.start();
        threadless.succeeded("The publisher's thread runs");
      } catch (RuntimeException | OutOfMemoryError e) {
        // The system has no thread to give now; the next event asks again.
        thread = null;
        threadless.failed("The publisher's thread does not start, events wait: " + e);
      }
    }
    if (options.shutdownHook() && thread != null && !closed) {
      hook.register();
    }
  }

  private static boolean joined(Thread thread, Duration timeout) {
    boolean interrupted = false;
    long end = System.nanoTime() + saturatedNanos(timeout);
    try {
      while (thread.isAlive()) {
        long left = end - System.nanoTime();
        if (left <= 0) {
          return false;
        }
        try {
          thread.join(Math.max(1, left / 1_000_000));
        } catch (InterruptedException e) {
          // The caller wants to end at once; its events had their chance.
          interrupted = true;
          return false;
        }
      }
      return true;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static long saturatedNanos(Duration duration) {
    try {
      return Math.max(0, duration.toNanos());
    } catch (ArithmeticException e) {
      return Long.MAX_VALUE / 2;
    }
  }
}
