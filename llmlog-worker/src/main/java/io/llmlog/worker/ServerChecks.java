package io.llmlog.worker;

import io.llmlog.retry.Backoff;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;

/**
 * Says once, after a worker's start, what about its servers may lose messages that llmlog promises
 * to keep, or keeps them from being stored. It stops and delays nothing: somebody may have chosen
 * so. A server that is away is asked again until it has answered once.
 */
final class ServerChecks implements Runnable {
  /** A look at one server. */
  @FunctionalInterface
  interface Check {
    /** A sentence for each danger, which names the place and says what to do. */
    List<String> warnings() throws Exception;
  }

  private final List<Check> open;
  private final Stop stop;
  private final Logger log;
  private final Backoff backoff = new Backoff(Duration.ofSeconds(1), Duration.ofMinutes(1));
  private final CountDownLatch firstLook = new CountDownLatch(1);

  ServerChecks(List<Check> checks, Stop stop, Logger log) {
    this.open = new ArrayList<>(checks);
    this.stop = stop;
    this.log = log;
  }

  @Override
  public void run() {
    try {
      while (!stop.requested() && !runOnce()) {
        stop.await(backoff.failed());
      }
    } catch (InterruptedException e) {
      // The worker ends, and with it all interest.
    } finally {
      firstLook.countDown();
    }
  }

  /** Asks those that have not answered yet; answers whether all have. */
  boolean runOnce() throws InterruptedException {
    for (Check check : List.copyOf(open)) {
      if (answered(check)) {
        open.remove(check);
      }
    }
    firstLook.countDown();
    return open.isEmpty();
  }

  /** Waits until each server was asked once, whether it answered or not. */
  void awaitFirstLook(Duration timeout) throws InterruptedException {
    boolean unused = firstLook.await(timeout.toMillis(), TimeUnit.MILLISECONDS);
  }

  private boolean answered(Check check) throws InterruptedException {
    try {
      check.warnings().forEach(log::warn);
      return true;
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception | Error e) {
      // The loops say that it is away.
      log.debug("A server's settings were not looked at", e);
      return false;
    }
  }
}
