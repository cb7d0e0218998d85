package io.llmlog.benchmarks.caller;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import io.llmlog.event.LlmEvent;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.HdrHistogram.Histogram;

/**
 * The JVM that one {@link Contestant} has to itself. Its last line on stdout is {@link #RESULT} and
 * {@code key=number} pairs.
 */
final class CallerProcess {
  static final String RESULT = "result:";

  /** How long before the measuring the garbage of the start is collected. */
  private static final long COLLECTION_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  /** More than G1 wants to see before it gives the young generation more than its least room. */
  private static final int YOUNG_COLLECTIONS = 8;

  private CallerProcess() {}

  /**
   * Arguments: what to do, the contestant, its directory, the URL of Redis or {@code -}; for {@code
   * paced} the threads, and for it and {@code saturated} the milliseconds of warm-up and measuring.
   * {@code in-turns} is {@code paced} with the milliseconds since 1970 at which the measuring
   * begins in place of those of the warm-up, then the number of its turn, and of all turns.
   */
  public static void main(String[] arguments) throws InterruptedException {
    Contestant contestant = Contestant.of(arguments[1]);
    String redis = arguments[3];
    FarEnd farEnd = new FarEnd(Path.of(arguments[2]), redis.equals("-") ? null : redis);
    switch (arguments[0]) {
      case "paced" -> {
        long warmMillis = Long.parseLong(arguments[5]);
        long measureFrom = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(warmMillis);
        paced(contestant, farEnd, arguments, measureFrom, Turns.ALONE);
      }
      case "in-turns" -> {
        long warmMillis = Long.parseLong(arguments[5]) - System.currentTimeMillis();
        long measureFrom = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(warmMillis);
        int own = Integer.parseInt(arguments[7]);
        int all = Integer.parseInt(arguments[8]);
        paced(contestant, farEnd, arguments, measureFrom, new Turns(own, all, measureFrom));
      }
      case "until-killed" -> untilKilled(contestant, farEnd);
      case "after-kill" ->
          System.out.printf("%s arrived=%d%n", RESULT, contestant.afterKill(farEnd));
      case "saturated" ->
          System.out.printf(
              "%s %s%n",
              RESULT,
              PublisherReport.saturate(
                  contestant, farEnd, Long.parseLong(arguments[4]), Long.parseLong(arguments[5])));
      case "allocation" -> allocation(farEnd);
      default -> throw new IllegalArgumentException(arguments[0]);
    }
    // Threads of some subject may not be daemons, and nothing is left to do.
    System.exit(0);
  }

