package io.llmlog.spi;

import java.util.List;

/**
 * Stores messages.
 *
 * <p>Idempotent by event id and time: a batch that is written again changes nothing. One
 * transaction per batch. Safe for use by several threads at once. Implementations connect on first
 * use.
 */
public interface EventWriter extends AutoCloseable {
  /**
   * Stores every message of the batch as a row, or as a dead letter if it can never be a row.
   *
   * @param batch at least one message; neither the list nor the messages change afterwards
   * @return what became of each; the batch is committed
   * @throws WriteException if nothing of the batch is known to be stored; the caller keeps the
   *     batch and tries again
   * @throws InterruptedException if the thread was interrupted meanwhile; the outcome is unknown
   */
  WriteResult write(List<Message> batch) throws WriteException, InterruptedException;

  /** Frees what the writer opened. Idempotent. */
  @Override
  void close();
}
