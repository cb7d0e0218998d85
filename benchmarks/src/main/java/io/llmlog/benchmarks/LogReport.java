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

/** Runs {@link LogBenchmark} at 1 and 4 threads and prints one table. */
public final class LogReport {
  private static final int[] THREADS = {1, 4};
  private static final String ALLOCATED = "gc.alloc.rate.norm";
  private static final String ROW = "%-16s %-12s %8s %18s %14s %10s%n";

  private LogReport() {}

  /** Takes {@code --quick}: shorter, less exact. */
  public static void main(String[] arguments) throws RunnerException {
    List<String> options = List.of(arguments);
    boolean quick = options.equals(List.of("--quick"));
    if (!quick && !options.isEmpty()) {
      System.err.println("Usage: benchmarks/run [--quick]");
      System.exit(2);
    }
    List<RunResult> results = new ArrayList<>();
    for (int threads : THREADS) {
      results.addAll(run(threads, quick));
    }
    System.out.printf(
        Locale.ROOT,
        "%nOne event is %d bytes of JSON. %s %s, %d processors.%n%n",
        SampleCall.bytes(),
        System.getProperty("java.vm.name"),
        System.getProperty("java.version"),
        Runtime.getRuntime().availableProcessors());
    System.out.printf(
        Locale.ROOT, ROW, "subject", "variant", "threads", "ns per call", "bytes/call", "refused");
    results.forEach(LogReport::print);
  }

  private static Collection<RunResult> run(int threads, boolean quick) throws RunnerException {
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include("\\." + LogBenchmark.class.getSimpleName() + "\\.")
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

  private static void print(RunResult result) {
    Result<?> time = result.getPrimaryResult();
    double accepted = score(result, "accepted");
    double refused = score(result, "refused");
    System.out.printf(
        Locale.ROOT,
        ROW,
        result.getParams().getParam("subject"),
        time.getLabel(),
        result.getParams().getThreads(),
        String.format(Locale.ROOT, "%.0f ± %.0f", time.getScore(), time.getScoreError()),
        String.format(Locale.ROOT, "%.0f", score(result, ALLOCATED)),
        String.format(Locale.ROOT, "%.1f %%", 100 * refused / (accepted + refused)));
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
