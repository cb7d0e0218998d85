package io.llmlog.worker.watch;

import io.llmlog.retry.ThrottledLog;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at queue and store every 5 s and keeps what it saw for an hour, so that a scrape, a page or
 * a probe costs the servers nothing, however many come. One daemon thread; whatever a look throws
 * is said and survived. Safe for use by several threads at once.
 */
public final class Watch implements AutoCloseable {
  /** From the end of one look to the beginning of the next. */
  static final Duration EVERY = Duration.ofSeconds(5);

  private static final Duration KEPT = Duration.ofHours(1);
  private static final int MOST_KEPT = (int) KEPT.dividedBy(EVERY);

  /** How long a stop waits for a look that is under way, which is interrupted. */
  private static final Duration GRACE = Duration.ofSeconds(2);

  /** One look at everything. */
  @FunctionalInterface
  public interface Look {
    /**
     * Looks; a server that does not answer is a part of the observation, not an exception.
     *
     * @param before the last observation; null before the first
     */
    Observation take(@Nullable Observation before) throws InterruptedException;
  }

  private final Look look;
  private final Duration every;
  private final ThrottledLog log;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread = new Thread(this::run, "llmlog-worker-watch");
  private final Observation none = Observation.none(Instant.now());
  private final Deque<Observation> history = new ArrayDeque<>();
  private boolean started;

  /** Every 5 s. */
  public Watch(Look look) {
    this(look, EVERY, LoggerFactory.getLogger(Watch.class));
  }

  Watch(Look look, Duration every, Logger log) {
    this.look = look;
    this.every = every;
    this.log = new ThrottledLog(log);
    thread.setDaemon(true);
  }

  /** Begins to look; returns at once. Idempotent, and nothing after {@link #close}. */
  public void start() {
    synchronized (history) {
      if (!started && closed.getCount() > 0) {
        started = true;
        thread.start();
      }
    }
  }

  /**
   * What was seen last, which may be older than {@link Observation#isFresh} says; before the first
   * look one without figures.
   */
  public Observation now() {
    synchronized (history) {
      Observation last = history.peekLast();
      return last == null ? none : last;
    }
  }

  /** What was seen within the last hour, the oldest first, {@link #now} last. */
  public List<Observation> history() {
    synchronized (history) {
      return List.copyOf(history);
    }
  }

  /** Looks once, on the caller's thread: between the looks of the watch's own, or without it. */
  public Observation lookOnce() throws InterruptedException {
    Observation before;
    synchronized (history) {
      before = history.peekLast();
    }
    Observation seen = look.take(before);
    synchronized (history) {
      history.addLast(seen);
      Instant since = seen.at().minus(KEPT);
      while (history.size() > MOST_KEPT || history.getFirst().at().isBefore(since)) {
        history.removeFirst();
      }
    }
    return seen;
  }

  private void run() {
    boolean ended = false;
    while (!ended) {
      try {
        lookOnce();
        log.succeeded("Queue and store are looked at again");
      } catch (InterruptedException e) {
        // The stop, which the wait below sees; anything else that interrupts is no reason to end.
      } catch (Exception | Error e) {
        log.failed("Queue and store could not be looked at: " + e);
      }
      ended = stopped();
    }
  }

  /** Waits for the time of the next look; answers whether the stop came first. */
  private boolean stopped() {
    try {
      return closed.await(every.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      return closed.getCount() == 0;
    }
  }

  /** Ends the looks; what was seen stays. Waits at most 2 s. Idempotent. */
  @Override
  public void close() {
    closed.countDown();
    synchronized (history) {
      if (!started) {
        return;
      }
    }
    thread.interrupt();
    try {
      thread.join(GRACE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
