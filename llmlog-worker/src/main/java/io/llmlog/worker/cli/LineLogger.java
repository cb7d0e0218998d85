package io.llmlog.worker.cli;

import io.llmlog.LlmLogger;
import io.llmlog.event.EventDecoder;
import io.llmlog.event.LlmEvent;
import io.llmlog.event.MalformedMessageException;
import io.llmlog.event.UuidV7;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Reads lines and logs each, on a thread of its own: nothing ends a read of stdin, so a command
 * that is stopped leaves the thread where it is.
 */
final class LineLogger {
  /** A line of more bytes is no message (docs/MESSAGE.md), and need not be held in memory. */
  private static final int MAX_LINE_BYTES = 16 << 20;

  /** What a closed logger refuses with. */
  static final String CLOSED = "closed";

  private final InputStream in;
  private final LlmLogger llm;
  private final Console console;
  private final boolean ack;
  private final InstantSource clock = InstantSource.system();
  private final CountDownLatch ended = new CountDownLatch(1);

  /** Held while a line is logged and told of. */
  private final ReentrantLock line = new ReentrantLock();

  private volatile boolean stopped;
  private volatile long badLines;
  private volatile boolean tooLate;
  private volatile @Nullable Throwable failure;

  /**
   * @param in closed at its end
   * @param ack whether the id of each accepted event is printed
   */
  LineLogger(InputStream in, LlmLogger llm, Console console, boolean ack) {
    this.in = in;
    this.llm = llm;
    this.console = console;
    this.ack = ack;
  }

  void start() {
    Thread thread = new Thread(this::run, "llmlog-lines");
    thread.setDaemon(true);
    thread.start();
  }

  /** Waits until the last line is logged, or until the stop. */
  void awaitEnd() throws InterruptedException {
    ended.await();
  }

  /** Lets no further line through; the one in hand is finished. */
  void stop() {
    stopped = true;
    ended.countDown();
  }

  /** Once the logger is closed: waits for the line in hand, so that nothing is counted after it. */
  void settle() throws InterruptedException {
    if (line.tryLock(1, TimeUnit.SECONDS)) {
      line.unlock();
    }
  }

  /** Lines that are no event. */
  long badLines() {
    return badLines;
  }

  /**
   * Events that were offered when the logger was closing already: 0 or 1. The line counts as not
   * read, like those behind it.
   */
  long tooLate() {
    return tooLate ? 1 : 0;
  }

  /** What ended the reading before the last line, or null. */
  @Nullable Throwable failure() {
    return failure;
  }

  private void run() {
    try (in) {
      Lines lines = new Lines(in, MAX_LINE_BYTES);
      byte[] next = lines.next();
      while (next != null && take(next, lines.number())) {
        next = lines.next();
      }
    } catch (IOException | RuntimeException | Error e) {
      failure = e;
    } finally {
      ended.countDown();
    }
  }

  /** Logs one line; answers whether to read on. */
  private boolean take(byte[] bytes, long number) {
    line.lock();
    try {
      if (stopped) {
        return false;
      }
      return isBlank(bytes) || log(bytes, number);
    } finally {
      line.unlock();
    }
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes, others read
  private boolean log(byte[] bytes, long number) {
    LlmEvent event;
    try {
      Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
      event = EventDecoder.decode(bytes, UuidV7.next(), now);
    } catch (MalformedMessageException e) {
      badLines++;
      console.say("line " + number + " is no event: " + e.getMessage());
      return true;
    }
    if (!llm.log(event)) {
      // The JVM's shutdown may close the logger before this command hears of it.
      tooLate = llm.counts().refusedBy().containsKey(CLOSED);
      return !tooLate;
    }
    if (ack) {
      console.print(event.eventId().toString());
    }
    return true;
  }

  private static boolean isBlank(byte[] line) {
    for (byte b : line) {
      if (b != ' ' && b != '\t' && b != '\r') {
        return false;
      }
    }
    return true;
  }
}
