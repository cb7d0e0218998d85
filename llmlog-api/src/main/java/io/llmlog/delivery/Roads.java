package io.llmlog.delivery;

import io.llmlog.event.UuidV7;
import io.llmlog.retry.ThrottledLog;
import io.llmlog.spi.EventSender;
import io.llmlog.spi.EventWriter;
import io.llmlog.spi.Message;
import io.llmlog.spi.QueueException;
import io.llmlog.spi.WriteException;
import io.llmlog.spi.WriteResult;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The ways out of the service: the queue, and the fallback while the queue is away.
 *
 * <p>A queue that answers and is too deep is another matter: its reader is behind, most likely
 * because of the database, which the fallback would only burden more. Then neither is used until
 * the queue is shorter.
 *
 * <p>For the publisher's thread alone, but for {@link #queue}, {@link #fallback} and {@link
 * #close}.
 */
final class Roads {
  private static final long PROBE_NANOS = Duration.ofSeconds(1).toNanos();

  private final @Nullable EventSender queue;
  private final @Nullable EventWriter fallback;
  private final long queueMaxDepth;
  private final String otherwise;
  private final Circuit queueCircuit = new Circuit();
  private final Circuit fallbackCircuit = new Circuit();
  private final Attempts queueAttempts = new Attempts();
  private final Attempts fallbackAttempts = new Attempts();
  private final ThrottledLog queueLog = new ThrottledLog(Roads::log);
  private final ThrottledLog fallbackLog = new ThrottledLog(Roads::log);
  private final ThrottledLog depthLog = new ThrottledLog(Roads::log);
  private final ThrottledLog deadLetterLog = new ThrottledLog(Roads::log);
  private boolean deep;
  private long probeDepthAt;

  /**
   * @param queue or null: straight to the store
   * @param fallback or null: the queue or nothing
   * @param otherwise where events are while no road takes them, for the log
   */
  Roads(
      @Nullable EventSender queue,
      @Nullable EventWriter fallback,
      long queueMaxDepth,
      String otherwise) {
    this.otherwise = otherwise;
    this.queue = queue;
    this.fallback = fallback;
    this.queueMaxDepth = queueMaxDepth;
  }

  /** How the way to the queue is; null: there is none. */
  @Nullable RoadSnapshot queue() {
    return queue == null ? null : queueAttempts.snapshot(queueCircuit.isOpen());
  }

  /** How the way straight to the store is; null: there is none. */
  @Nullable RoadSnapshot fallback() {
    return fallback == null ? null : fallbackAttempts.snapshot(fallbackCircuit.isOpen());
  }

  /** How many nanoseconds it makes no sense to try a delivery; zero: now it does. */
  long nanosUntilTry() {
    if (deep) {
      return Math.max(0, probeDepthAt - System.nanoTime());
    }
    long nanos = queue == null ? Long.MAX_VALUE : queueCircuit.nanosUntilTry();
    return fallback == null ? nanos : Math.min(nanos, fallbackCircuit.nanosUntilTry());
  }

  /**
   * Brings a batch out of the service.
   *
   * @return by which road, or null where it is not known to have arrived
   */
  @Nullable Road deliver(List<byte[]> batch) throws InterruptedException {
    if (queue != null && queueCircuit.nanosUntilTry() == 0) {
      if (deep && isStillDeep(queue)) {
        return null;
      }
      if (queueCircuit.nanosUntilTry() == 0 && send(queue, batch)) {
        return Road.QUEUE;
      }
    }
    if (fallback != null && fallbackCircuit.nanosUntilTry() == 0 && write(fallback, batch)) {
      return Road.FALLBACK;
    }
    return null;
  }

  private boolean send(EventSender sender, List<byte[]> batch) throws InterruptedException {
    long start = System.nanoTime();
    boolean arrived = send(sender, batch, start);
    queueAttempts.ended(start, arrived);
    return arrived;
  }

