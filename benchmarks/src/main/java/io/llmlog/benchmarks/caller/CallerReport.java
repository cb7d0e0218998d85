package io.llmlog.benchmarks.caller;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.openjdk.jmh.runner.RunnerException;

/**
 * What a logged call costs its caller, in this library and beside it: at the pace of a busy service
 * ({@link PacedTable}, {@link TurnsTable}), as fast as callers can ({@link SaturatedTable}), and
 * what is lost with the process ({@link LostTable}).
 */
public final class CallerReport {
  private static final List<String> PARTS =
      List.of("--paced", "--turns", "--allocation", "--saturated", "--lost");

  /** Together they take less than five minutes. */
  private static final List<String> QUICK_PARTS =
      PARTS.stream().filter(part -> !part.equals("--turns")).toList();

  private final boolean quick;

  private CallerReport(boolean quick) {
    this.quick = quick;
  }

  /** Takes {@code --quick}: shorter, less exact; and one part, else all run (quick: most). */
  public static void main(String[] arguments) throws RunnerException {
    List<String> options = List.of(arguments);
    boolean quick = options.contains("--quick");
    List<String> parts = options.stream().filter(PARTS::contains).toList();
    if (parts.size() > 1 || options.size() != parts.size() + (quick ? 1 : 0)) {
      System.err.println(
          "Usage: benchmarks/run [--quick]"
              + " [--paced | --turns | --allocation | --saturated | --lost]");
      System.exit(2);
    }
    new CallerReport(quick).run(!parts.isEmpty() ? parts : quick ? QUICK_PARTS : PARTS);
  }

  private void run(List<String> parts) throws RunnerException {
    int[] threads = {1, 4};
    long warmMillis = quick ? 1_500 : 2_500;
    long millis = quick ? 1_000 : 2_000;
    PacedTable paced = new PacedTable(threads, warmMillis, millis);
    TurnsTable turns = new TurnsTable(threads, warmMillis, millis);
    LostTable lost = new LostTable(quick ? 40_000 : 60_000);
    Path scratch = ScratchPlace.create();
    SaturatedTable saturated = new SaturatedTable(Shares.in(scratch));
    int rounds = quick ? 1 : 5;
    if (parts.contains("--paced")) {
      for (int round = 0; round < rounds; round++) {
        paced.round(round, rounds);
      }
    }
    if (parts.contains("--turns")) {
      for (int round = 0; round < rounds; round++) {
        turns.round();
      }
    }
    if (parts.contains("--lost")) {
      for (int round = 0; round < (quick ? 1 : 3); round++) {
        lost.round();
      }
    }
    if (parts.contains("--saturated")) {
      saturated.run(1, quick);
      if (!quick) {
        saturated.run(4, false);
      }
    }
    head();
    if (parts.contains("--paced")) {
      paced.print();
    }
    if (parts.contains("--turns")) {
      turns.print();
    }
    if (parts.contains("--allocation")) {
      columns();
    }
    if (parts.contains("--lost")) {
      lost.print();
    }
    if (parts.contains("--saturated")) {
      saturated.print();
    }
    ScratchPlace.delete(scratch);
  }

  private static void head() {
    System.out.printf(
        Locale.ROOT,
        "%nOne event is %d bytes of JSON. %s %s, %d processors. Files are on %s;"
            + " LLMLOG_SPOOL_SYNC=500ms.%n",
        SampleCall.bytes(SampleCall.event()),
        System.getProperty("java.vm.name"),
        System.getProperty("java.version"),
        Runtime.getRuntime().availableProcessors(),
        ScratchPlace.fileSystem());
  }

  /** What an event of few and of many columns costs the caller's heap. */
  private static void columns() {
    FarEnd farEnd = FarEnd.own();
    Map<String, Long> result = CallerJvm.run("allocation", Contestant.LLMLOG_COUNT, farEnd);
    ScratchPlace.delete(farEnd.directory());
    System.out.printf(
        Locale.ROOT,
        "Bytes that the caller's thread allocates for an event of llmlog-count, beside those of its"
            + " message:%n%n%-10s %10s %10s%n",
        "columns",
        "allocated",
        "message");
    columns(result, "five", "5");
    columns(result, "sample", "17");
    columns(result, "thirty", "30");
  }

  private static void columns(Map<String, Long> result, String key, String columns) {
    long allocated = result.getOrDefault(key, 0L);
    long message = result.getOrDefault(key + "Bytes", 0L);
    System.out.printf(Locale.ROOT, "%-10s %10d %10d%n", columns, allocated, message);
  }
}