  private static void paced(
      Contestant contestant, FarEnd farEnd, String[] arguments, long measureFrom, Turns turns)
      throws InterruptedException {
    int threads = Integer.parseInt(arguments[4]);
    long millis = Long.parseLong(arguments[6]);
    try (Subject subject = contestant.start(farEnd)) {
      long until = measureFrom + TimeUnit.MILLISECONDS.toNanos(millis);
      List<PacedCaller> callers = new ArrayList<>();
      List<Thread> running = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        PacedCaller caller = new PacedCaller(subject, turns, measureFrom, until);
        callers.add(caller);
        Thread thread = new Thread(caller, "caller-" + i);
        running.add(thread);
        thread.start();
      }
      parkUntil(measureFrom - 2 * COLLECTION_NANOS * turns.all());
      seeYoungCollections();
      // The first collections copy what a JVM makes at its start, for longer than all that follows;
      // which of the subjects they hit within the measured seconds would be chance.
      parkUntil(measureFrom - COLLECTION_NANOS * turns.all());
      System.gc();
      parkUntil(measureFrom);
      long cpuBefore = cpuNanos();
      parkUntil(until);
      long cpu = cpuNanos() - cpuBefore;
      for (Thread thread : running) {
        thread.join();
      }
      long arrived = subject.finish();
      print(callers, millis / turns.all(), cpu, arrived, subject.kept());
    }
  }

  private static void print(
      List<PacedCaller> callers, long millis, long cpu, long arrived, long kept) {
    Histogram nanos = callers.get(0).nanos().copy();
    callers.stream().skip(1).forEach(caller -> nanos.add(caller.nanos()));
    long measured = callers.stream().mapToLong(PacedCaller::measuredCalls).sum();
    long intended =
        (long) callers.size()
            * PacedCaller.BURST
            * (TimeUnit.MILLISECONDS.toNanos(millis) / PacedCaller.PERIOD_NANOS);
    System.out.printf(
        "%s p50=%d p99=%d p999=%d max=%d calls=%d taken=%d measured=%d measuredTaken=%d"
            + " intended=%d allocated=%d cpu=%d arrived=%d kept=%d%n",
        RESULT,
        nanos.getValueAtPercentile(50),
        nanos.getValueAtPercentile(99),
        nanos.getValueAtPercentile(99.9),
        nanos.getMaxValue(),
        callers.stream().mapToLong(PacedCaller::calls).sum(),
        callers.stream().mapToLong(PacedCaller::taken).sum(),
        measured,
        callers.stream().mapToLong(PacedCaller::measuredTaken).sum(),
        intended,
        callers.stream().mapToLong(PacedCaller::allocated).sum(),
        cpu,
        arrived,
        kept);
  }

  /** What was taken is counted outside of the process; it ends when it is killed. */
  private static void untilKilled(Contestant contestant, FarEnd farEnd) {
    Tally taken = farEnd.taken();
    Subject subject = contestant.start(farEnd);
    long next = System.nanoTime();
    while (true) {
      next += PacedCaller.PERIOD_NANOS;
      parkUntil(next);
      for (int i = 0; i < PacedCaller.BURST; i++) {
        if (subject.makeAndLog()) {
          taken.add(1);
        }
      }
    }
  }

  /** Bytes that the caller's thread allocates for an event of few, some and many columns. */
  private static void allocation(FarEnd farEnd) {
    try (LlmlogSubject subject = LlmlogSubject.counting(farEnd, LlmlogSubject.Disk.NONE)) {
      System.out.printf(
          "%s five=%d sample=%d thirty=%d fiveBytes=%d sampleBytes=%d thirtyBytes=%d%n",
          RESULT,
          allocated(subject, SampleCall::fiveColumns),
          allocated(subject, SampleCall::event),
          allocated(subject, SampleCall::thirtyColumns),
          SampleCall.bytes(SampleCall.fiveColumns()),
          SampleCall.bytes(SampleCall.event()),
          SampleCall.bytes(SampleCall.thirtyColumns()));
    }
  }

  private static long allocated(LlmlogSubject subject, Supplier<LlmEvent> call) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    int events = 400;
    int rounds = 1_000;
    long bytes = 0;
    for (int round = 0; round < rounds; round++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < events; i++) {
        subject.log(call);
      }
      // The first rounds are for the compiler.
      bytes += round < rounds / 2 ? 0 : threads.getCurrentThreadAllocatedBytes() - before;
      // A service's thread does not fill the buffer faster than it is emptied.
      subject.finish();
    }
    return bytes / (rounds / 2) / events;
  }

  /**
   * Waits for as many, by making garbage. A subject that makes little of it would else be measured
   * with the young generation of a JVM's first seconds, and others with one ten times as large.
   */
  private static void seeYoungCollections() {
    GarbageCollectorMXBean young =
        ManagementFactory.getGarbageCollectorMXBeans().stream()
            .filter(collector -> collector.getName().contains("Young"))
            .findFirst()
            .orElseThrow(() -> new IllegalStateException("the JVM must use G1"));
    Deque<byte[]> garbage = new ArrayDeque<>();
    while (young.getCollectionCount() < YOUNG_COLLECTIONS) {
      garbage.add(new byte[8 << 10]);
      if (garbage.size() > 100) {
        garbage.clear();
      }
    }
  }

  private static void parkUntil(long time) {
    for (long left = time - System.nanoTime(); left > 0; left = time - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  private static long cpuNanos() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }
}
