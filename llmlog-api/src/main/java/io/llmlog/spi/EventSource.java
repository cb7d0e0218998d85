package io.llmlog.spi;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Takes messages from the queue under a lease, one delivery at a time.
 *
 * <p>Called by one thread at a time. A source is one worker in the eyes of the queue: each consume
 * loop has its own. Implementations connect on first use and reconnect by themselves.
 */
public interface EventSource extends AutoCloseable {
  /**
   * The next delivery. While a delivery is not acknowledged, asking again answers the same one;
   * deliveries of workers whose lease has expired come first.
   *
   * @param maxMessages at most that many messages, and never more than a few MiB, but always one
   * @param wait how long to wait for a message where there is none; zero looks once
   * @return null if there was none
   * @throws QueueException if the queue is away or refuses; nothing is lost, ask again later
   */
  @Nullable Delivery receive(int maxMessages, Duration wait)
      throws QueueException, InterruptedException;

  /** Gives the lease back; what was not acknowledged is taken over by others. Idempotent. */
  @Override
  void close();
}
