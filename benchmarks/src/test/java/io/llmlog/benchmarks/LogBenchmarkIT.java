package io.llmlog.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collection;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

class LogBenchmarkIT {
  @Test
  void log_ofEachSubject_measuresSomething() throws RunnerException {
    // Otherwise JMH refuses to run beside another JMH on this machine.
    System.setProperty("jmh.ignoreLock", "true");

    Collection<RunResult> results =
        new Runner(
                new OptionsBuilder()
                    .include("LogBenchmark\\.")
                    .forks(0)
                    .warmupIterations(0)
                    .measurementIterations(1)
                    .measurementTime(TimeValue.milliseconds(200))
                    .verbosity(VerboseMode.SILENT)
                    .shouldFailOnError(true)
                    .build())
            .run();

    assertEquals(6 + 8, results.size());
    for (RunResult result : results) {
      assertTrue(result.getPrimaryResult().getScore() > 0, result.toString());
      assertTrue(LogReport.median(result) > 0, result.toString());
      assertTrue(LogReport.score(result, "accepted") > 0, result.toString());
    }
  }

  @Test
  void sample_isAboutFourHundredBytes() {
    assertEquals(400, SampleCall.bytes(), 40);
  }
}
