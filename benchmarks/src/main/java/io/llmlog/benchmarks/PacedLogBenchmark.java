package io.llmlog.benchmarks;

import io.llmlog.benchmarks.LogBenchmark.Outcomes;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The caller's cost of one logged call where callers have other things to do: bursts of 20 calls
 * every millisecond on each thread, more than the busiest service, and less than any part is
 * saturated by. Each call is timed by itself, so the figures are percentiles of single calls; the
 * two looks at the clock are part of them (some 25 ns each).
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 10, time = 1)
@Fork(
    value = 3,
    jvmArgsAppend = {"-Xms1g", "-Xmx1g", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"})
public class PacedLogBenchmark {
  private static final int BURST = 20;
  private static final long PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  @Param({"llmlog-discard", "llmlog-spool-discard", "llmlog-redis", "llmlog-spool-redis"})
  public String subject = "";

  private Subject running = Subject.NONE;

  /** Holds its thread back between two bursts; that time is not measured. */
  @State(Scope.Thread)
  public static class Pace {
    private long calls;
    private long nextBurst = System.nanoTime();

    @Setup(Level.Invocation)
    public void hold() {
      if (calls++ % BURST == 0) {
        long now = System.nanoTime();
        nextBurst = Math.max(nextBurst + PERIOD_NANOS, now - PERIOD_NANOS);
        while (nextBurst - now > 0) {
          LockSupport.parkNanos(nextBurst - now);
          now = System.nanoTime();
        }
      }
    }
  }

  @Setup(Level.Trial)
  public void start() {
    running = Subject.of(subject);
  }

  @TearDown(Level.Trial)
  public void stop() {
    running.close();
  }

  /** The event is built, with its id and time, and logged. */
  @Benchmark
  public void buildAndLog(Pace pace, Outcomes outcomes) {
    outcomes.add(running.makeAndLog());
  }

  /** The event is there already. */
  @Benchmark
  public void log(Pace pace, Outcomes outcomes) {
    outcomes.add(running.logMade());
  }
}
