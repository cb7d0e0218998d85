package io.llmlog.spi;

import java.util.List;

/** Messages claimed by one worker, which it must store and acknowledge before its lease expires. */
public interface Delivery {
  /** The messages, oldest first; the list does not change. */
  List<Message> messages();

  /** How many workers have held this delivery: 1 when it was claimed from the queue itself. */
  int owners();

  /**
   * Extends the lease from now on, for work that takes long.
   *
   * @param paused whether the worker waits for a person, which {@link QueueInspector} shows
   * @return false if the lease was lost: another worker has the messages, and this one must stop
   *     working on them
   * @throws QueueException if the queue gave no answer; the lease runs on
   */
  boolean renew(boolean paused) throws QueueException, InterruptedException;

  /**
   * Says that every message is stored or a dead letter, durably. Repeat-safe.
   *
   * @return false if the lease was lost and another worker has the messages: harmless, since rows
   *     are unique
   * @throws QueueException if the queue gave no answer; ask again
   */
  boolean ack() throws QueueException, InterruptedException;
}
