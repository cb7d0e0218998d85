package io.llmlog.worker;

import io.llmlog.spi.Delivery;
import io.llmlog.spi.EventSource;
import io.llmlog.spi.QueueException;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Hands out the deliveries and failures that a test put in, in their order. */
final class FakeSource implements EventSource {
  private final LinkedBlockingDeque<Object> steps = new LinkedBlockingDeque<>();
  private final boolean waits;
  volatile boolean closed;

  /**
   * @param waits whether an empty source waits as long as it may, as a real one does
   */
  FakeSource(boolean waits) {
    this.waits = waits;
  }

  FakeSource then(Delivery delivery) {
    steps.add(delivery);
    return this;
  }

  FakeSource thenFail(Throwable failure) {
    steps.add(failure);
    return this;
  }

  @Override
  public @Nullable Delivery receive(int maxMessages, Duration wait)
      throws QueueException, InterruptedException {
    Object step = waits ? steps.poll(wait.toMillis(), TimeUnit.MILLISECONDS) : steps.poll();
    if (step instanceof QueueException e) {
      throw e;
    }
    if (step instanceof RuntimeException e) {
      throw e;
    }
    if (step instanceof Error e) {
      throw e;
    }
    return (Delivery) step;
  }

  @Override
  public void close() {
    closed = true;
  }
}
