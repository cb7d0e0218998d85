package io.llmlog.retry;

import java.time.Duration;
import java.util.function.Supplier;
import org.slf4j.Logger;

/**
 * Says the first failure at WARN, and while failures go on once in a while how many there were.
 *
 * <p>Never throws, whatever the application's log does: it speaks for loops that must not end. What
 * servers and producers put into a sentence cannot begin a line of its own in the log. Thread-safe.
 */
public final class ThrottledLog {
  private static final long INTERVAL_NANOS = Duration.ofMinutes(1).toNanos();

  private final Supplier<Logger> log;
  private boolean failing;
  private long saidAt;
  private long unsaid;

  public ThrottledLog(Logger log) {
    this(() -> log);
  }

  /**
   * @param log asked for when there is something to say: the first logger of a JVM may start a
   *     logging backend, and a service that starts should not wait for that here
   */
  public ThrottledLog(Supplier<Logger> log) {
    this.log = log;
  }

  /** A failure; the sentence names the place and no secret. */
  public synchronized void failed(String sentence) {
    long now = System.nanoTime();
    if (failing && now - saidAt < INTERVAL_NANOS) {
      unsaid++;
      return;
    }
    long since = unsaid;
    failing = true;
    saidAt = now;
    unsaid = 0;
    String line = oneLine(sentence);
    guarded(
        () -> {
          if (since == 0) {
            log.get().warn("{}", line);
          } else {
            log.get().warn("{} ({} more failures since this was last said)", line, since);
          }
        });
  }

  /** A success, said once after failures. */
  public synchronized void succeeded(String sentence) {
    if (failing) {
      failing = false;
      unsaid = 0;
      guarded(() -> log.get().info("{}", oneLine(sentence)));
    }
  }

  private static void guarded(Runnable speech) {
    try {
      speech.run();
    } catch (RuntimeException | Error e) {
      // Nobody is left to tell.
    }
  }

  private static String oneLine(String sentence) {
    return sentence.replaceAll("\\p{Cc}+", " ");
  }
}
