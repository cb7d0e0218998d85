package io.llmlog.worker;

import io.llmlog.spi.WriteException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Is told what a worker does, as it does it; for metrics. Each method does nothing unless it is
 * overridden.
 *
 * <p>Called by the worker's own threads, by several at once, between one batch and the next: it
 * must not wait. What it throws is said once in the log and harms nothing.
 */
public interface WorkerListener {
  /**
   * A batch is in hand.
   *
   * @param messages how many it has
   * @param adopted whether it was taken over from a worker whose lease had ended; false: it comes
   *     from the queue itself
   */
  default void claimed(int messages, boolean adopted) {}

  /**
   * A transaction of the store was committed.
   *
   * @param messages how many it settled, as rows or as dead letters: the whole batch, or one where
   *     messages are stored one by one
   * @param took from the call of the writer to its answer
   */
  default void written(int messages, Duration took) {}

  /**
   * The store did not take what it was given, or was not ready to; it is tried again.
   *
   * @param sqlState as {@link WriteException#sqlState()}: five characters, or null where the store
   *     gave none
   * @param took from the call of the writer to its failure
   */
  default void writeFailed(@Nullable String sqlState, Duration took) {}

  /**
   * A batch was stored, but the queue did not take its acknowledgement: the lease was lost, and
   * another worker has the messages. Their rows exist once all the same.
   *
   * @param messages how many it had
   */
  default void ackRefused(int messages) {}
}
