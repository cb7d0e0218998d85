package io.llmlog.benchmarks.caller;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
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
 * <p>Saturated callers outrun any network: past a bound a way to log refuses, drops in silence, or
 * makes its callers wait. To drop is cheaper than to deliver, so a figure means nothing without the
 * shares beside it: what was refused is counted here, what arrived by {@link Shares}.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class LogBenchmark {
  /** Of all threads of this JVM: JMH gives the counters of an iteration alone. */
  private static final List<Outcomes> OUTCOMES = new CopyOnWriteArrayList<>();

  @Param({
    "llmlog-count",
    "llmlog-redis",
    "llmlog-always-count",
    "llmlog-always-redis",
    "otel",
    "otel-large",
    "log4j",
    "logback",
    "logback-all",
    "logback-never-block",
    "zipkin",
    "lettuce-async",
    "lettuce-sync",
    "chronicle"
  })
  public String subject = "";

  private Subject running = Subject.NONE;
  private FarEnd farEnd = FarEnd.NOWHERE;

  /** How many events of an iteration were taken, and how many refused. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.EVENTS)
  public static class Outcomes {
    public long accepted;
    public long refused;
    private long allAccepted;

    @Setup(Level.Trial)
    public void join() {
      OUTCOMES.add(this);
    }

    void add(boolean taken) {
      if (taken) {
        accepted++;
        allAccepted++;
      } else {
        refused++;
      }
    }
  }

  @Setup(Level.Trial)
  public void start() {
    farEnd = FarEnd.own();
    running = Contestant.of(subject).start(farEnd);
  }

  @TearDown(Level.Trial)
  public void stop() {
    long arrived = running.finish();
    long taken = OUTCOMES.stream().mapToLong(each -> each.allAccepted).sum();
    Shares.say(subject, OUTCOMES.size(), taken, arrived);
    OUTCOMES.clear();
    running.close();
    ScratchPlace.delete(farEnd.directory());
  }

  /** The record of the call is made, with what it has by itself, and logged. */
  @Benchmark
  public void makeAndLog(Outcomes outcomes) {
    outcomes.add(running.makeAndLog());
  }
}
