package io.llmlog.faults;

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
import java.util.concurrent.locks.LockSupport;

/**
 * A service that may be killed: logs its workload until it is told {@code close}, and says the
 * number of each event after {@code log()} has answered.
 *
 * <p>Says {@code ready}, {@code a <number>} (accepted), {@code r <number>} (refused), {@code l
 * <nanos>} (a longer call than any before), {@code t <what was thrown>}, and at the end {@code c
 * <the ledger's numbers>}.
 */
final class ServiceMain {
  private static volatile boolean closing;

  private ServiceMain() {}

  /**
   * Arguments: seed, stream, base in epoch milliseconds, padding, pace in nanoseconds, most events.
   */
  public static void main(String[] arguments) throws IOException {
    Workload workload =
        new Workload(
            Long.parseLong(arguments[0]),
            Integer.parseInt(arguments[1]),
            Instant.ofEpochMilli(Long.parseLong(arguments[2])),
            Integer.parseInt(arguments[3]));
    long pace = Long.parseLong(arguments[4]);
    long most = Long.parseLong(arguments[5]);
    PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, UTF_8);
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    workload.event(0);
    out.println("ready.");
    await(in, "go");
    LlmLogger llm = LlmLogger.fromEnvironment(System.getenv());
    Thread logging = new Thread(() -> log(llm, workload, pace, most, out), "service");
    logging.start();
    await(in, "close");
    closing = true;
    join(logging);
    llm.close();
    out.println(ledger(llm.counts()) + ".");
  }

  private static void log(LlmLogger llm, Workload workload, long pace, long most, PrintStream out) {
    long longest = 0;
    for (long number = 0; number < most && !closing; number++) {
      LlmEvent event = workload.event(number);
      boolean accepted = false;
      long start = System.nanoTime();
      try {
        accepted = llm.log(event);
      } catch (RuntimeException | Error e) {
        out.println("t " + e + ".");
      }
      long took = System.nanoTime() - start;
      out.println((accepted ? "a " : "r ") + number + ".");
      if (took > longest) {
        longest = took;
        out.println("l " + took + ".");
      }
      if (pace > 0) {
        // The pace of a service, not a wait for anything.
        LockSupport.parkNanos(pace);
      }
    }
    out.println("done.");
  }

  private static String ledger(LedgerSnapshot counts) {
    return "c %d %d %d %d %d %d %d %d %d"
        .formatted(
            counts.offered(),
            counts.accepted(),
            counts.adopted(),
            counts.queued(),
            counts.fallback(),
            counts.dropped(),
            counts.refused(),
            counts.pending(),
            counts.spooled());
  }

  private static void await(BufferedReader in, String word) throws IOException {
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      if (line.equals(word)) {
        return;
      }
    }
    // Whoever started it is gone.
    Runtime.getRuntime().halt(1);
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
