package io.llmlog.worker;

import io.llmlog.retry.Backoff;
import io.llmlog.spi.Delivery;
import io.llmlog.spi.EventSource;
import io.llmlog.spi.EventWriter;
import io.llmlog.spi.Pause;
import io.llmlog.spi.QueueException;
import io.llmlog.spi.TooManyRefusedException;
import io.llmlog.spi.WriteException;
import io.llmlog.spi.WriteResult;
import io.llmlog.worker.WorkerStatus.State;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Takes a delivery, writes it, acknowledges it; one thread, one source.
 *
 * <p>Each call of {@link #runOnce} goes as far along this road as it gets. What fails stays where
 * it is and is tried again by a later call, so that a batch leaves the queue only after its commit.
 */
final class ConsumeLoop implements Runnable {
  /** How long the source waits for messages: also the longest that an idle loop delays a stop. */
  private static final Duration WAIT = Duration.ofSeconds(1);

  private static final Duration RETRY_FIRST = Duration.ofMillis(200);
  private static final Duration RETRY_MAX = Duration.ofSeconds(5);
  private static final Duration PAUSE_FIRST = Duration.ofSeconds(2);
  private static final Duration PAUSE_MAX = Duration.ofSeconds(30);

  /** How long a person's word may lie before it is heard. */
  private static final long LOOK_NANOS = Duration.ofSeconds(2).toNanos();

  private static final String ACCEPT =
      ", or lets it go by: llmlog dead-letters accept (what is refused becomes dead letters)";

  private final EventSource source;
  private final CheckedWriter writer;
  private final int batch;
  private final Stop stop;
  private final WorkerLedger.Account account;
  private final WorkerListener listener;
  private final WorkerLog log;
  private final Hold hold = new Hold();
  private final Backoff queueBackoff = new Backoff(RETRY_FIRST, RETRY_MAX);
  private final Backoff storeBackoff = new Backoff(RETRY_FIRST, RETRY_MAX);
  private final Backoff pauseBackoff = new Backoff(PAUSE_FIRST, PAUSE_MAX);

  /** Whether the delivery in hand is stored, and only its acknowledgement is missing. */
  private boolean written;

  /** The road of a delivery that two workers did not survive, else null. */
  private @Nullable OneByOne oneByOne;

  /** While too much of the delivery is refused: when to try it again. */
  private @Nullable Long refusedUntil;

  ConsumeLoop(
      EventSource source,
      EventWriter writer,
      int batch,
      Stop stop,
      WorkerLedger.Account account,
      WorkerListener listener,
      WorkerLog log) {
    this.source = source;
    this.writer = new CheckedWriter(writer, listener);
    this.batch = batch;
    this.stop = stop;
    this.account = account;
    this.listener = listener;
    this.log = log;
  }

  /** Runs until the stop; a batch that cannot be finished then is left to the next worker. */
  @Override
  public void run() {
    account.state(State.RUNNING, null);
    while (!stop.requested()) {
      try {
        stop.await(step());
      } catch (InterruptedException e) {
        // Only the end of a stop's patience counts; an interrupt from elsewhere changes nothing.
        if (stop.requested()) {
          break;
        }
      }
    }
    end();
  }

  /** Gives up what is in hand and the lease. Also called from outside for a thread that hangs. */
  void end() {
    account.released();
    hold.letGo();
    try {
      source.close();
    } catch (RuntimeException e) {
      log.queueFailed("closing the source failed: " + e);
    }
    account.state(State.STOPPED, null);
  }

  /** What the lease keeper renews. */
  Hold hold() {
    return hold;
  }

  /** As {@link #runOnce}; a loop that ended by a fault of ours would hold its batch for ever. */
  private long step() throws InterruptedException {
    try {
      return runOnce();
    } catch (RuntimeException | Error e) {
      return queueFailed("a step of the worker failed: " + e);
    }
  }

  /** One step along the road; answers how many nanoseconds to wait before the next. */
  long runOnce() throws InterruptedException {
    Delivery delivery = hold.delivery();
    if (delivery != null && hold.lost()) {
      fenced(delivery);
      return 0;
    }
    try {
      if (delivery == null) {
        delivery = receive();
      }
      if (delivery == null) {
        return 0;
      }
      if (!written) {
        long wait = waitForWord(delivery);
        if (wait > 0) {
          return wait;
        }
        write(delivery);
      }
      if (written) {
        acknowledge(delivery);
      }
      return 0;
    } catch (QueueException e) {
      return queueFailed(String.valueOf(e.getMessage()));
    } catch (WriteException e) {
      return e.kind() == WriteException.Kind.PAUSE ? storePaused(e) : storeFailed(e);
    }
  }

  private @Nullable Delivery receive() throws QueueException, InterruptedException {
    Delivery delivery;
    try {
      delivery = source.receive(batch, WAIT);
    } catch (RuntimeException | Error e) {
      throw new QueueException("the source failed: " + e, e);
    }
    queueBackoff.succeeded();
    log.queueAnswered();
    account.state(State.RUNNING, null);
    if (delivery != null) {
      int messages = delivery.messages().size();
      boolean adopted = delivery.owners() > 1;
      account.received(messages, adopted);
      hold.take(delivery);
      written = false;
      oneByOne = OneByOne.isFor(delivery) ? new OneByOne(hold, delivery, writer, log) : null;
      refusedUntil = null;
      listener.claimed(messages, adopted);
    }
    return delivery;
  }

  /**
   * While too much of the delivery is refused, each try costs the store much and helps nothing
   * until a person has done something; whether one has accepted it costs little to know.
   *
   * @return how long to wait; not positive: write now
   */
  private long waitForWord(Delivery delivery) throws InterruptedException {
    Long until = refusedUntil;
    if (until == null) {
      return 0;
    }
    LeaseKeeper.renew(hold, log);
    if (hold.lost()) {
      return 1;
    }
    if (delivery.accepted()) {
      log.accepted(delivery.messages().size());
      refusedUntil = null;
      return 0;
    }
    return Math.min(LOOK_NANOS, until - System.nanoTime());
  }

  /** Stores the delivery, or its next message. */
  private void write(Delivery delivery)
      throws QueueException, WriteException, InterruptedException {
    WriteResult result;
    if (oneByOne == null) {
      int size = delivery.messages().size();
      int mayRefuse = delivery.accepted() ? Integer.MAX_VALUE : EventWriter.mayRefuse(size);
      result = writer.write(delivery.messages(), mayRefuse);
      written = true;
    } else {
      result = oneByOne.next();
      if (result == null) {
        return;
      }
      written = oneByOne.done();
    }
    account.written(result);
    storeBackoff.succeeded();
    pauseBackoff.succeeded();
    log.storeTook();
    log.dead(result);
    hold.pause(Pause.NONE);
    account.state(State.RUNNING, null);
  }

  private void acknowledge(Delivery delivery) throws QueueException, InterruptedException {
    boolean ours;
    try {
      ours = hold.ack();
    } catch (RuntimeException | Error e) {
      throw new QueueException("the acknowledgement failed: " + e, e);
    }
    queueBackoff.succeeded();
    log.queueAnswered();
    account.state(State.RUNNING, null);
    if (ours) {
      hold.letGo();
    } else {
      listener.ackRefused(delivery.messages().size());
      fenced(delivery);
    }
  }

  private void fenced(Delivery delivery) {
    account.fenced();
    log.fenced(delivery.messages().size());
    hold.letGo();
  }

  private long queueFailed(String why) {
    log.queueFailed(why);
    account.state(State.RETRYING, why);
    return queueBackoff.failed();
  }

  private long storeFailed(WriteException e) {
    String why = String.valueOf(e.getMessage());
    log.storeFailed(why);
    refusedUntil = null;
    hold.pause(Pause.NONE);
    account.state(State.RETRYING, why);
    return storeBackoff.failed();
  }

  private long storePaused(WriteException e) throws InterruptedException {
    String why = String.valueOf(e.getMessage());
    boolean refused = e instanceof TooManyRefusedException;
    long wait = pauseBackoff.failed();
    log.storePaused(why, refused ? ACCEPT : "");
    refusedUntil = refused ? System.nanoTime() + wait : null;
    hold.pause(refused ? Pause.REFUSED : Pause.MEND);
    if (account.state(State.PAUSED, why)) {
      // At once, so that whoever looks at the queue sees it before the keeper's next round.
      LeaseKeeper.renew(hold, log);
    }
    return refused ? Math.min(LOOK_NANOS, wait) : wait;
  }
}
