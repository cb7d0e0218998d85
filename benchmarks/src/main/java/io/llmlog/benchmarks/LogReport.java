package io.llmlog.benchmarks;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.util.Statistics;

/**
 * Runs {@link PacedLogBenchmark} and {@link LogBenchmark} at 1 and 4 threads and prints a table for
 * each, with the spool beside memory.
 */
public final class LogReport {
  private static final int[] THREADS = {1, 4};
  private static final String ALLOCATED = "gc.alloc.rate.norm";
  private static final String SPOOL = "llmlog-spool-";
  private static final String PACED = "%-22s %-12s %8s %8s %8s %8s %8s %12s %8s %10s%n";
  private static final String SATURATED = "%-22s %-12s %8s %18s %14s %10s%n";

  private LogReport() {}

  /** Takes {@code --quick}: shorter, less exact. */
  public static void main(String[] arguments) throws RunnerException {
    List<String> options = List.of(arguments);
    boolean quick = options.equals(List.of("--quick"));
    if (!quick && !options.isEmpty()) {
      System.err.println("Usage: benchmarks/run [--quick]");
      System.exit(2);
    }
    List<RunResult> paced = new ArrayList<>();
    List<RunResult> saturated = new ArrayList<>();
    for (int threads : THREADS) {
      paced.addAll(run(PacedLogBenchmark.class, threads, quick));
      saturated.addAll(run(LogBenchmark.class, threads, quick));
    }
    System.out.printf(
        Locale.ROOT,
        "%nOne event is %d bytes of JSON. %s %s, %d processors. The spool is on %s,"
            + " LLMLOG_SPOOL_MODE=always, LLMLOG_SPOOL_SYNC=500ms.%n",
        SampleCall.bytes(),
        System.getProperty("java.vm.name"),
        System.getProperty("java.version"),
        Runtime.getRuntime().availableProcessors(),
        SpoolPlace.fileSystem());
    System.out.printf(
        Locale.ROOT, "%nPaced, 20 calls each millisecond and thread; ns of single calls%n%n");
    System.out.printf(
        Locale.ROOT,
        PACED,
        "subject",
        "variant",
        "threads",
        "p50",
        "p90",
        "p99",
        "p99.9",
        "max",
        "refused",
        "p50 ratio");
    paced.forEach(result -> printPaced(result, paced));
    System.out.printf(Locale.ROOT, "%nSaturated; ns, mean of all calls%n%n");
    System.out.printf(
        Locale.ROOT,
        SATURATED,
        "subject",
        "variant",
        "threads",
        "ns per call",
        "bytes/call",
        "refused");
    saturated.forEach(LogReport::printSaturated);
  }

  private static Collection<RunResult> run(Class<?> benchmark, int threads, boolean quick)
      throws RunnerException {
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include("\\." + benchmark.getSimpleName() + "\\.")
            .addProfiler(GCProfiler.class)
            .shouldFailOnError(true)
            .threads(threads);
    if (quick) {
      options
          .forks(1)
          .warmupIterations(2)
          .measurementIterations(3)
          .warmupTime(TimeValue.seconds(1))
          .measurementTime(TimeValue.seconds(1));
    }
    return new Runner(options.build()).run();
  }

  private static void printPaced(RunResult result, List<RunResult> all) {
    Statistics times = result.getPrimaryResult().getStatistics();
    System.out.printf(
        Locale.ROOT,
        PACED,
        subject(result),
        variant(result),
        threads(result),
        nanos(times, 50),
        nanos(times, 90),
        nanos(times, 99),
        nanos(times, 99.9),
        nanos(times, 100),
        refused(result),
        ratio(result, all));
  }

  /** The median of a spool by that of the same without a spool. */
  private static String ratio(RunResult result, List<RunResult> all) {
    if (!subject(result).startsWith(SPOOL)) {
      return "";
    }
    String inMemory = subject(result).replace(SPOOL, "llmlog-");
    for (RunResult other : all) {
      if (subject(other).equals(inMemory)
          && variant(other).equals(variant(result))
          && threads(other) == threads(result)) {
        return String.format(Locale.ROOT, "%.2f", median(result) / median(other));
      }
    }
    throw new IllegalStateException(inMemory + " was not measured");
  }

  private static void printSaturated(RunResult result) {
    Result<?> time = result.getPrimaryResult();
    System.out.printf(
        Locale.ROOT,
        SATURATED,
        subject(result),
        variant(result),
        threads(result),
        String.format(Locale.ROOT, "%.0f ± %.0f", time.getScore(), time.getScoreError()),
        String.format(Locale.ROOT, "%.0f", score(result, ALLOCATED)),
        refused(result));
  }

  private static String subject(RunResult result) {
    return result.getParams().getParam("subject");
  }

  private static String variant(RunResult result) {
    return result.getPrimaryResult().getLabel();
  }

  private static int threads(RunResult result) {
    return result.getParams().getThreads();
  }

  /** In nanoseconds. */
  static double median(RunResult result) {
    return result.getPrimaryResult().getStatistics().getPercentile(50);
  }

  private static String nanos(Statistics times, double percentile) {
    return String.format(Locale.ROOT, "%.0f", times.getPercentile(percentile));
  }

  private static String refused(RunResult result) {
    double accepted = score(result, "accepted");
    double refused = score(result, "refused");
    return String.format(Locale.ROOT, "%.1f %%", 100 * refused / (accepted + refused));
  }

  /** A result beside the time, such as a counter of {@link LogBenchmark.Outcomes}. */
  static double score(RunResult result, String name) {
    Result<?> found = result.getSecondaryResults().get(name);
    if (found == null) {
      throw new IllegalStateException(
          name + " is not among " + result.getSecondaryResults().keySet());
    }
    return found.getScore();
  }
}
