package io.llmlog.spi;

import java.util.List;

/**
 * Messages claimed by one worker, which it must store and acknowledge before its lease expires.
 *
 * <p>Called by one thread at a time, but not always by the same.
 */
public interface Delivery {
  /** The messages, oldest first; the list does not change. */
  List<Message> messages();

  /** How many workers have held this delivery: 1 when it was claimed from the queue itself. */
  int owners();

  /**
   * How many workers before this one died inside an {@linkplain #attempt attempt} of this message
   * alone.
   *
   * @param index its place in {@link #messages()}
   */
  int deaths(int index);

  /**
   * Whether a person has accepted that what the store refuses of this delivery becomes dead
   * letters, however much it is. Known when the delivery is received, and after each {@link
   * #renew}. It holds for this delivery alone, whoever adopts it, and ends with it.
   */
  boolean accepted();

  /**
   * Says that the attempt to store one message alone begins, before anything looks into it. If the
   * worker dies before the queue has heard of the attempt's end, it counts in {@link #deaths} for
   * whoever adopts the delivery.
   *
   * @return false if the lease was lost, and nothing was marked: another worker has the messages
   * @throws QueueException if the queue gave no answer: do not attempt it, ask again
   */
  boolean attempt(int index) throws QueueException, InterruptedException;

  /**
   * Says that the attempt has ended, well or badly. Does no I/O: the queue hears of it with the
   * next {@link #attempt} or {@link #renew}, so call one of them before waiting for anything. The
   * end of the source says it too: a stop is no death.
   *
   * @param stored whether the message is stored, so that earlier deaths no longer count
   */
  void attempted(boolean stored);

  /**
   * Extends the lease from now on, for work that takes long.
   *
   * @param pause whether the worker waits for a person, and for what: {@link Pause#NONE}, {@link
   *     Pause#MEND} or {@link Pause#REFUSED}
   * @return false if the lease was lost: another worker has the messages, and this one must stop
   *     working on them
   * @throws QueueException if the queue gave no answer; the lease runs on
   */
  boolean renew(Pause pause) throws QueueException, InterruptedException;

  /**
   * Says that every message is stored or a dead letter, durably. Repeat-safe.
   *
   * @return false if the lease was lost and another worker has the messages: harmless, since rows
   *     are unique
   * @throws QueueException if the queue gave no answer; ask again
   */
  boolean ack() throws QueueException, InterruptedException;
}
