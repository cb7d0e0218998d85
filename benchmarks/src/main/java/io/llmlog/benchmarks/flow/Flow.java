package io.llmlog.benchmarks.flow;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A service and a worker, each in a process of its own, and a database of theirs. Not safe for use
 * by several threads at once.
 */
final class Flow implements AutoCloseable {
  private static final long LOOK_MILLIS = 200;
  private static final long DRAIN_LOOK_MILLIS = 20;
  private static final Duration LONGEST_DRAIN = Duration.ofMinutes(3);

  private final String database;
  private final DelaySampler sampler;
  private final ServiceProcess service;
  private final WorkerProcess worker;

  private Flow(
      String database, DelaySampler sampler, ServiceProcess service, WorkerProcess worker) {
    this.database = database;
    this.sampler = sampler;
    this.service = service;
    this.worker = worker;
  }

  // Each part is closed with the flow, and here where a later one does not start.
  @SuppressWarnings("resource")
  static Flow start(Servers servers) throws Exception {
    String database = servers.database("flow", Instant.now());
    Map<String, String> variables = servers.variables(database, Servers.SCHEMA, Servers.QUEUE);
    List<AutoCloseable> begun = new ArrayList<>();
    try {
      DelaySampler sampler = new DelaySampler(database, Servers.SCHEMA);
      begun.add(sampler);
      WorkerProcess worker = WorkerProcess.start(variables, WorkerProcess.HEAP);
      begun.add(worker);
      return new Flow(database, sampler, ServiceProcess.start(variables, sampler), worker);
    } catch (Exception e) {
      for (AutoCloseable one : begun) {
        one.close();
      }
      throw e;
    }
  }

  /**
   * Logs at that rate for that time, and waits until each row is there.
   *
   * @param samples so many calls a second are measured by themselves; 0: none
   * @param patient whether it goes on however long the lag becomes
   */
  Lag run(long rate, Duration time, int samples, boolean patient) throws InterruptedException {
    ServiceProcess.Counts before = service.counts();
    service.rate(rate, samples == 0 ? 0 : Math.max(1, rate / samples));
    long start = System.nanoTime();
    List<Long> backlogs = new ArrayList<>();
    boolean gaveUp = false;
    while (System.nanoTime() - start < time.toNanos() && !gaveUp) {
      Thread.sleep(LOOK_MILLIS);
      long backlog = backlog();
      backlogs.add(backlog);
      gaveUp = !patient && backlog > Lag.TOO_LONG_SECONDS * rate;
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    ServiceProcess.Counts after = service.counts();
    drain();
    return Lag.of(
        rate,
        seconds,
        after.accepted() - before.accepted(),
        backlogs,
        after.refused() - before.refused(),
        gaveUp);
  }

  /** Calls whose rows are not there yet. */
  private long backlog() throws InterruptedException {
    // In this order, so that it is rather too large.
    long settled = worker.counts().settled();
    ServiceProcess.Counts counts = service.counts();
    return Math.max(0, counts.accepted() - counts.fallback() - settled);
  }

  private void drain() throws InterruptedException {
    service.rate(0);
    long end = System.nanoTime() + LONGEST_DRAIN.toNanos();
    while (backlog() > 0 || sampler.unseen() > 0) {
      if (System.nanoTime() - end > 0) {
        throw new IllegalStateException(
            "%d rows and %d samples are missing after %s; the worker: %s"
                .formatted(backlog(), sampler.unseen(), LONGEST_DRAIN, worker.log()));
      }
      Thread.sleep(DRAIN_LOOK_MILLIS);
    }
  }

  /** The delays of all samples, the shortest first, in microseconds. */
  List<Long> delays() {
    return sampler.sorted();
  }

  /**
   * Ends service and worker and compares what they and the table say.
   *
   * @return a sentence with the numbers
   * @throws IllegalStateException if anything is missing, or there twice
   */
  String finish() throws Exception {
    ServiceProcess.Counts logged = service.finish();
    WorkerProcess.Counts stored = worker.finish();
    long rows = Servers.rows(database, Servers.SCHEMA);
    String rolledUp =
        Servers.text(database, "SELECT sum(calls) FROM " + Servers.SCHEMA.table("llm_log_hourly"));
    String found =
        String.format(
            Locale.ROOT,
            "%,d calls offered, %,d accepted, %,d stored by the worker (%,d duplicates,"
                + " %,d dead), %,d by the fallback, %,d rows in the table, %s calls in the rollup",
            logged.offered(),
            logged.accepted(),
            stored.stored(),
            stored.duplicate(),
            stored.dead(),
            logged.fallback(),
            rows,
            rolledUp);
    if (!logged.clean()
        || logged.accepted() != rows
        || stored.stored() + logged.fallback() != rows
        || stored.dead() > 0
        || !rolledUp.equals(Long.toString(rows))) {
      throw new IllegalStateException(found + ", " + logged + ", " + stored);
    }
    return found;
  }

  @Override
  public void close() throws SQLException {
    try {
      service.close();
    } finally {
      try {
        worker.close();
      } finally {
        sampler.close();
      }
    }
  }
}
