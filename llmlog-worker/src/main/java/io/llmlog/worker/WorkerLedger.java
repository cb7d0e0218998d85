package io.llmlog.worker;

import io.llmlog.spi.WriteResult;
import io.llmlog.worker.WorkerStatus.LoopStatus;
import io.llmlog.worker.WorkerStatus.State;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Counts where every message went. One lock for all loops, so that a snapshot adds up. */
final class WorkerLedger {
  private final Clock clock;
  private final List<Account> accounts = new ArrayList<>();
  private long claimed;
  private long adopted;
  private long stored;
  private long duplicate;
  private long dead;
  private long released;
  private long fenced;
  private @Nullable Instant lastWrite;

  WorkerLedger(Clock clock) {
    this.clock = clock;
  }

  /** A part of the ledger for one more loop. */
  synchronized Account open(String loop) {
    Account account = new Account(loop);
    accounts.add(account);
    return account;
  }

  synchronized WorkerStatus snapshot() {
    long inFlight = 0;
    List<LoopStatus> loops = new ArrayList<>();
    for (Account account : accounts) {
      inFlight += account.inHand;
      loops.add(new LoopStatus(account.loop, account.state, account.reason, account.since));
    }
    return new WorkerStatus(
        claimed, adopted, stored, duplicate, dead, released, fenced, inFlight, loops);
  }

  /** When the store last committed for this worker; null: never yet. */
  synchronized @Nullable Instant lastWrite() {
    return lastWrite;
  }

  /**
   * The batch in hand of one loop, which is settled whole or message by message, each once: what a
   * thread says after its batch was released by a shutdown that would not wait for it is not
   * counted again.
   */
  final class Account {
    private final String loop;
    private long inHand;
    private State state = State.STOPPED;
    private @Nullable String reason;
    private Instant since = clock.instant();

    private Account(String loop) {
      this.loop = loop;
    }

    void received(int messages, boolean fromAnotherWorker) {
      synchronized (WorkerLedger.this) {
        if (fromAnotherWorker) {
          adopted += messages;
        } else {
          claimed += messages;
        }
        inHand += messages;
      }
    }

    void written(WriteResult result) {
      synchronized (WorkerLedger.this) {
        lastWrite = clock.instant();
        if (inHand >= result.size()) {
          stored += result.stored();
          duplicate += result.duplicates();
          dead += result.deadLetters().size();
          inHand -= result.size();
        }
      }
    }

    void fenced() {
      synchronized (WorkerLedger.this) {
        fenced += inHand;
        inHand = 0;
      }
    }

    void released() {
      synchronized (WorkerLedger.this) {
        released += inHand;
        inHand = 0;
      }
    }

    /** Answers whether this is news. */
    boolean state(State newState, @Nullable String newReason) {
      synchronized (WorkerLedger.this) {
        if (state != newState) {
          since = clock.instant();
        }
        boolean changed = state != newState || !Objects.equals(reason, newReason);
        state = newState;
        reason = newReason;
        return changed;
      }
    }
  }
}
