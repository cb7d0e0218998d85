package io.llmlog.benchmarks.flow;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.llmlog.config.Environment;
import io.llmlog.worker.Worker;
import io.llmlog.worker.WorkerStatus;
import io.llmlog.worker.cli.Monitor;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What {@code llmlog work} runs, with the HTTP beside it, under the eyes of a benchmark. Says
 * {@code ready} once it works; answers {@code counts}, {@code memory} and {@code close}.
 */
final class WorkerMain {
  private static final long LOOK_MILLIS = 5;

  private WorkerMain() {}

  public static void main(String[] arguments) throws IOException {
    PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, UTF_8);
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    AtomicLong peak = new AtomicLong();
    Thread watching = new Thread(() -> watchHeap(peak), "benchmark-heap");
    watching.setDaemon(true);
    watching.start();
    Environment environment = Environment.system();
    @Nullable Monitor monitor = Monitor.of(environment);
    Worker worker =
        monitor == null ? Worker.from(environment) : Worker.from(environment, monitor.listener());
    if (monitor != null) {
      monitor.startSomewhere(worker);
    }
    worker.start();
    out.println("ready");
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      switch (line) {
        case "counts" -> out.println(counts(worker.status()));
        case "memory" -> out.println(peak.get() + " " + ProcessMemory.mostResident());
        case Child.CLOSE -> {
          worker.close();
          out.println(counts(worker.status()));
          // Whatever the HTTP beside it still does.
          Runtime.getRuntime().halt(0);
        }
        default -> throw new IllegalArgumentException(line);
      }
    }
    // Whoever started it is gone.
    Runtime.getRuntime().halt(1);
  }

  private static String counts(WorkerStatus status) {
    return "%d %d %d %d %d %d %d %d"
        .formatted(
            status.claimed(),
            status.adopted(),
            status.stored(),
            status.duplicate(),
            status.dead(),
            status.released(),
            status.fenced(),
            status.inFlight());
  }

  /** The largest heap in use, garbage included, looked at every few milliseconds. */
  private static void watchHeap(AtomicLong peak) {
    Runtime runtime = Runtime.getRuntime();
    try {
      while (true) {
        peak.accumulateAndGet(runtime.totalMemory() - runtime.freeMemory(), Math::max);
        Thread.sleep(LOOK_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
