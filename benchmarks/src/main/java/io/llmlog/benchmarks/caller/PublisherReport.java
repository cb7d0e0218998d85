package io.llmlog.benchmarks.caller;

import com.sun.management.OperatingSystemMXBean;
import io.llmlog.LlmLogger;
import io.llmlog.delivery.LedgerSnapshot;
import io.llmlog.event.LlmEvent;
import io.llmlog.spi.EventSender;
import io.llmlog.spi.Providers;
import io.llmlog.spi.QueueProvider.QueueSettings;
import io.llmlog.testkit.RedisServer;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * How many events one logger brings into Redis, beside {@code redis-benchmark} on the same server,
 * in rounds that take turns; and the processor time of an event, beside the peers'.
 */
public final class PublisherReport {
  private static final String LINE = "%-34s %14s %8s %12s%n";
  private static final String CPU = "%-22s %14s %14s %10s%n";

  /** With how many connections {@code redis-benchmark} may try: one, a few, its default. */
  private static final int[] CLIENTS = {1, 4, 50};

  private static final List<Contestant> CPU_OF =
      List.of(
          Contestant.LLMLOG_COUNT,
          Contestant.LLMLOG_REDIS,
          Contestant.LLMLOG_ALWAYS_REDIS,
          Contestant.OTEL_LARGE,
          Contestant.LOG4J,
          Contestant.LOGBACK_ALL,
          Contestant.ZIPKIN,
          Contestant.LETTUCE_ASYNC,
          Contestant.LETTUCE_SYNC,
          Contestant.CHRONICLE);

  private record Published(double eventsPerSecond, double cpuNanos) {}

  private final int rounds;
  private final int cpuRounds;
  private final int requests;
  private final Duration duration;
  private final Duration warmUp;

  private PublisherReport(boolean quick) {
    this.rounds = quick ? 3 : 7;
    this.cpuRounds = quick ? 1 : 3;
    this.requests = quick ? 5_000 : 20_000;
    this.duration = Duration.ofSeconds(quick ? 2 : 5);
    this.warmUp = Duration.ofSeconds(quick ? 1 : 3);
  }

  /** Takes {@code --quick}: fewer and shorter rounds, less exact. */
  public static void main(String[] arguments) {
    boolean quick = List.of(arguments).equals(List.of("--quick"));
    if (!quick && arguments.length > 0) {
      System.err.println("Usage: benchmarks/run --publisher [--quick]");
      System.exit(2);
    }
    new PublisherReport(quick).run();
  }

  private void run() {
    try (RedisServer redis = RedisServer.builder().system().build().start();
        QueueEmptier emptier = QueueEmptier.start(redis.port(), FarEnd.QUEUE)) {
      RedisBenchmark program = RedisBenchmark.against(redis.port());
      List<Double> events = new ArrayList<>();
      List<Double> cpu = new ArrayList<>();
      Map<Integer, List<Double>> theirs = new LinkedHashMap<>();
      publish(redis, emptier, warmUp);
      for (int round = 0; round < rounds; round++) {
        Published ours = publish(redis, emptier, duration);
        events.add(ours.eventsPerSecond);
        cpu.add(ours.cpuNanos);
        for (int clients : CLIENTS) {
          theirs
              .computeIfAbsent(clients, each -> new ArrayList<>())
              .add(theirs(program, emptier, clients));
        }
      }
      System.out.printf(
          Locale.ROOT,
          "%nEvents of %d bytes into one Redis of this machine; %s; %d processors, which the"
              + " server shares. Median of %d rounds.%nAn emptier drops the list every 200 ms and"
              + " counts. llmlog: one caller that waits when the buffer of 64 MiB is full,%none"
              + " connection, at most 1,000 events or 1 MiB in an LPUSH, each batch acknowledged"
              + " before the next; it makes and encodes%neach event. redis-benchmark: LPUSH of %d"
              + " values that are there already, -P 1.%n%n",
          SampleCall.bytes(event()),
          program.version(),
          Runtime.getRuntime().availableProcessors(),
          rounds,
          RedisBenchmark.VALUES);
      System.out.printf(Locale.ROOT, LINE, "", "events/s", "ratio", "cpu ns/event");
      double ours = Medians.of(events);
      System.out.printf(
          Locale.ROOT, LINE, "llmlog, one logger", whole(ours), "", whole(Medians.of(cpu)));
      theirs.forEach(
          (clients, rates) -> {
            double rate = Medians.of(rates);
            System.out.printf(
                Locale.ROOT,
                LINE,
                "redis-benchmark -P 1 -c " + clients,
                whole(rate),
                String.format(Locale.ROOT, "%.2f", ours / rate),
                "");
          });
      System.out.printf(
          Locale.ROOT, "%nratio: llmlog by redis-benchmark; the aim is at least 0.50.%n");
    }
    cpu();
  }

