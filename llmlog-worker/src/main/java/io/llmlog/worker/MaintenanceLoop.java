package io.llmlog.worker;

import io.llmlog.retry.ThrottledLog;
import java.time.Duration;
import org.slf4j.Logger;

/** Looks after the tables at start and each hour. Its failures are said, and stop nothing. */
final class MaintenanceLoop implements Runnable {
  private static final long HOUR_NANOS = Duration.ofHours(1).toNanos();

  /** After a failure sooner: a database that was away at start would else wait for an hour. */
  private static final long RETRY_NANOS = Duration.ofMinutes(1).toNanos();

  private final Maintenance maintenance;
  private final Stop stop;
  private final ThrottledLog log;

  MaintenanceLoop(Maintenance maintenance, Stop stop, Logger log) {
    this.maintenance = maintenance;
    this.stop = stop;
    this.log = new ThrottledLog(log);
  }

  @Override
  public void run() {
    while (!stop.requested()) {
      try {
        stop.await(runOnce());
      } catch (InterruptedException e) {
        if (stop.requested()) {
          return;
        }
      }
    }
  }

  /** One round; answers how many nanoseconds to wait before the next. */
  long runOnce() throws InterruptedException {
    try {
      maintenance.run();
      log.succeeded("The tables are looked after again");
      return HOUR_NANOS;
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception | Error e) {
      log.failed("The tables could not be looked after; messages are stored all the same: " + e);
      return RETRY_NANOS;
    }
  }
}
