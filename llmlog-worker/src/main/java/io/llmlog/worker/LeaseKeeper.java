package io.llmlog.worker;

import io.llmlog.spi.QueueException;
import java.time.Duration;

/**
 * Renews the lease of a batch in hand, whether its loop writes, waits for a retry or is paused: a
 * write may bisect for longer than the lease, and its rows must not be written by two.
 *
 * <p>Each loop has a keeper and a thread of its own, because each has a connection of its own: one
 * that is silent must not cost the others their leases.
 */
final class LeaseKeeper implements Runnable {
  /** Rounds per lease: two may fail or come late, and the lease still lives. */
  private static final int ROUNDS = 4;

  private final Hold hold;
  private final long roundNanos;
  private final Stop stop;
  private final WorkerLog log;

  LeaseKeeper(Hold hold, Duration lease, Stop stop, WorkerLog log) {
    this.hold = hold;
    this.roundNanos = lease.toNanos() / ROUNDS;
    this.stop = stop;
    this.log = log;
  }

  @Override
  public void run() {
    while (!stop.requested()) {
      try {
        if (!stop.await(roundNanos)) {
          runOnce();
        }
      } catch (InterruptedException e) {
        if (stop.requested()) {
          return;
        }
      }
    }
  }

  void runOnce() throws InterruptedException {
    renew(hold, log);
  }

  static void renew(Hold hold, WorkerLog log) throws InterruptedException {
    try {
      boolean unused = hold.renew();
    } catch (QueueException e) {
      log.queueFailed(String.valueOf(e.getMessage()));
    } catch (RuntimeException | Error e) {
      log.queueFailed("renewing the lease failed: " + e);
    }
  }
}
