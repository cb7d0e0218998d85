package io.llmlog.spi;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Stores messages.
 *
 * <p>Idempotent by event id and time: a batch that is written again changes nothing. One
 * transaction per batch. Safe for use by several threads at once. Implementations connect on first
 * use.
 */
public interface EventWriter extends AutoCloseable {
  /**
   * How many rows of a batch the store may refuse before the fault is hardly with the rows: 20, or
   * a tenth.
   *
   * @param batch the size of the batch
   */
  static int mayRefuse(int batch) {
    return Math.max(20, batch / 10);
  }

  /**
   * Does beforehand what the first write of a process, or the first after a failure, does on its
   * way: connects, loads classes, asks of the store what every batch asks of it. Nothing is stored,
   * and the next write takes no longer than those after it. Unless overridden it does nothing.
   *
   * <p>A worker calls it on the thread that writes next, before it marks the attempt to store a
   * message alone: once for each batch that it stores message by message, and again after each
   * failure. A process that is killed in here has died in no message's attempt, so whatever is slow
   * belongs here. It sees no message of a batch, since one may end whoever reads it.
   *
   * @throws WriteException if a write would fail now, and in the way that it would; the caller
   *     marks nothing and calls again before it writes
   * @throws InterruptedException if the thread was interrupted meanwhile
   */
  default void prepare() throws WriteException, InterruptedException {}

  /**
   * Stores every message of the batch as a row, or as a dead letter if it can never be a row.
   *
   * @param batch at least one message; neither the list nor the messages change afterwards
   * @return what became of each; the batch is committed
   * @throws WriteException if nothing of the batch is known to be stored; the caller keeps the
   *     batch and tries again
   * @throws TooManyRefusedException if the store refuses more rows than {@link #mayRefuse(int)}
   * @throws InterruptedException if the thread was interrupted meanwhile; the outcome is unknown
   */
  WriteResult write(List<Message> batch) throws WriteException, InterruptedException;

  /**
   * As {@link #write(List)}, with a bound of the caller's. A writer that pauses for no such reason
   * need not know it.
   *
   * @param mayRefuse how many rows the store may refuse; {@link Integer#MAX_VALUE}: all
   * @throws TooManyRefusedException if it refuses more
   */
  default WriteResult write(List<Message> batch, int mayRefuse)
      throws WriteException, InterruptedException {
    return write(batch);
  }

  /**
   * Keeps one message as a dead letter without looking into it, in a transaction of its own: for
   * one that ended each process that did. Idempotent by the message's identity.
   *
   * @param reason why it is no row, for a person
   * @throws WriteException if it is not known to be kept; a writer that keeps no dead letters
   *     throws it with {@link WriteException.Kind#PAUSE}
   * @throws InterruptedException if the thread was interrupted meanwhile; the outcome is unknown
   */
  default void writeDead(Message message, String reason)
      throws WriteException, InterruptedException {
    throw new WriteException(
        WriteException.Kind.PAUSE,
        "the writer " + getClass().getName() + " keeps no dead letters: " + message + ": " + reason,
        null);
  }

  /**
   * The writer's pool of connections now, for whoever watches it. Opens nothing, waits for nothing,
   * and may be asked by any thread at any time, also after {@link #close}.
   *
   * @return null for a writer without a pool, which all are unless they say otherwise
   */
  default @Nullable Connections connections() {
    return null;
  }

  /** Frees what the writer opened. Idempotent. */
  @Override
  void close();

  /**
   * A pool of connections at one moment.
   *
   * @param pool its name, without secrets
   * @param active connections in use
   * @param idle connections that wait for use
   * @param waiting threads that wait for a connection
   * @param max the most connections that it opens
   */
  record Connections(String pool, int active, int idle, int waiting, int max) {}
}
