package io.llmlog.spi;

import java.util.List;

/**
 * Puts messages on the queue.
 *
 * <p>Called by one thread at a time, the publisher's. Implementations connect on first use, not
 * when they are made, and reconnect by themselves.
 */
public interface EventSender extends AutoCloseable {
  /** The answer of a queue that does not know its depth. */
  long UNKNOWN_DEPTH = -1;

  /**
   * Sends a batch and waits until the queue has it, for a bounded time.
   *
   * @param batch at least one message; neither the list nor the arrays change afterwards
   * @return how many messages wait in the queue now, or {@link #UNKNOWN_DEPTH}
   * @throws QueueException if it is not known that the queue has the whole batch; the caller sends
   *     the same batch again or takes another road, so a message may arrive twice
   * @throws InterruptedException if the thread was interrupted meanwhile; the outcome is unknown
   */
  long send(List<byte[]> batch) throws QueueException, InterruptedException;

  /**
   * How many messages wait in the queue now, asked before sending more to one that was too deep.
   *
   * @return {@link #UNKNOWN_DEPTH} where the queue cannot say
   * @throws QueueException if the queue is away
   */
  default long depth() throws QueueException, InterruptedException {
    return UNKNOWN_DEPTH;
  }

  /** Frees what the sender opened, within seconds. Idempotent. */
  @Override
  void close();
}
