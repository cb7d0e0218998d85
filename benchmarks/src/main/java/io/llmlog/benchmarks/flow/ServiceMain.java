package io.llmlog.benchmarks.flow;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.llmlog.LlmLogger;
import io.llmlog.delivery.LedgerSnapshot;
import io.llmlog.event.LlmEvent;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A service that logs as many calls a second as it is told, each millisecond those that are due.
 * Says {@code ready}; answers {@code rate <calls per second> <one call in so many is a sample>} (0:
 * none), {@code counts} and {@code close}. Of a sample it says when it was logged, and its id.
 */
final class ServiceMain {
  private static final long NEVER = 0;

  private final LlmLogger llm;
  private final PrintStream out;
  private final Calls calls = new Calls(Calls.Shape.USUAL, System.nanoTime());
  private volatile Pace pace = new Pace(0, NEVER, System.nanoTime());
  private volatile boolean closing;

  /**
   * @param since of {@link System#nanoTime()}
   */
  private record Pace(long rate, long sampleEach, long since) {
    boolean isSample(long number) {
      // Not the first one, which comes when all has just been idle.
      return sampleEach != NEVER && number % sampleEach == sampleEach - 1;
    }
  }

  private ServiceMain(LlmLogger llm, PrintStream out) {
    this.llm = llm;
    this.out = out;
  }

  public static void main(String[] arguments) throws IOException, InterruptedException {
    PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, UTF_8);
    try (LlmLogger llm = LlmLogger.fromEnvironment()) {
      new ServiceMain(llm, out).run();
    }
    // Whoever started it is gone, or it was told to end.
    Runtime.getRuntime().halt(0);
  }

  private void run() throws IOException, InterruptedException {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    Thread logging = new Thread(this::log, "service");
    logging.start();
    out.println("ready");
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] words = line.split(" ", -1);
      switch (words[0]) {
        case "rate" -> {
          pace = new Pace(Long.parseLong(words[1]), Long.parseLong(words[2]), System.nanoTime());
          out.println("so be it");
        }
        case "counts" -> out.println(counts(llm.counts()));
        case Child.CLOSE -> {
          stop(logging);
          llm.close();
          out.println(counts(llm.counts()));
          return;
        }
        default -> throw new IllegalArgumentException(line);
      }
    }
    stop(logging);
  }

  private void stop(Thread logging) throws InterruptedException {
    closing = true;
    logging.join();
  }

  private void log() {
    Pace current = pace;
    long logged = 0;
    while (!closing) {
      Pace told = pace;
      if (!told.equals(current)) {
        current = told;
        logged = 0;
      }
      long due = (long) ((System.nanoTime() - current.since()) * 1e-9 * current.rate());
      for (; logged < due && pace.equals(current); logged++) {
        // This is when log() begins, as far as the row will tell.
        Instant now = Instant.now().truncatedTo(ChronoUnit.MICROS);
        LlmEvent event = calls.next(now);
        if (llm.log(event) && current.isSample(logged)) {
          out.println(
              Child.NEWS + ChronoUnit.MICROS.between(Instant.EPOCH, now) + " " + event.eventId());
        }
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
    }
  }

  private static String counts(LedgerSnapshot counts) {
    return "%d %d %d %d %d %d %d %d"
        .formatted(
            counts.offered(),
            counts.accepted(),
            counts.queued(),
            counts.fallback(),
            counts.dropped(),
            counts.refused(),
            counts.pending(),
            counts.spooled());
  }
}
