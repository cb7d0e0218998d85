package io.llmlog.worker;

import io.llmlog.jdbc.SqlErrors;
import io.llmlog.retry.ThrottledLog;
import java.time.Clock;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/** Looks after the tables at start and each hour. Its failures are said, and stop nothing. */
final class MaintenanceLoop implements Runnable {
  private static final long HOUR_NANOS = Duration.ofHours(1).toNanos();

  /** After a failure sooner: a database that was away at start would else wait for an hour. */
  private static final long RETRY_NANOS = Duration.ofMinutes(1).toNanos();

  private final Maintenance maintenance;
  private final Clock clock;
  private final Stop stop;
  private final ThrottledLog log;
  private volatile @Nullable MaintenanceStatus status;
  private boolean failed;

  MaintenanceLoop(Maintenance maintenance, Clock clock, Stop stop, Logger log) {
    this.maintenance = maintenance;
    this.clock = clock;
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

  /** What became of the last round; null before the end of the first. */
  @Nullable MaintenanceStatus status() {
    return status;
  }

  /** One round; answers how many nanoseconds to wait before the next. */
  long runOnce() throws InterruptedException {
    try {
      status = maintenance.run();
      failed = false;
      log.succeeded("The tables are looked after again");
      return HOUR_NANOS;
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception | Error e) {
      status = MaintenanceStatus.failed(status, clock.instant(), e.toString());
      // Whoever stores messages says that the database went away. What a round adds to that is
      // whether it still finds it away, or it alone.
      if (failed || !SqlErrors.mayPass(e)) {
        log.failed("The tables could not be looked after; messages are stored all the same: " + e);
      }
      failed = true;
      return RETRY_NANOS;
    }
  }
}
