package io.llmlog.benchmarks.caller;

import java.util.ArrayList;
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

/** Runs {@link LogBenchmark} and {@link MadeLogBenchmark} and prints what they say. */
final class SaturatedTable {
  private static final String ALLOCATED = "gc.alloc.rate.norm";
  private static final String LINE = "%-20s %7s %18s %10s %9s %10s%n";

  private final List<RunResult> results = new ArrayList<>();
  private final Shares shares;

  SaturatedTable(Shares shares) {
    this.shares = shares;
  }

  void run(int threads, boolean quick) throws RunnerException {
    List<String> arguments = new ArrayList<>(CallerJvm.ARGUMENTS);
    arguments.add(shares.argument());
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include("\\." + LogBenchmark.class.getSimpleName() + "\\.")
            .include("\\." + MadeLogBenchmark.class.getSimpleName() + "\\.")
            .addProfiler(GCProfiler.class)
            .shouldFailOnError(true)
            .jvmArgsAppend(arguments.toArray(String[]::new))
            .threads(threads);
    if (quick) {
      options
          .forks(1)
          .warmupIterations(1)
          .measurementIterations(3)
          .warmupTime(TimeValue.seconds(1))
          .measurementTime(TimeValue.seconds(1));
    }
    results.addAll(new Runner(options.build()).run());
  }

  void print() {
    System.out.printf(
        Locale.ROOT,
        "%nSaturated: callers log as fast as they can. ns, mean of all calls, refused and dropped"
            + " ones too;%nbytes allocated by the whole JVM; arrived: of those taken, warm-up"
            + " included.%n%n");
    System.out.printf(
        Locale.ROOT, LINE, "subject", "threads", "ns per call", "bytes/call", "refused", "arrived");
    for (RunResult result : results) {
      Result<?> time = result.getPrimaryResult();
      int threads = result.getParams().getThreads();
      String subject = result.getParams().getParam("subject");
      System.out.printf(
          Locale.ROOT,
          LINE,
          subject == null ? "llmlog-count, made" : subject,
          threads,
          String.format(Locale.ROOT, "%.0f ± %.0f", time.getScore(), time.getScoreError()),
          String.format(Locale.ROOT, "%.0f", score(result, ALLOCATED)),
          refused(result),
          shares.of(subject, threads));
    }
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
