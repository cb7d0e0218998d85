package io.llmlog.worker;

import io.llmlog.spi.QueueException;
import java.time.Duration;
import java.util.List;

/**
 * Renews the leases of batches in hand, whether their loop writes, waits for a retry or is paused:
 * a write may bisect for longer than the lease, and its rows must not be written by two.
 */
final class LeaseKeeper implements Runnable {
  /** Rounds per lease: two may fail or come late, and the lease still lives. */
  private static final int ROUNDS = 4;

  private final List<Hold> holds;
  private final long roundNanos;
  private final Stop stop;
  private final WorkerLog log;

  LeaseKeeper(List<Hold> holds, Duration lease, Stop stop, WorkerLog log) {
    this.holds = List.copyOf(holds);
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
    for (Hold hold : holds) {
      renew(hold, log);
    }
  }

  static void renew(Hold hold, WorkerLog log) throws InterruptedException {
    try {
      hold.renew();
    } catch (QueueException e) {
      log.queueFailed(String.valueOf(e.getMessage()));
    } catch (RuntimeException | Error e) {
      log.queueFailed("renewing the lease failed: " + e);
    }
  }
}
