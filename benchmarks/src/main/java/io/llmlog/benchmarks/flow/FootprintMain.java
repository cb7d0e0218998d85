package io.llmlog.benchmarks.flow;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.llmlog.LlmLogger;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A service that does nothing but have a logger, or have none. Says when {@code main} began and
 * when the first {@code log()} had returned, in microseconds since 1970; answers {@code idle} (heap
 * in use, threads, memory of the process), {@code threads} and {@code close}.
 *
 * <p>On its class path is what a service has, and nothing else of the benchmarks but what it names.
 */
final class FootprintMain {
  private static final int COLLECTIONS = 3;
  private static final long PAUSE_MILLIS = 100;

  private FootprintMain() {}

  /** What a service has. */
  enum Kind {
    /** No logger: what the JVM itself takes. */
    WITHOUT,
    /** A logger that was never used. */
    UNUSED,
    /** A logger that has delivered one event. */
    USED
  }

  public static void main(String[] arguments) throws IOException, InterruptedException {
    long began = micros();
    Kind kind = Kind.valueOf(arguments[0]);
    long logged = 0;
    LlmLogger llm = null;
    if (kind != Kind.WITHOUT) {
      llm = LlmLogger.fromEnvironment();
      if (kind == Kind.USED) {
        if (!llm.log(new Calls(Calls.Shape.USUAL, 1).next(Instant.now()))) {
          throw new IllegalStateException("the event was refused: " + llm.counts());
        }
        logged = micros();
        if (!llm.flush(Duration.ofSeconds(30))) {
          throw new IllegalStateException("the event is not delivered: " + llm.counts());
        }
      }
    }
    PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, UTF_8);
    out.println(began + " " + logged);
    serve(new BufferedReader(new InputStreamReader(System.in, UTF_8)), out);
    close(llm);
  }

  private static void close(@Nullable LlmLogger llm) {
    if (llm != null) {
      llm.close();
    }
  }

  private static void serve(BufferedReader in, PrintStream out)
      throws IOException, InterruptedException {
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      switch (line) {
        case "idle" -> out.println(idle());
        case "threads" ->
            out.println(
                Thread.getAllStackTraces().keySet().stream()
                    .map(Thread::getName)
                    .sorted()
                    .collect(Collectors.joining(", ")));
        case Child.CLOSE -> {
          out.println("closed");
          return;
        }
        default -> throw new IllegalArgumentException(line);
      }
    }
  }

  private static String idle() throws InterruptedException {
    for (int i = 0; i < COLLECTIONS; i++) {
      System.gc();
      Thread.sleep(PAUSE_MILLIS);
    }
    return String.format(
        Locale.ROOT,
        "%d %d %d",
        ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(),
        ManagementFactory.getThreadMXBean().getThreadCount(),
        ProcessMemory.resident());
  }

  private static long micros() {
    return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
  }
}
