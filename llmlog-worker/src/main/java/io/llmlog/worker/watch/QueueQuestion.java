package io.llmlog.worker.watch;

import io.llmlog.event.EventDecoder;
import io.llmlog.event.MalformedMessageException;
import io.llmlog.spi.QueueException;
import io.llmlog.spi.QueueInspector;
import io.llmlog.spi.QueueInspector.QueueState;
import io.llmlog.worker.watch.Observation.QueueView;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Asks a queue how it is. Waits for its answer no longer than the queue's client does. */
public final class QueueQuestion implements AutoCloseable {
  private final QueueInspector inspector;
  private final InstantSource clock;

  /**
   * @param inspector closed with this question
   */
  public QueueQuestion(QueueInspector inspector) {
    this(inspector, InstantSource.system());
  }

  QueueQuestion(QueueInspector inspector, InstantSource clock) {
    this.inspector = inspector;
    this.clock = clock;
  }

  /** Asks once; a queue that does not answer is an answer too. */
  public QueueView ask() throws InterruptedException {
    try {
      QueueState state = inspector.inspect();
      return new QueueView(null, state.depth(), age(state, clock.instant()), state.workers());
    } catch (QueueException e) {
      return QueueView.unknown(String.valueOf(e.getMessage()));
    }
  }

  /**
   * How long the oldest message waits by its own time, not negative; null where none waits or it
   * tells no time.
   */
  static @Nullable Duration age(QueueState queue, Instant now) {
    if (queue.oldest() == null) {
      return null;
    }
    Instant noTime = Instant.EPOCH;
    try {
      Instant time = EventDecoder.decode(queue.oldest(), new UUID(0, 0), noTime).createdAt();
      Duration age = Duration.between(time, now);
      return time.equals(noTime) ? null : age.isNegative() ? Duration.ZERO : age;
    } catch (MalformedMessageException e) {
      return null;
    }
  }

  @Override
  public void close() {
    inspector.close();
  }
}
