package io.llmlog.benchmarks;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
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
 * The caller's cost of one logged call, callers logging as fast as they can.
 *
 * <p>Saturated callers outrun any network: past the buffer's bound an event is refused, which is
 * cheaper than to accept it. {@link Outcomes} counts both, and a figure means nothing without the
 * share refused beside it.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 2,
    jvmArgsAppend = {"-Xms1g", "-Xmx1g", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"})
public class LogBenchmark {
  @Param({"llmlog-discard", "llmlog-redis", "llmlog-spool-discard"})
  public String subject = "";

  private Subject running = Subject.NONE;

  /** How many events of an iteration were taken, and how many refused. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.EVENTS)
  public static class Outcomes {
    public long accepted;
    public long refused;

    void add(boolean taken) {
      if (taken) {
        accepted++;
      } else {
        refused++;
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

  /** The event is there already. */
  @Benchmark
  public void log(Outcomes outcomes) {
    outcomes.add(running.logMade());
  }

  /** The event is built first, with its id and time. */
  @Benchmark
  public void buildAndLog(Outcomes outcomes) {
    outcomes.add(running.makeAndLog());
  }
}
