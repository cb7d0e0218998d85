package io.llmlog.benchmarks.caller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

class LogBenchmarkIT {
  private static final int CALLS = 100;

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
                    .measurementTime(TimeValue.milliseconds(50))
                    .verbosity(VerboseMode.SILENT)
                    .shouldFailOnError(true)
                    .build())
            .run();

    assertEquals(14 + 1, results.size());
    for (RunResult result : results) {
      assertTrue(result.getPrimaryResult().getScore() > 0, result.toString());
      assertTrue(SaturatedTable.score(result, "accepted") > 0, result.toString());
    }
  }

  @ParameterizedTest
  @EnumSource(Contestant.class)
  void finish_afterCalls_deliversWhatWasTaken(Contestant contestant) {
    FarEnd farEnd = FarEnd.own();
    try (Subject subject = contestant.start(farEnd)) {
      for (int i = 0; i < CALLS; i++) {
        assertTrue(subject.makeAndLog());
      }
      if (contestant == Contestant.NOTHING) {
        return;
      }
      assertEquals(contestant.delivers() ? CALLS : 0, subject.finish());
      assertEquals(contestant.delivers() ? 0 : CALLS, subject.kept());
    } finally {
      ScratchPlace.delete(farEnd.directory());
    }
  }

  @Test
  void sample_isAboutFourHundredBytes() {
    assertEquals(400, SampleCall.bytes(SampleCall.event()), 40);
  }

  @Test
  void sampleOfBytes_hasThatMany() {
    assertEquals(600, SampleCall.bytes(SampleCall.ofBytes(600)), 2);
  }
}