  private static LlmEvent event() {
    return SampleCall.ofBytes(RedisBenchmark.BYTES);
  }

  /** The rate of a run whose elements have all arrived. */
  private double theirs(RedisBenchmark program, QueueEmptier emptier, int clients) {
    long before = emptier.empty();
    double rate = program.elements(clients, 1, requests);
    long arrived = emptier.empty() - before;
    if (arrived < (long) requests * RedisBenchmark.VALUES) {
      throw new IllegalStateException("of redis-benchmark only " + arrived + " elements arrived");
    }
    return rate;
  }

  /** One logger for a while, until its last event has arrived. */
  private static Published publish(RedisServer redis, QueueEmptier emptier, Duration duration) {
    LlmEvent event = event();
    EventSender sender =
        Providers.queue(redis.url()).sender(new QueueSettings(redis.url(), FarEnd.QUEUE));
    long before = emptier.empty();
    try (LlmLogger logger =
        LlmLogger.builder().sender(sender).blockWhenFull(Duration.ofSeconds(10)).build()) {
      long start = System.nanoTime();
      long cpuBefore = cpuNanos();
      while (System.nanoTime() - start < duration.toNanos()) {
        for (int i = 0; i < 1_000; i++) {
          // As a service does: its own identity and time for each.
          logger.log(event.toBuilder().eventId(null).createdAt(null).build());
        }
      }
      if (!logger.flush(Duration.ofSeconds(60))) {
        throw new IllegalStateException("not delivered: " + logger.counts());
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      long cpu = cpuNanos() - cpuBefore;
      long arrived = emptier.empty() - before;
      LedgerSnapshot counts = logger.counts();
      if (arrived != counts.accepted() || counts.refused() > 0) {
        throw new IllegalStateException(arrived + " arrived of " + counts);
      }
      return new Published(arrived / seconds, (double) cpu / arrived);
    }
  }

  private void cpu() {
    System.out.printf(
        Locale.ROOT,
        "%nProcessor time of an event of %d bytes, one caller as fast as it can (who is refused"
            + " waits 50 µs), a JVM each,%nits background threads included, the servers' not;"
            + " for each event that arrived.%n%n",
        SampleCall.bytes(SampleCall.event()));
    System.out.printf(Locale.ROOT, CPU, "subject", "arrived/s", "cpu ns/event", "arrived");
    for (Contestant contestant : CPU_OF) {
      List<Double> nanos = new ArrayList<>();
      List<Double> rates = new ArrayList<>();
      List<Double> shares = new ArrayList<>();
      for (int round = 0; round < cpuRounds; round++) {
        FarEnd farEnd = FarEnd.own();
        Map<String, Long> result =
            CallerJvm.run("saturated", contestant, farEnd, warmUp.toMillis(), duration.toMillis());
        ScratchPlace.delete(farEnd.directory());
        double share = of(result, "arrived") / of(result, "taken");
        double events = of(result, "measuredTaken") * share;
        shares.add(share);
        nanos.add(of(result, "cpu") / events);
        rates.add(events / duration.toNanos() * 1e9);
      }
      System.out.printf(
          Locale.ROOT,
          CPU,
          contestant.label(),
          whole(Medians.of(rates)),
          whole(Medians.of(nanos)),
          String.format(Locale.ROOT, "%.1f %%", 100 * Medians.of(shares)));
    }
  }

  /** Logs as fast as it can; in a JVM of its own. */
  static String saturate(Contestant contestant, FarEnd farEnd, long warmMillis, long millis) {
    try (Subject subject = contestant.start(farEnd)) {
      long warm = log(subject, warmMillis);
      long cpuBefore = cpuNanos();
      long measured = log(subject, millis);
      long cpu = cpuNanos() - cpuBefore;
      return "taken=%d measuredTaken=%d cpu=%d arrived=%d"
          .formatted(warm + measured, measured, cpu, subject.finish());
    }
  }

  private static long log(Subject subject, long millis) {
    long end = System.nanoTime() + Duration.ofMillis(millis).toNanos();
    long taken = 0;
    while (System.nanoTime() - end < 0) {
      if (subject.makeAndLog()) {
        taken++;
      } else {
        LockSupport.parkNanos(50_000);
      }
    }
    return taken;
  }

  private static double of(Map<String, Long> result, String key) {
    Long number = result.get(key);
    if (number == null) {
      throw new IllegalStateException(key + " is not among " + result.keySet());
    }
    return number;
  }

  private static long cpuNanos() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  private static String whole(double figure) {
    return String.format(Locale.ROOT, "%.0f", figure);
  }
}
