package io.llmlog.worker;

import io.llmlog.event.BatchDecoder;
import io.llmlog.event.LlmEvent;
import io.llmlog.event.MalformedMessageException;
import io.llmlog.jdbc.DeadLetterBox;
import io.llmlog.spi.Delivery;
import io.llmlog.spi.EventWriter;
import io.llmlog.spi.Message;
import io.llmlog.spi.QueueException;
import io.llmlog.spi.TooManyRefusedException;
import io.llmlog.spi.WriteException;
import io.llmlog.spi.WriteResult;
import io.llmlog.spi.WriteResult.DeadLetter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Stores a delivery that two workers did not survive, each message by itself: one of them may end
 * every process that looks into it.
 *
 * <p>The queue knows of each attempt before it begins, so that a message which ends its worker can
 * be told from the others. At the third death inside its own attempts it becomes a dead letter, and
 * nobody looks into it again. Whoever dies at another moment, or in the attempts of different
 * messages, makes no dead letter. While this waits for anything, no attempt is running.
 *
 * <p>The messages that fewest workers died of come first. Where the store is slow a worker spends
 * nearly all of its time in attempts, and whatever kills it then kills it in one: in the order of
 * the batch, always in that of the first few messages. In this order a worker looks into one that
 * two others died of only after it has stored all that fewer died of. And a message that does end
 * its workers holds back no other.
 *
 * <p>The first write of a process takes much longer than any other. Workers that are killed moments
 * after their start would die in it, always of the same message, and so it is made ready before.
 *
 * <p>Of one thread.
 */
final class OneByOne {
  /** This many workers must have held a delivery: the one that claimed it and two that adopted. */
  private static final int OWNERS = 3;

  private static final int DEATHS = 3;

  private final Hold hold;
  private final Delivery delivery;
  private final CheckedWriter writer;
  private final WorkerLog log;
  private final BatchDecoder pushes = new BatchDecoder(false);
  private final int mayRefuse;

  /** The places of the messages that are neither stored nor dead letters, the next one first. */
  private final List<Integer> left;

  private int refused;

  /** Whether an attempt would take no longer than the one before. */
  private boolean ready;

  /** The next message with the time that it has in its batch, once it was looked into. */
  private @Nullable Message timed;

  OneByOne(Hold hold, Delivery delivery, CheckedWriter writer, WorkerLog log) {
    this.hold = hold;
    this.delivery = delivery;
    this.writer = writer;
    this.log = log;
    this.mayRefuse = EventWriter.mayRefuse(delivery.messages().size());
    this.left = new ArrayList<>(IntStream.range(0, delivery.messages().size()).boxed().toList());
    left.sort(Comparator.comparingInt(delivery::deaths));
  }

  static boolean isFor(Delivery delivery) {
    return delivery.owners() >= OWNERS;
  }

  /** Whether all are stored or dead letters. */
  boolean done() {
    return left.isEmpty();
  }

  /**
   * Stores the next message.
   *
   * @return what became of it, or null if the lease was lost, or others must be looked into first
   */
  @Nullable WriteResult next() throws QueueException, WriteException, InterruptedException {
    int next = left.get(0);
    boolean dead = delivery.deaths(next) >= DEATHS;
    // What comes before an attempt, or in its place, takes long, and none may be running meanwhile.
    if ((dead || !ready) && !hold.renew()) {
      return null;
    }
    if (!dead) {
      if (!ready) {
        writer.prepare();
      }
      // Whatever goes wrong now is followed by a wait, in which connections end.
      ready = false;
      if (!hold.attempt(next)) {
        return null;
      }
    }
    boolean stored = false;
    try {
      WriteResult result = dead ? bury(next) : attempt(next);
      if (result == null) {
        putBack();
        return null;
      }
      for (DeadLetter letter : result.deadLetters()) {
        refused += letter.refused() ? 1 : 0;
      }
      left.remove(0);
      timed = null;
      stored = true;
      ready = !dead;
      return result;
    } finally {
      delivery.attempted(stored);
      if (!stored) {
        // Now, before anything waits: whoever dies waiting died of something else.
        LeaseKeeper.renew(hold, log);
      }
    }
  }

  private WriteResult bury(int index) throws WriteException, InterruptedException {
    String reason =
        DeadLetterBox.ENDED_ITS_WORKER
            + ": "
            + delivery.deaths(index)
            + " workers died while they stored this message alone";
    writer.writeDead(delivery.messages().get(index), reason);
    return new WriteResult(0, 0, List.of(new DeadLetter(index, reason)));
  }

  /** Answers null if others must be looked into first. */
  private @Nullable WriteResult attempt(int index) throws WriteException, InterruptedException {
    Message message = timed == null ? look(index) : timed;
    timed = message;
    if (message == null) {
      return null;
    }
    int more = delivery.accepted() ? Integer.MAX_VALUE : mayRefuse - refused;
    try {
      return writer.write(List.of(message), more);
    } catch (TooManyRefusedException e) {
      throw new TooManyRefusedException(
          "more than %d of %d messages were refused, which are stored one by one; the last: %s"
              .formatted(mayRefuse, delivery.messages().size(), e.getMessage()),
          e.sqlState());
    }
  }

  /**
   * Alone, it must get the same time, and so the same key, as in its batch.
   *
   * @return null if that is known only after messages before it, which are still left
   */
  private @Nullable Message look(int index) throws WriteException {
    Message message = delivery.messages().get(index);
    try {
      LlmEvent event = read(new BatchDecoder(false), message);
      boolean push =
          event.createdAt().equals(message.claimedAt())
              && !event.eventId().equals(message.identity());
      if (!push) {
        return at(message, event.createdAt());
      }
      return Collections.min(left) < index ? null : at(message, read(pushes, message).createdAt());
    } catch (MalformedMessageException e) {
      // The writer says so, with the bytes.
      return message;
    } catch (RuntimeException | Error e) {
      throw new WriteException(WriteException.Kind.RETRY, "a message could not be read: " + e, e);
    }
  }

  private static LlmEvent read(BatchDecoder decoder, Message message)
      throws MalformedMessageException {
    return decoder.next(message.bytes(), message.identity(), message.claimedAt());
  }

  private static Message at(Message message, Instant time) {
    return new Message(message.bytes(), message.identity(), time, message.redelivered());
  }

  /** Puts the next message behind those that come before it in the batch. */
  private void putBack() {
    Integer index = left.remove(0);
    int place = left.size();
    while (left.get(place - 1) > index) {
      place--;
    }
    left.add(place, index);
  }
}
