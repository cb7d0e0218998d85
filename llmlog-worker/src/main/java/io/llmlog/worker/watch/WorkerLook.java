package io.llmlog.worker.watch;

import io.llmlog.worker.Worker;
import io.llmlog.worker.WorkerStatus;
import io.llmlog.worker.watch.Observation.QueueView;
import io.llmlog.worker.watch.Observation.StoreView;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/** A look at a worker of this process and at its queue and store, one after the other. */
public final class WorkerLook implements Watch.Look {
  /**
   * How long a database may be silent at each step. A login has two, so that one that is silent
   * holds up the queue's figures for four seconds, and a replica beside it for eight; the queue's
   * own timeouts are four.
   */
  public static final Duration PATIENCE = Duration.ofSeconds(2);

  private final Worker worker;
  private final QueueQuestion queue;
  private final StoreQuestion store;
  private final WriteTimes writes;
  private final InstantSource clock;

  /**
   * @param writes the worker's listener, which nobody else takes from
   */
  public WorkerLook(Worker worker, QueueQuestion queue, StoreQuestion store, WriteTimes writes) {
    this(worker, queue, store, writes, InstantSource.system());
  }

  WorkerLook(
      Worker worker,
      QueueQuestion queue,
      StoreQuestion store,
      WriteTimes writes,
      InstantSource clock) {
    this.worker = worker;
    this.queue = queue;
    this.store = store;
    this.writes = writes;
    this.clock = clock;
  }

  @Override
  public Observation take(@Nullable Observation before) throws InterruptedException {
    QueueView queueView = queue.ask();
    StoreView storeView = store.ask(worker.connections());
    // Last, for it is of the present.
    WorkerStatus status = worker.status();
    Instant now = clock.instant();
    return new Observation(
        now,
        status,
        worker.lastWrite(),
        queueView,
        storeView,
        worker.maintenanceStatus(),
        holdingSince(before, status, now),
        writes.take());
  }

  /** Since when messages are in hand and nothing becomes of any of them. */
  static @Nullable Instant holdingSince(
      @Nullable Observation before, WorkerStatus now, Instant at) {
    if (now.inFlight() == 0) {
      return null;
    }
    if (before == null || before.holdingSince() == null) {
      return at;
    }
    return settled(before.worker()) == settled(now) ? before.holdingSince() : at;
  }

  private static long settled(WorkerStatus status) {
    return status.stored()
        + status.duplicate()
        + status.dead()
        + status.released()
        + status.fenced();
  }
}
