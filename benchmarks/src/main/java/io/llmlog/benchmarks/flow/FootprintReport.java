package io.llmlog.benchmarks.flow;

import io.llmlog.benchmarks.flow.FootprintMain.Kind;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What llmlog takes where it is: of a service the time at its start, heap and threads of a logger
 * that has nothing to do, and jars; of a worker the memory for the largest batches.
 */
public final class FootprintReport {
  private static final String IDLE_HEAP = "-Xmx256m";
  private static final String KILOBYTES = "%,.0f";

  /**
   * How much is done.
   *
   * @param starts of a JVM of each kind that are measured
   * @param idles likewise, of loggers that have nothing to do
   * @param heaps of the worker that are tried, MiB, the largest first
   * @param few messages of 1 MB
   * @param many messages of 1 MB
   */
  record Extent(int starts, int idles, List<Integer> heaps, int few, int many) {
    static final Extent FULL = new Extent(21, 5, List.of(256, 192, 128, 96, 64), 64, 640);
    static final Extent QUICK = new Extent(5, 3, List.of(256, 128), 32, 128);
  }

  private final Servers servers;
  private final Extent extent;
  private final String classPath;

  /**
   * @param classPath of a service
   */
  FootprintReport(Servers servers, Extent extent, String classPath) {
    this.servers = servers;
    this.extent = extent;
    this.classPath = classPath;
  }

  /** Takes {@code --quick}: fewer runs. Is started in the root of a checkout that was built. */
  public static void main(String[] arguments) throws Exception {
    boolean quick = List.of(arguments).equals(List.of("--quick"));
    if (!quick && arguments.length > 0) {
      System.err.println("Usage: benchmarks/run --footprint [--quick]");
      System.exit(2);
    }
    JarSizes jars = new JarSizes(Path.of(""));
    // The programs of the benchmarks are no part of a service, but must be found.
    String classPath = jars.serviceClassPath() + File.pathSeparator + "benchmarks/target/classes";
    try (Servers servers = Servers.start()) {
      FootprintReport report =
          new FootprintReport(servers, quick ? Extent.QUICK : Extent.FULL, classPath);
      System.out.println(servers.describe());
      report.start();
      report.idle();
      jars.print();
      report.largeMessages();
    }
  }

  /** The time until the first event is logged. */
  void start() throws Exception {
    List<Double> mains = new ArrayList<>();
    List<Double> logged = new ArrayList<>();
    List<Double> arrived = new ArrayList<>();
    List<Double> without = new ArrayList<>();
    // The first ones are not counted: files are read from the disk.
    for (int run = -1; run < extent.starts(); run++) {
      long start = micros();
      try (Child child = service(Kind.WITHOUT)) {
        double main = (child.numbersSaid()[0] - start) / 1000.0;
        if (run >= 0) {
          without.add(main);
        }
        child.ask(Child.CLOSE);
      }
      start = micros();
      try (Child child = service(Kind.USED);
          RedisLine redis = servers.redis()) {
        redis.call("BLPOP", Servers.QUEUE, "60");
        long came = micros();
        long[] said = child.numbersSaid();
        if (run >= 0) {
          mains.add((said[0] - start) / 1000.0);
          logged.add((said[1] - start) / 1000.0);
          arrived.add((came - start) / 1000.0);
        }
        child.ask(Child.CLOSE);
      }
    }
    System.out.printf(
        "%nFrom the start of the process, milliseconds, median of %d; a class path of what a"
            + " service needs, no options of the JVM%n%n",
        extent.starts());
    String line = "%-44s %10.0f%n";
    System.out.printf(
        Locale.ROOT, line, "main() begins, without llmlog", EndToEndReport.median(without));
    System.out.printf(Locale.ROOT, line, "main() begins", EndToEndReport.median(mains));
    System.out.printf(
        Locale.ROOT, line, "the first log() has returned", EndToEndReport.median(logged));
    System.out.printf(Locale.ROOT, line, "its event is in Redis", EndToEndReport.median(arrived));
  }

  /** What a logger takes that has nothing to do. */
  void idle() throws Exception {
    Map<Kind, long[]> medians = new EnumMap<>(Kind.class);
    Map<Kind, String> threads = new EnumMap<>(Kind.class);
    for (Kind kind : Kind.values()) {
      List<long[]> runs = new ArrayList<>();
      for (int run = 0; run < extent.idles(); run++) {
        try (Child child = service(kind, IDLE_HEAP)) {
          child.answer();
          runs.add(child.numbers("idle"));
          threads.put(kind, child.ask("threads"));
          child.ask(Child.CLOSE);
        }
      }
      medians.put(kind, median(runs));
    }
    try (RedisLine redis = servers.redis()) {
      redis.call("DEL", Servers.QUEUE);
    }
    System.out.printf(
        "%nA logger that has nothing to do, after collecting garbage, %s, median of %d%n%n",
        IDLE_HEAP, extent.idles());
    System.out.printf("%-44s %12s %10s %14s%n", "", "heap, kB", "threads", "resident, kB");
    for (Map.Entry<Kind, long[]> one : medians.entrySet()) {
      long[] values = one.getValue();
      System.out.printf(
          "%-44s %12s %10d %14s%n",
          switch (one.getKey()) {
            case WITHOUT -> "JVM without a logger";
            case UNUSED -> "with a logger that was never used";
            case USED -> "with a logger that has delivered an event";
          },
          String.format(Locale.ROOT, KILOBYTES, values[0] / 1000.0),
          values[1],
          values[2] < 0 ? "unknown" : String.format(Locale.ROOT, KILOBYTES, values[2] / 1000.0));
    }
    System.out.println("Threads of the last: " + threads.get(Kind.USED));
  }

  /** The worker's memory with messages of 1 MB. */
  void largeMessages() throws Exception {
    LargeMessages messages = new LargeMessages(servers);
    System.out.printf(
        "%nA worker with messages of 1 MB, their prompts stored, 2 threads with batches of at most"
            + " %d MiB each%n%n",
        LargeMessages.BATCH_BYTES >> 20);
    System.out.printf(
        "%10s %10s %8s %22s %22s%n",
        "-Xmx, MiB", "messages", "stored", "most heap used, MiB", "most resident, MiB");
    int largest = extent.heaps().get(0);
    largeMessages(messages, extent.many(), largest);
    for (int heap : extent.heaps()) {
      largeMessages(messages, extent.few(), heap);
    }
    System.out.println("The heap in use counts garbage that is not collected yet.");
  }

  private static void largeMessages(LargeMessages messages, int count, int heap) throws Exception {
    WorkerProcess.Memory memory = messages.store(count, heap);
    System.out.printf(
        "%10d %10d %8s %22s %22s%n",
        heap,
        count,
        memory == null ? "no" : "yes",
        memory == null ? "" : LargeMessages.mib(memory.heap()),
        memory == null ? "" : LargeMessages.mib(memory.resident()));
  }

  private Child service(Kind kind, String... options) throws IOException {
    return Child.start(
        classPath,
        FootprintMain.class,
        List.of(options),
        // Never connected to: the queue is there.
        servers.variables("postgresql://none@127.0.0.1:1/none", Servers.SCHEMA, Servers.QUEUE),
        news -> {},
        kind.name());
  }

  private static long[] median(List<long[]> runs) {
    long[] medians = new long[runs.get(0).length];
    for (int i = 0; i < medians.length; i++) {
      int column = i;
      medians[i] =
          runs.stream()
              .mapToLong(run -> run[column])
              .sorted()
              .skip(runs.size() / 2)
              .iterator()
              .nextLong();
    }
    return medians;
  }

  private static long micros() {
    return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
  }
}