  private boolean send(EventSender sender, List<byte[]> batch, long start)
      throws InterruptedException {
    long depth;
    try {
      depth = sender.send(batch);
    } catch (QueueException e) {
      queueFailed(start, String.valueOf(e.getMessage()));
      return false;
    } catch (RuntimeException | Error e) {
      queueFailed(start, e.toString());
      return false;
    }
    int failures = queueCircuit.succeeded();
    queueLog.succeeded("The queue is back after " + failures + " failed attempts");
    if (depth > queueMaxDepth) {
      tooDeep(depth);
    }
    return true;
  }

  private void queueFailed(long start, String why) {
    queueCircuit.failed(fallback == null ? 0 : System.nanoTime() - start);
    String meanwhile = fallback == null ? "wait in " + otherwise : "go straight to the store";
    queueLog.failed("The queue does not take events, which " + meanwhile + ": " + why);
  }

  private void tooDeep(long depth) {
    deep = true;
    probeDepthAt = System.nanoTime() + PROBE_NANOS;
    depthLog.failed(
        "The queue holds "
            + depth
            + " messages, more than LLMLOG_QUEUE_MAX_DEPTH="
            + queueMaxDepth
            + ": its workers or their database are behind, and events wait in "
            + otherwise);
  }

  private boolean isStillDeep(EventSender sender) throws InterruptedException {
    long start = System.nanoTime();
    try {
      long depth = sender.depth();
      if (depth > queueMaxDepth) {
        tooDeep(depth);
        return true;
      }
      depthLog.succeeded("The queue is short enough again: " + depth + " messages");
    } catch (QueueException e) {
      queueFailed(start, String.valueOf(e.getMessage()));
    } catch (RuntimeException | Error e) {
      queueFailed(start, e.toString());
    }
    deep = false;
    return false;
  }

  private boolean write(EventWriter writer, List<byte[]> batch) throws InterruptedException {
    long start = System.nanoTime();
    boolean arrived = writeChecked(writer, batch);
    fallbackAttempts.ended(start, arrived);
    return arrived;
  }

  private boolean writeChecked(EventWriter writer, List<byte[]> batch) throws InterruptedException {
    WriteResult result;
    try {
      result = writer.write(messages(batch));
      int answered = result.stored() + result.duplicates() + result.deadLetters().size();
      if (answered != batch.size()) {
        fallbackFailed("it answered for " + answered + " of " + batch.size() + " events");
        return false;
      }
    } catch (WriteException e) {
      fallbackFailed(String.valueOf(e.getMessage()));
      return false;
    } catch (RuntimeException | Error e) {
      fallbackFailed(e.toString());
      return false;
    }
    int failures = fallbackCircuit.succeeded();
    fallbackLog.succeeded("The store takes events again after " + failures + " failed attempts");
    if (!result.deadLetters().isEmpty()) {
      deadLetterLog.failed(
          result.deadLetters().size()
              + " events are dead letters in the store, the first: "
              + result.deadLetters().get(0).reason());
    }
    return true;
  }

  private void fallbackFailed(String why) {
    fallbackCircuit.failed(0);
    fallbackLog.failed(
        (queue == null ? "The store does not take events" : "Nor does the store")
            + ", and they wait in "
            + otherwise
            + ": "
            + why);
  }

  /** Our own events bring id and time; what stands beside them here is never used. */
  private static List<Message> messages(List<byte[]> batch) {
    Instant now = Instant.now();
    List<Message> messages = new ArrayList<>(batch.size());
    for (byte[] event : batch) {
      messages.add(new Message(event, UuidV7.next(), now));
    }
    return Collections.unmodifiableList(messages);
  }

  /** Asked for late, since the first logger of a JVM may start a logging backend. */
  private static Logger log() {
    return LoggerFactory.getLogger(Publisher.class);
  }

  void close() {
    try {
      if (queue != null) {
        queue.close();
      }
    } finally {
      if (fallback != null) {
        fallback.close();
      }
    }
  }
}
