package io.llmlog.worker;

import io.llmlog.config.Environment;
import io.llmlog.config.Settings;
import java.time.Duration;

/**
 * How a worker works, whatever its queue and store.
 *
 * @param threads how many batches are in work at a time: 1 to 64
 * @param batch the most messages of one batch: 1 to 5000
 * @param lease how long the worker may be silent before others take over its batches: 1 s to 1 h
 * @param stopTimeout how long a stop waits for the batches in hand; zero: not at all
 */
public record WorkerConfig(int threads, int batch, Duration lease, Duration stopTimeout) {
  private static final Duration MIN_LEASE = Duration.ofSeconds(1);
  private static final Duration MAX_LEASE = Duration.ofHours(1);

  /** A statement that takes longer has met a lock or a broken line, however short the lease is. */
  private static final Duration LEAST_STATEMENT_TIMEOUT = Duration.ofSeconds(5);

  /** What holds where nothing is set: 2 threads, 1000 messages, 30 s of lease, 10 s to stop. */
  public static final WorkerConfig DEFAULTS =
      new WorkerConfig(2, 1000, Duration.ofSeconds(30), Duration.ofSeconds(10));

  /**
   * @throws IllegalArgumentException if a value is out of its range
   */
  public WorkerConfig {
    inRange("threads", threads, 64);
    inRange("batch", batch, 5000);
    if (lease.compareTo(MIN_LEASE) < 0 || lease.compareTo(MAX_LEASE) > 0) {
      throw new IllegalArgumentException("lease=" + lease + ": must be 1 s to 1 h");
    }
    if (stopTimeout.isNegative()) {
      throw new IllegalArgumentException("stopTimeout=" + stopTimeout + ": must not be negative");
    }
  }

  /** As the environment says; a wrong value counts as unset, and the environment knows it. */
  public static WorkerConfig from(Environment environment) {
    return new WorkerConfig(
        environment.get(Settings.WORKER_THREADS),
        environment.get(Settings.WORKER_BATCH),
        environment.get(Settings.LEASE),
        DEFAULTS.stopTimeout());
  }

  WorkerConfig withThreads(int value) {
    return new WorkerConfig(value, batch, lease, stopTimeout);
  }

  WorkerConfig withBatch(int value) {
    return new WorkerConfig(threads, value, lease, stopTimeout);
  }

  WorkerConfig withLease(Duration value) {
    return new WorkerConfig(threads, batch, value, stopTimeout);
  }

  WorkerConfig withStopTimeout(Duration value) {
    return new WorkerConfig(threads, batch, lease, value);
  }

  /** The longest that one statement of the store may take: a third of the lease, 5 s at least. */
  public Duration statementTimeout() {
    Duration third = lease.dividedBy(3);
    return third.compareTo(LEAST_STATEMENT_TIMEOUT) > 0 ? third : LEAST_STATEMENT_TIMEOUT;
  }

  private static void inRange(String name, int value, int max) {
    if (value < 1 || value > max) {
      throw new IllegalArgumentException(name + "=" + value + ": must be 1 to " + max);
    }
  }
}
