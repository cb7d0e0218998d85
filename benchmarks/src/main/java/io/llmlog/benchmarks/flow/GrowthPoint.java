package io.llmlog.benchmarks.flow;

import io.llmlog.jdbc.SchemaName;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * One worker with a queue and tables of its own, which waits while others are measured. Its queue
 * is kept at one depth while it is measured, and what is left of it is taken away afterwards.
 */
final class GrowthPoint implements AutoCloseable {
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(2);
  private static final long LOOK_MILLIS = 20;

  /**
   * Of the wanted depth a part may be missing now and then: as a worker takes thousands at once.
   */
  private static final double MAY_MISS = 0.1;

  private static final long MAY_MISS_MESSAGES = 15_000;

  private final Servers servers;
  private final String name;
  private final Tables tables;
  private final String queue;
  private final long depth;
  private final WorkerProcess worker;
  private final Feeder feeder;
  private final List<Double> rates = new ArrayList<>();
  private final long rowsBefore;
  private long storedBefore;

  /**
   * Where its rows go.
   *
   * @param emptied whether they are taken away before each round
   */
  record Tables(String url, SchemaName schema, boolean emptied) {}

  GrowthPoint(Servers servers, String name, String queue, long depth, Tables tables)
      throws Exception {
    this.servers = servers;
    this.name = name;
    this.tables = tables;
    this.queue = queue;
    this.depth = depth;
    this.rowsBefore = tables.emptied() ? 0 : Servers.rows(tables.url(), tables.schema());
    this.worker =
        WorkerProcess.start(
            servers.variables(tables.url(), tables.schema(), queue), WorkerProcess.HEAP);
    this.feeder = new Feeder(servers, queue);
  }

  String name() {
    return name;
  }

  /** Rows per second in each round. */
  List<Double> rates() {
    return rates;
  }

  /**
   * Measures once more.
   *
   * @param warmUp before, with the queue as deep as it will be
   */
  void round(Duration warmUp, Duration time) throws Exception {
    if (tables.emptied()) {
      Servers.empty(tables.url(), tables.schema());
    }
    storedBefore = worker.counts().stored();
    long pushedBefore = feeder.pushed();
    feeder.keep(depth);
    try {
      await("the queue is not so deep", () -> feeder.depth() >= depth);
      Thread.sleep(warmUp.toMillis());
      feeder.lowest();
      long start = System.nanoTime();
      long from = worker.counts().stored();
      Thread.sleep(time.toMillis());
      long to = worker.counts().stored();
      double seconds = (System.nanoTime() - start) / 1e9;
      long lowest = feeder.lowest();
      if (lowest < depth - Math.max(MAY_MISS * depth, MAY_MISS_MESSAGES)) {
        throw new IllegalStateException(
            name + ": the queue went down to " + lowest + " of " + depth);
      }
      rates.add((to - from) / seconds);
    } finally {
      feeder.stop();
    }
    settle(feeder.pushed() - pushedBefore - takeAway());
  }

  /** Forgets what was measured so far. */
  void forget() {
    rates.clear();
  }

  /** Empties the queue at once; answers how many messages were left in it. */
  private long takeAway() throws IOException {
    String left = queue + "_left";
    try (RedisLine redis = servers.redis()) {
      if (redis.number("EXISTS", queue) == 0) {
        return 0;
      }
      redis.call("RENAME", queue, left);
      long length = redis.number("LLEN", left);
      redis.call("UNLINK", left);
      return length;
    }
  }

  /** Waits until each message that the worker took has its row. */
  private void settle(long taken) throws Exception {
    await(
        "not all of " + taken + " messages are stored",
        () -> worker.counts().stored() - storedBefore == taken);
    if (tables.emptied()) {
      checkRows(taken);
    }
  }

  private void checkRows(long wanted) throws SQLException {
    long rows = Servers.rows(tables.url(), tables.schema());
    if (rows != wanted) {
      throw new IllegalStateException(name + ": " + rows + " rows in place of " + wanted);
    }
  }

  /** Ends the worker and looks whether each message of all rounds has its row. */
  void finish() throws Exception {
    WorkerProcess.Counts counts = worker.finish();
    if (!counts.clean()) {
      throw new IllegalStateException(name + ": " + counts);
    }
    if (!tables.emptied()) {
      checkRows(rowsBefore + counts.stored());
    }
  }

  private interface Condition {
    boolean holds() throws InterruptedException;
  }

  private void await(String otherwise, Condition condition) throws InterruptedException {
    long end = System.nanoTime() + LONGEST_WAIT.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() - end > 0) {
        throw new IllegalStateException(
            "%s: %s after %s; %s; the worker: %s"
                .formatted(name, otherwise, LONGEST_WAIT, worker.counts(), worker.log()));
      }
      Thread.sleep(LOOK_MILLIS);
    }
  }

  @Override
  public void close() {
    try {
      feeder.close();
    } finally {
      worker.close();
    }
  }
}
