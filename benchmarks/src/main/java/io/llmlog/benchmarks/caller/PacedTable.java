package io.llmlog.benchmarks.caller;

import io.llmlog.benchmarks.caller.Contestant.Side;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Runs every {@link Contestant} at the pace of {@link PacedCaller}, in rounds that take turns. */
final class PacedTable {
  private static final String LINE = "%-26s %7s %8s %8s %9s %10s %7s %7s %6s %8s %8s %8s%n";
  private static final String RATIO = "%-26s %7s %-22s %6s  %-22s %6s  %s%n";

  private record Row(Contestant contestant, int threads) {}

  private final int[] threads;
  private final long warmMillis;
  private final long millis;
  private final Map<Row, List<Map<String, Long>>> rounds = new LinkedHashMap<>();

  PacedTable(int[] threads, long warmMillis, long millis) {
    this.threads = threads;
    this.warmMillis = warmMillis;
    this.millis = millis;
  }

  /**
   * Each contestant once, at each number of threads. Every round begins with another one: a machine
   * whose speed changes meanwhile is then not slow for the same ones each time.
   */
  void round(int number, int of) {
    List<Contestant> order = new ArrayList<>(List.of(Contestant.values()));
    Collections.rotate(order, number * order.size() / of);
    for (int each : threads) {
      for (Contestant contestant : order) {
        FarEnd farEnd = FarEnd.own();
        Map<String, Long> result =
            CallerJvm.run("paced", contestant, farEnd, each, warmMillis, millis);
        ScratchPlace.delete(farEnd.directory());
        rounds.computeIfAbsent(new Row(contestant, each), row -> new ArrayList<>()).add(result);
        System.err.printf(
            Locale.ROOT, "paced %s, %d threads: %s%n", contestant.label(), each, result);
      }
    }
  }

  void print() {
    System.out.printf(
        Locale.ROOT,
        "%nPaced: 20 calls each millisecond and thread, every subject in a JVM of its own; ns of"
            + " single calls, making the event included.%nCorrected for coordinated omission: for"
            + " each millisecond that a call takes too long, 20 more with what was left of it."
            + "%nMedian of %d rounds of %d ms after %d ms of warm-up, in which G1 sees 8 young"
            + " collections. bytes: allocated by the caller's thread.%ncpu: ns of the whole JVM"
            + " for each call, background threads"
            + " included, less those of 'nothing'. pace: calls made of those due. arrived, kept:"
            + " of those taken.%n%n",
        rounds.values().stream().mapToInt(List::size).max().orElse(0),
        millis,
        warmMillis);
    System.out.printf(
        Locale.ROOT,
        LINE,
        "subject",
        "threads",
        "p50",
        "p99",
        "p99.9",
        "max",
        "bytes",
        "cpu",
        "pace",
        "refused",
        "arrived",
        "kept");
    for (int each : threads) {
      for (Contestant contestant : Contestant.values()) {
        print(new Row(contestant, each));
      }
      System.out.println();
    }
    for (Contestant contestant : Contestant.values()) {
      System.out.printf(Locale.ROOT, "%-26s %s%n", contestant.label(), contestant.note());
    }
    printRatios();
  }

  private void print(Row row) {
    boolean reachable = row.contestant.delivers();
    System.out.printf(
        Locale.ROOT,
        LINE,
        row.contestant.label(),
        row.threads,
        whole(median(row, "p50")),
        whole(median(row, "p99")),
        whole(median(row, "p999")),
        whole(median(row, "max")),
        whole(median(row, result -> per(result, "allocated", "measured"))),
        whole(cpu(row) - cpu(new Row(Contestant.NOTHING, row.threads))),
        percent(median(row, result -> per(result, "measured", "intended")), 0),
        percent(median(row, result -> 1 - per(result, "measuredTaken", "measured")), 1),
        reachable ? percent(median(row, result -> per(result, "arrived", "taken")), 2) : "",
        row.contestant.side() == Side.PEER || row.contestant.side() == Side.DISK_PEER
            ? ""
            : percent(median(row, result -> per(result, "kept", "taken")), 1));
  }

  private void printRatios() {
    System.out.printf(
        Locale.ROOT,
        "%nRatios of the medians; below 1 this library is faster. The aims: p50 at most 1.00 of"
            + " OpenTelemetry's, p99.9 below every peer,%nthe spool at most 0.50 of Chronicle's.%n%n");
    System.out.printf(
        Locale.ROOT,
        RATIO,
        "subject",
        "threads",
        "p50 beside",
        "ratio",
        "p99.9 beside",
        "ratio",
        "");
    for (int each : threads) {
      for (Contestant contestant :
          List.of(
              Contestant.LLMLOG_COUNT,
              Contestant.LLMLOG_REDIS,
              Contestant.LLMLOG_BLACKHOLE,
              Contestant.LLMLOG_OVERFLOW_BLACKHOLE)) {
        ratio(contestant, Contestant.OTEL, Contestant.OTEL, each, 1);
        ratio(contestant, best(each, "p50"), best(each, "p999"), each, 1);
      }
      for (Contestant contestant :
          List.of(
              Contestant.LLMLOG_ALWAYS_COUNT,
              Contestant.LLMLOG_ALWAYS_REDIS,
              Contestant.LLMLOG_ALWAYS_BLACKHOLE)) {
        ratio(contestant, Contestant.CHRONICLE, Contestant.CHRONICLE, each, 0.5);
      }
      System.out.println();
    }
  }

  private void ratio(
      Contestant contestant, Contestant byMedian, Contestant byTail, int threads, double aim) {
    double median = ratio(contestant, byMedian, threads, "p50");
    double tail = ratio(contestant, byTail, threads, "p999");
    System.out.printf(
        Locale.ROOT,
        RATIO,
        contestant.label(),
        threads,
        byMedian.label(),
        String.format(Locale.ROOT, "%.2f", median),
        byTail.label(),
        String.format(Locale.ROOT, "%.2f", tail),
        (median <= aim ? "p50 reached" : "p50 missed")
            + ", "
            + (tail <= aim ? "p99.9 reached" : "p99.9 missed"));
  }

  private double ratio(Contestant one, Contestant other, int threads, String key) {
    return median(new Row(one, threads), key) / median(new Row(other, threads), key);
  }

  /** The peer with the least of it, delivered or not. */
  private Contestant best(int threads, String key) {
    return Arrays.stream(Contestant.values())
        .filter(contestant -> contestant.side() == Side.PEER)
        .min(Comparator.comparingDouble(peer -> median(new Row(peer, threads), key)))
        .orElseThrow();
  }

  private double cpu(Row row) {
    return median(row, result -> per(result, "cpu", "measured"));
  }

  private double median(Row row, String key) {
    return median(row, result -> number(result, key));
  }

  private double median(Row row, ToDoubleFunction<Map<String, Long>> figure) {
    List<Map<String, Long>> results = rounds.getOrDefault(row, List.of());
    return Medians.of(results.stream().map(figure::applyAsDouble).toList());
  }

  private static double per(Map<String, Long> result, String one, String other) {
    return (double) number(result, one) / number(result, other);
  }

  private static long number(Map<String, Long> result, String key) {
    Long number = result.get(key);
    if (number == null) {
      throw new IllegalStateException(key + " is not among " + result.keySet());
    }
    return number;
  }

  private static String whole(double figure) {
    return String.format(Locale.ROOT, "%.0f", figure);
  }

  private static String percent(double share, int decimals) {
    return String.format(Locale.ROOT, "%." + decimals + "f %%", 100 * share);
  }
}
