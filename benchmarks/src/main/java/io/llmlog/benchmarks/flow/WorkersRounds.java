package io.llmlog.benchmarks.flow;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How fast some workers store a list that is full from the first moment, in rounds that take turns.
 * The JVMs are warm: they have stored another list before.
 */
final class WorkersRounds {
  private static final Duration LONGEST = Duration.ofMinutes(5);
  private static final long LOOK_MILLIS = 10;

  private final Servers servers;
  private final String database;
  private final long warmUp;
  private final long messages;

  /**
   * Workers that are there at once.
   *
   * @param processes each has its own JVM
   * @param threads of each
   */
  record Crew(int processes, int threads) {}

  WorkersRounds(Servers servers, long warmUp, long messages) throws Exception {
    this.servers = servers;
    this.database = servers.database("workers", Instant.now());
    this.warmUp = warmUp;
    this.messages = messages;
  }

  /** Rows per second of each crew, one figure for each round. */
  Map<Crew, List<Double>> run(List<Crew> crews, int rounds) throws Exception {
    Map<Crew, List<Double>> rates = new LinkedHashMap<>();
    for (int round = 0; round < rounds; round++) {
      for (Crew crew : crews) {
        rates.computeIfAbsent(crew, c -> new ArrayList<>()).add(round(crew));
      }
    }
    return rates;
  }

  private double round(Crew crew) throws Exception {
    Servers.empty(database, Servers.SCHEMA);
    Map<String, String> variables = servers.variables(database, Servers.SCHEMA, Servers.QUEUE);
    variables.put("LLMLOG_WORKER_THREADS", Integer.toString(crew.threads()));
    List<WorkerProcess> workers = new ArrayList<>();
    try {
      for (int i = 0; i < crew.processes(); i++) {
        workers.add(WorkerProcess.start(variables, WorkerProcess.HEAP));
      }
      store(workers, warmUp, warmUp);
      Servers.empty(database, Servers.SCHEMA);
      double seconds = store(workers, messages, warmUp + messages);
      for (WorkerProcess worker : workers) {
        WorkerProcess.Counts counts = worker.finish();
        if (!counts.clean()) {
          throw new IllegalStateException(counts.toString());
        }
      }
      long rows = Servers.rows(database, Servers.SCHEMA);
      if (rows != messages) {
        throw new IllegalStateException(rows + " rows were stored of " + messages);
      }
      return messages / seconds;
    } finally {
      workers.forEach(WorkerProcess::close);
    }
  }

  /** Seconds until all of them have stored so many in their life. */
  private double store(List<WorkerProcess> workers, long filled, long all) throws Exception {
    Feeder.fillAtOnce(servers, Servers.QUEUE, filled);
    long start = System.nanoTime();
    while (true) {
      long stored = 0;
      for (WorkerProcess worker : workers) {
        stored += worker.counts().settled();
      }
      long took = System.nanoTime() - start;
      if (stored >= all) {
        return took / 1e9;
      }
      if (took > LONGEST.toNanos()) {
        throw new IllegalStateException(
            "%d of %d are stored after %s; a worker: %s"
                .formatted(stored, all, LONGEST, workers.get(0).log()));
      }
      Thread.sleep(LOOK_MILLIS);
    }
  }
}
