package io.llmlog.delivery;

import io.llmlog.retry.Backoff;
import io.llmlog.retry.ThrottledLog;
import io.llmlog.spi.EventSender;
import io.llmlog.spi.QueueException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes encoded events from any thread and brings them to the queue on one of its own.
 *
 * <p>Take, send, count: an event stays pending until the queue has it. Where the outcome of a send
 * is not known it is sent again; rows are unique by their id, so that is harmless.
 *
 * <p>All public methods may be called from any thread.
 */
public final class Publisher implements AutoCloseable {
  static final int BATCH_EVENTS = 500;
  static final long BATCH_BYTES = 1L << 20;

  /** How long a batch waits for company: small beside any LLM call, large beside a round trip. */
  private static final long LINGER_NANOS = Duration.ofMillis(5).toNanos();

  /**
   * After this many empty lingers in a row (a second) the thread sleeps until it is woken. Before
   * that callers need not wake it, which would cost them microseconds.
   */
  private static final int IDLE_LINGERS = 200;

  private static final Duration BACKOFF_FIRST = Duration.ofMillis(100);
  private static final Duration BACKOFF_MAX = Duration.ofSeconds(5);

  /** How long close waits for the thread to end after its time is up and it was interrupted. */
  private static final Duration GRACE = Duration.ofSeconds(1);

  static final String CLOSE_TIMEOUT = "close_timeout";

  private final EventSender sender;
  private final Duration closeTimeout;
  private final MemoryBuffer buffer;
  private final ThrottledLog throttled = new ThrottledLog(Publisher::log);
  private final ThrottledLog threadless = new ThrottledLog(Publisher::log);
  private final Backoff backoff = new Backoff(BACKOFF_FIRST, BACKOFF_MAX);
  private final ThreadFactory threads;
  private final Object lifecycle = new Object();
  private final CountDownLatch ended = new CountDownLatch(1);

  /** Taken from the buffer and in no batch yet, the oldest last. The publisher's thread only. */
  private List<byte[]> backlog = List.of();

  /** Sent again as it is until the queue has it; empty between two. The publisher's thread only. */
  private List<byte[]> batch = List.of();

  private volatile @Nullable Thread thread;
  private volatile boolean stopping;
  private boolean closed;

  /**
   * Connects to nothing; the thread starts with the first event.
   *
   * @param sender closed with this publisher
   * @param bufferMaxBytes the bound of the memory buffer
   * @param block how long {@link #offer} waits for room; zero: not at all
   * @param closeTimeout how long {@link #close} tries to deliver what is left
   */
  public Publisher(EventSender sender, long bufferMaxBytes, Duration block, Duration closeTimeout) {
    this(sender, bufferMaxBytes, block, closeTimeout, Publisher::thread);
  }

  Publisher(
      EventSender sender,
      long bufferMaxBytes,
      Duration block,
      Duration closeTimeout,
      ThreadFactory threads) {
    this.threads = threads;
    this.sender = sender;
    this.closeTimeout = closeTimeout;
    this.buffer = new MemoryBuffer(bufferMaxBytes, block);
  }

  /**
   * Takes an event. Never throws, never waits for the network.
   *
   * @param event its encoded bytes, which do not change afterwards
   * @return whether it was accepted; a refusal is counted
   */
  public boolean offer(byte[] event) {
    boolean accepted = buffer.offer(event);
    if (accepted && thread == null) {
      start();
    }
    return accepted;
  }

  /** Counts an event that was refused before it had bytes. */
  public void refuse(String reason) {
    buffer.refuse(reason);
  }

  /** One consistent snapshot of the ledger. */
  public LedgerSnapshot counts() {
    return buffer.snapshot();
  }

  /**
   * Waits until every event accepted before the call has left memory.
   *
   * @return whether it has; false too when the thread was interrupted, which stays so
   */
  public boolean flush(Duration timeout) {
    try {
      return buffer.awaitDone(saturatedNanos(timeout));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /**
   * Delivers what it can in the time given, counts the rest as dropped and says so once. A second
   * caller waits for the first: a shutdown hook that returned sooner would let the JVM end.
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
    buffer.close();
    if (!buffer.isEmpty()) {
      // An event accepted in the same moment still gets its chance.
      start();
    }
    long start = System.nanoTime();
    Thread running = thread;
    if (running == Thread.currentThread()) {
      // Closed by its own sender: nobody is left to send the rest.
      stopping = true;
    } else if (running != null && !joined(running, closeTimeout)) {
      stopping = true;
      running.interrupt();
      joined(running, GRACE);
    }
    long dropped = buffer.giveUp(CLOSE_TIMEOUT);
    if (dropped > 0) {
      log()
          .warn(
              "{} events were dropped: the queue had not taken them when close() ended after {} ms",
              dropped,
              (System.nanoTime() - start) / 1_000_000);
    }
    sender.close();
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
        Thread created = threads.newThread(this::run);
        thread = created;
        created.start();
        threadless.succeeded("The publisher's thread runs");
      } catch (RuntimeException | OutOfMemoryError e) {
        // The system has no thread to give now; the next event asks again.
        thread = null;
        threadless.failed("The publisher's thread does not start, events wait in memory: " + e);
      }
    }
  }

  private void run() {
    while (!stopping) {
      try {
        if (!awaitEvents()) {
          return;
        }
        sendBatch();
      } catch (InterruptedException e) {
        // Only close() interrupts this thread, and then the loop ends by its condition.
        log().debug("interrupted", e);
      } catch (Throwable e) {
        // Whatever a sender throws must not end the loop: it counts as an outage.
        throttled.failed("The queue's sender failed: " + e);
        pause(backoff.failed());
      }
    }
  }

  /** Waits for events to send; false once the buffer is closed and there are none. */
  private boolean awaitEvents() throws InterruptedException {
    if (!batch.isEmpty()) {
      return true;
    }
    for (int lingers = 0; backlog.isEmpty(); lingers++) {
      List<byte[]> taken =
          lingers < IDLE_LINGERS
              ? buffer.take(BATCH_EVENTS, LINGER_NANOS)
              : buffer.take(1, Long.MAX_VALUE);
      if (taken == null) {
        return false;
      }
      // Removed from its end, the list frees each event at once and needs no memory for it.
      Collections.reverse(taken);
      backlog = taken;
    }
    return true;
  }

  /** The oldest events, up to a count and a size but at least one. */
  private List<byte[]> nextBatch() {
    List<byte[]> next = new ArrayList<>(Math.min(BATCH_EVENTS, backlog.size()));
    long size = 0;
    while (!backlog.isEmpty() && next.size() < BATCH_EVENTS) {
      byte[] oldest = backlog.get(backlog.size() - 1);
      size += oldest.length;
      if (size > BATCH_BYTES && !next.isEmpty()) {
        break;
      }
      next.add(backlog.remove(backlog.size() - 1));
    }
    return Collections.unmodifiableList(next);
  }

  private void sendBatch() throws InterruptedException {
    if (batch.isEmpty()) {
      batch = nextBatch();
    }
    try {
      sender.send(batch);
      buffer.queued(batch);
      batch = List.of();
      int failures = backoff.succeeded();
      throttled.succeeded("The queue is back after " + failures + " failed attempts");
    } catch (QueueException e) {
      throttled.failed("The queue does not take events, which wait in memory: " + e.getMessage());
      pause(backoff.failed());
    }
  }

  /** Waits, but no longer than the thread is wanted. */
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
