package io.llmlog.benchmarks.caller;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * What {@link PacedTable} measures, of a few subjects side by side, which call in {@link Turns}.
 *
 * <p>A shared machine changes its speed by half within a second. Subjects that are measured one
 * after the other then differ by what the machine did meanwhile; in turns it does the same to all.
 */
final class TurnsTable {
  private static final List<Contestant> OWN =
      List.of(Contestant.LLMLOG_COUNT, Contestant.LLMLOG_REDIS, Contestant.LLMLOG_BLACKHOLE);

  /** Those of the peers whose p99.9 is anywhere near. */
  private static final List<Contestant> PEERS =
      List.of(Contestant.OTEL, Contestant.OTEL_LARGE, Contestant.LOGBACK);

  private static final List<Contestant> ALL = Stream.of(OWN, PEERS).flatMap(List::stream).toList();

  private static final String LINE = "%-26s %7s %8s %9s  %-12s %6s  %-12s %6s  %s%n";

  /** Each of the JVMs has started by then, all of its heap touched. */
  private static final long START_MILLIS = 2_000L * ALL.size();

  private final int[] threads;
  private final long warmMillis;
  private final long millis;

  /** By the number of threads. */
  private final Map<Integer, List<Map<Contestant, Map<String, Long>>>> rounds =
      new LinkedHashMap<>();

  /**
   * @param warmMillis of each subject
   * @param millis of each subject
   */
  TurnsTable(int[] threads, long warmMillis, long millis) {
    this.threads = threads;
    this.warmMillis = warmMillis;
    this.millis = millis;
  }

  /** All subjects once, at each number of threads. */
  void round() {
    for (int each : threads) {
      Map<Contestant, Map<String, Long>> round = round(each);
      rounds.computeIfAbsent(each, key -> new ArrayList<>()).add(round);
      System.err.printf(Locale.ROOT, "in turns, %d threads: %s%n", each, round);
    }
  }

  private Map<Contestant, Map<String, Long>> round(int each) {
    int turns = ALL.size();
    long measureFrom = System.currentTimeMillis() + START_MILLIS + turns * warmMillis;
    List<FarEnd> farEnds = new ArrayList<>();
    List<Process> processes = new ArrayList<>();
    try {
      for (int turn = 0; turn < turns; turn++) {
        farEnds.add(FarEnd.own());
        processes.add(
            CallerJvm.start(
                "in-turns",
                ALL.get(turn),
                farEnds.get(turn),
                each,
                measureFrom,
                turns * millis,
                turn,
                turns));
      }
      Map<Contestant, Map<String, Long>> results = new EnumMap<>(Contestant.class);
      for (int turn = 0; turn < turns; turn++) {
        String what = "in turns: " + ALL.get(turn).label();
        results.put(ALL.get(turn), CallerJvm.result(processes.get(turn), what));
      }
      return results;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      processes.forEach(Process::destroy);
      farEnds.forEach(farEnd -> ScratchPlace.delete(farEnd.directory()));
    }
  }

  void print() {
    System.out.printf(
        Locale.ROOT,
        "%nIn turns: paced as in the table above, in JVMs side by side of which one calls at a"
            + " time, for %d ms; so the machine does the same to all.%nMedian of %d rounds of %d ms"
            + " for each after %d ms of warm-up. A ratio is the median of those of the rounds. The"
            + " aims: p50 at most 1.00 of%nOpenTelemetry's, p99.9 below every peer.%n%n",
        TimeUnit.NANOSECONDS.toMillis(Turns.NANOS),
        rounds.values().stream().mapToInt(List::size).max().orElse(0),
        millis,
        warmMillis);
    System.out.printf(
        Locale.ROOT,
        LINE,
        "subject",
        "threads",
        "p50",
        "p99.9",
        "p50 beside",
        "ratio",
        "p99.9 beside",
        "ratio",
        "");
    rounds.forEach(
        (each, results) -> {
          OWN.forEach(own -> print(own, each, results));
          PEERS.forEach(
              peer ->
                  System.out.printf(
                      Locale.ROOT,
                      "%-26s %7d %8.0f %9.0f%n",
                      peer.label(),
                      each,
                      median(results, number(peer, "p50")),
                      median(results, number(peer, "p999"))));
          System.out.println();
        });
  }

  private static void print(
      Contestant own, int each, List<Map<Contestant, Map<String, Long>>> results) {
    Contestant best =
        PEERS.stream()
            .min(Comparator.comparingDouble(peer -> median(results, number(peer, "p999"))))
            .orElseThrow();
    double p50 = median(results, ratio(own, Contestant.OTEL, "p50"));
    double p999 = median(results, ratio(own, best, "p999"));
    System.out.printf(
        Locale.ROOT,
        LINE,
        own.label(),
        each,
        String.format(Locale.ROOT, "%.0f", median(results, number(own, "p50"))),
        String.format(Locale.ROOT, "%.0f", median(results, number(own, "p999"))),
        Contestant.OTEL.label(),
        String.format(Locale.ROOT, "%.2f", p50),
        best.label(),
        String.format(Locale.ROOT, "%.2f", p999),
        (p50 <= 1 ? "p50 reached" : "p50 missed")
            + ", "
            + (p999 < 1 ? "p99.9 reached" : "p99.9 missed"));
  }

  private static Function<Map<Contestant, Map<String, Long>>, Double> number(
      Contestant contestant, String key) {
    return round -> {
      Long number = round.getOrDefault(contestant, Map.of()).get(key);
      if (number == null) {
        throw new IllegalStateException(key + " of " + contestant + " is not in " + round);
      }
      return number.doubleValue();
    };
  }

  private static Function<Map<Contestant, Map<String, Long>>, Double> ratio(
      Contestant one, Contestant other, String key) {
    return round -> number(one, key).apply(round) / number(other, key).apply(round);
  }

  private static double median(
      List<Map<Contestant, Map<String, Long>>> results,
      Function<Map<Contestant, Map<String, Long>>, Double> figure) {
    return Medians.of(results.stream().map(figure).toList());
  }
}
