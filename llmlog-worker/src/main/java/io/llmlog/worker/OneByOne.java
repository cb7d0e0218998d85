package io.llmlog.worker;

import io.llmlog.event.BatchDecoder;
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
import java.util.List;
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
  private final BatchDecoder decoder = new BatchDecoder(false);
  private final int mayRefuse;
  private int refused;
  private int next;

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
  }

  static boolean isFor(Delivery delivery) {
    return delivery.owners() >= OWNERS;
  }

  /** Whether all are stored or dead letters. */
  boolean done() {
    return next == delivery.messages().size();
  }

  /**
   * Stores the next message.
   *
   * @return what became of it, or null if the lease was lost
   */
  @Nullable WriteResult next() throws QueueException, WriteException, InterruptedException {
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
      WriteResult result = dead ? bury() : attempt();
      for (DeadLetter letter : result.deadLetters()) {
        refused += letter.refused() ? 1 : 0;
      }
      next++;
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

  private WriteResult bury() throws WriteException, InterruptedException {
    String reason =
        DeadLetterBox.ENDED_ITS_WORKER
            + ": "
            + delivery.deaths(next)
            + " workers died while they stored this message alone";
    writer.writeDead(delivery.messages().get(next), reason);
    return new WriteResult(0, 0, List.of(new DeadLetter(next, reason)));
  }

  private WriteResult attempt() throws WriteException, InterruptedException {
    int left = delivery.accepted() ? Integer.MAX_VALUE : mayRefuse - refused;
    try {
      return writer.write(List.of(look()), left);
    } catch (TooManyRefusedException e) {
      throw new TooManyRefusedException(
          "more than %d of %d messages were refused, which are stored one by one; the last: %s"
              .formatted(mayRefuse, delivery.messages().size(), e.getMessage()),
          e.sqlState());
    }
  }

  /** Alone, it must get the same time, and so the same key, as in its batch. */
  private Message look() throws WriteException {
    Message message = delivery.messages().get(next);
    Message known = timed;
    if (known == null) {
      known = message;
      try {
        known =
            new Message(
                message.bytes(),
                message.identity(),
                decoder.next(message.bytes(), message.identity(), message.claimedAt()).createdAt(),
                message.redelivered());
      } catch (MalformedMessageException e) {
        // The writer says so, with the bytes.
      } catch (RuntimeException | Error e) {
        throw new WriteException(WriteException.Kind.RETRY, "a message could not be read: " + e, e);
      }
      timed = known;
    }
    return known;
  }
}
