package io.llmlog.benchmarks.flow;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The highest rate at which rows keep up with calls of {@code log()}, how long an event is on its
 * way at half of it, and what more workers bring. Redis, PostgreSQL, the service, the worker and
 * this program share one machine.
 */
public final class EndToEndReport {
  private static final double ANOTHER_TRY = 0.95;
  private static final int TRIES = 8;

  /**
   * How much is done.
   *
   * @param first the rate where the search begins, calls per second
   * @param most beyond which no rate is tried
   * @param probe how long a rate is tried
   * @param precision of the search
   * @param hold how long the rate that was found must be held
   * @param samples measured per second while the delay is
   * @param warmUp messages before a round of workers
   * @param messages of a round of workers
   * @param rounds of workers
   * @param crews of workers, the first of which the others are compared with; empty: left out
   */
  record Extent(
      long first,
      long most,
      Duration probe,
      double precision,
      Duration hold,
      int samples,
      long warmUp,
      long messages,
      int rounds,
      List<WorkersRounds.Crew> crews) {
    private static final List<WorkersRounds.Crew> CREWS =
        List.of(
            new WorkersRounds.Crew(1, 2),
            new WorkersRounds.Crew(2, 2),
            new WorkersRounds.Crew(4, 2),
            new WorkersRounds.Crew(1, 1));

    static final Extent FULL =
        new Extent(
            4000,
            1_000_000,
            Duration.ofSeconds(20),
            0.04,
            Duration.ofMinutes(5),
            20,
            100_000,
            400_000,
            5,
            CREWS);
    static final Extent QUICK =
        new Extent(
            4000,
            1_000_000,
            Duration.ofSeconds(5),
            0.1,
            Duration.ofSeconds(20),
            20,
            50_000,
            100_000,
            1,
            CREWS);
  }

  private final Servers servers;
  private final Extent extent;

  EndToEndReport(Servers servers, Extent extent) {
    this.servers = servers;
    this.extent = extent;
  }

  /** Takes {@code --quick}: shorter, less exact. */
  public static void main(String[] arguments) throws Exception {
    boolean quick = List.of(arguments).equals(List.of("--quick"));
    if (!quick && arguments.length > 0) {
      System.err.println("Usage: benchmarks/run --end-to-end [--quick]");
      System.exit(2);
    }
    try (Servers servers = Servers.start()) {
      new EndToEndReport(servers, quick ? Extent.QUICK : Extent.FULL).run();
    }
  }

  void run() throws Exception {
    System.out.printf(
        "%s%nService %s, worker %s with 2 threads, each a JVM of its own on this machine%n",
        servers.describe(), ServiceProcess.HEAP, WorkerProcess.HEAP);
    try (Flow flow = Flow.start(servers)) {
      long held = rate(flow);
      delay(flow, held / 2);
      System.out.println("At the end: " + flow.finish());
    }
    if (!extent.crews().isEmpty()) {
      workers();
    }
  }

  private long rate(Flow flow) throws Exception {
    System.out.printf(
        Locale.ROOT,
        "%nRate of log() to visible row; the lag is what waits, in seconds of calls. A rate is held"
            + " when the lag does not grow.%n%n");
    System.out.printf(
        "%12s %10s %12s %12s %12s %8s%n",
        "calls/s", "for s", "achieved", "lag at end", "longest lag", "held");
    // Not counted: JVMs and tables are cold.
    flow.run(extent.first(), extent.probe(), 0, true);
    long rate =
        RateSearch.highest(
            extent.first(),
            extent.most(),
            extent.precision(),
            tried -> tried(flow, tried, extent.probe()));
    for (int attempt = 0; attempt < TRIES; attempt++) {
      if (tried(flow, rate, extent.hold())) {
        System.out.printf(
            Locale.ROOT, "%nHeld for %d s: %,d calls/s%n", extent.hold().toSeconds(), rate);
        return rate;
      }
      rate = (long) (rate * ANOTHER_TRY);
    }
    throw new IllegalStateException("no rate was held for " + extent.hold());
  }

  private static boolean tried(Flow flow, long rate, Duration time) throws InterruptedException {
    Lag lag = flow.run(rate, time, 0, false);
    System.out.printf(
        Locale.ROOT,
        "%,12d %10d %,12.0f %10.2f s %10.2f s %8s%n",
        rate,
        time.toSeconds(),
        lag.achieved(),
        lag.end(),
        lag.longest(),
        lag.bounded() ? "yes" : "no");
    return lag.bounded();
  }

  private void delay(Flow flow, long rate) throws Exception {
    flow.run(rate, extent.hold(), extent.samples(), true);
    List<Long> delays = flow.delays();
    System.out.printf(
        Locale.ROOT,
        "%nDelay from log() to the row that another connection sees, at %,d calls/s for %d s,"
            + " %,d samples, asked for each %d ms%n%n",
        rate,
        extent.hold().toSeconds(),
        delays.size(),
        DelaySampler.LOOK_MILLIS);
    System.out.printf("%8s %10s %10s%n", "", "seconds", "wanted");
    for (Map.Entry<String, Double> one :
        Map.of("p50", 0.5, "p90", 0.9, "p99", 0.99, "max", 1.0).entrySet().stream()
            .sorted(Map.Entry.comparingByValue())
            .toList()) {
      System.out.printf(
          Locale.ROOT,
          "%8s %10.3f %10s%n",
          one.getKey(),
          DelaySampler.seconds(delays, one.getValue()),
          switch (one.getKey()) {
            case "p50" -> "<= 0.2";
            case "p99" -> "<= 1";
            default -> "";
          });
    }
    System.out.println();
  }

  private void workers() throws Exception {
    Map<WorkersRounds.Crew, List<Double>> rates =
        new WorkersRounds(servers, extent.warmUp(), extent.messages())
            .run(extent.crews(), extent.rounds());
    System.out.printf(
        Locale.ROOT,
        "%nWorkers on a list of %,d messages that is full at the start, median of %d rounds%n%n",
        extent.messages(),
        extent.rounds());
    System.out.printf("%10s %10s %12s %18s%n", "processes", "threads", "rows/s", "to one process");
    double one = median(rates.getOrDefault(extent.crews().get(0), List.of()));
    for (WorkersRounds.Crew crew : extent.crews()) {
      double median = median(rates.getOrDefault(crew, List.of()));
      System.out.printf(
          Locale.ROOT,
          "%10d %10d %,12.0f %18.2f%n",
          crew.processes(),
          crew.threads(),
          median,
          median / one);
    }
    System.out.printf(
        Locale.ROOT,
        "%nOn %d processors that Redis and PostgreSQL use too: more workers bring what is left.%n",
        Runtime.getRuntime().availableProcessors());
  }

  static double median(List<Double> figures) {
    List<Double> sorted = figures.stream().sorted().toList();
    return sorted.get(sorted.size() / 2);
  }
}
