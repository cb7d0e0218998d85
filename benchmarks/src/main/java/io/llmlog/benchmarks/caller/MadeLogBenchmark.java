package io.llmlog.benchmarks.caller;

import io.llmlog.benchmarks.caller.LlmlogSubject.Disk;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The cost of {@code log()} alone, of an event that is there already, as fast as callers can. The
 * peers have no such half: with them the record is made by the call that hands it over.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class MadeLogBenchmark {
  private FarEnd farEnd = FarEnd.NOWHERE;
  private LlmlogSubject[] running = {};

  @Setup(Level.Trial)
  public void start() {
    farEnd = FarEnd.own();
    running = new LlmlogSubject[] {LlmlogSubject.counting(farEnd, Disk.NONE)};
  }

  @TearDown(Level.Trial)
  public void stop() {
    running[0].close();
    ScratchPlace.delete(farEnd.directory());
  }

  @Benchmark
  public void log(LogBenchmark.Outcomes outcomes) {
    outcomes.add(running[0].logMade());
  }
}
