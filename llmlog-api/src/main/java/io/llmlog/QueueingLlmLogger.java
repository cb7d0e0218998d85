package io.llmlog;

import io.llmlog.delivery.DeliverySnapshot;
import io.llmlog.delivery.LedgerSnapshot;
import io.llmlog.delivery.Publisher;
import io.llmlog.delivery.Reasons;
import io.llmlog.event.EventEncoder;
import io.llmlog.event.LlmEvent;
import io.llmlog.retry.ThrottledLog;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** Encodes on the caller's thread and leaves the rest to the publisher. */
final class QueueingLlmLogger implements LlmLogger {
  private final EventEncoder encoder;
  private final Publisher publisher;
  private final EventEncoder.Target target;
  private final ThrottledLog throttled =
      new ThrottledLog(() -> LoggerFactory.getLogger(LlmLogger.class));

  QueueingLlmLogger(EventEncoder encoder, Publisher publisher) {
    this.encoder = encoder;
    this.publisher = publisher;
    this.target = publisher::offer;
  }

  @Override
  public boolean log(@Nullable LlmEvent event) {
    if (event == null) {
      publisher.refuse(Reasons.NO_EVENT);
      return false;
    }
    try {
      return encoder.encode(event, target);
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError | LinkageError e) {
      // Values that a service put into an event run here; whatever they do, the call goes on.
      publisher.refuse(Reasons.ENCODING);
      throttled.failed("An event could not be encoded and was refused: " + e.getClass().getName());
      return false;
    }
  }

  @Override
  public boolean flush(Duration timeout) {
    return publisher.flush(timeout);
  }

  @Override
  public LedgerSnapshot counts() {
    return publisher.counts();
  }

  @Override
  public DeliverySnapshot delivery() {
    return publisher.delivery();
  }

  @Override
  public void close() {
    publisher.close();
  }
}
