package io.llmlog.worker.alert;

import java.time.Duration;

/**
 * What is too much. Each is past its threshold when it is greater.
 *
 * @param queueDepth messages that wait, 1 or more: {@code LLMLOG_QUEUE_DEPTH_ALERT}
 * @param queueAge age of the oldest message that waits
 * @param replicaLag how far the read replica is behind
 * @param rollupLag for how long a past day could have been summed up
 * @param maintenanceAge how long ago the last round of maintenance was, which runs each hour
 */
public record Thresholds(
    long queueDepth,
    Duration queueAge,
    Duration replicaLag,
    Duration rollupLag,
    Duration maintenanceAge) {
  /** Those of the rules for Prometheus. */
  public static final Thresholds DEFAULTS =
      new Thresholds(
          1000,
          Duration.ofSeconds(60),
          Duration.ofSeconds(30),
          Duration.ofHours(6),
          Duration.ofHours(3));

  public Thresholds {
    if (queueDepth < 1) {
      throw new IllegalArgumentException("queueDepth=" + queueDepth + ": must be 1 or more");
    }
  }

  /** These with another depth. */
  public Thresholds withQueueDepth(long depth) {
    return new Thresholds(depth, queueAge, replicaLag, rollupLag, maintenanceAge);
  }
}
