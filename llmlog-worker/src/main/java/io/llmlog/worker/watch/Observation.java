package io.llmlog.worker.watch;

import io.llmlog.jdbc.usage.StoreState;
import io.llmlog.spi.EventWriter;
import io.llmlog.spi.QueueInspector.WorkerLease;
import io.llmlog.worker.MaintenanceStatus;
import io.llmlog.worker.WorkerStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was seen of worker, queue and store at one moment. Immutable.
 *
 * @param at when it was complete
 * @param worker the ledger and the loops of this process
 * @param lastWrite when this process last committed a batch; null before
 * @param maintenance the last round of this process; null before, and where there is none
 * @param holdingSince since when this process holds messages without having settled a single one;
 *     null: it holds none, or settles them
 * @param writes what this process committed since the look before
 */
public record Observation(
    Instant at,
    WorkerStatus worker,
    @Nullable Instant lastWrite,
    QueueView queue,
    StoreView store,
    @Nullable MaintenanceStatus maintenance,
    @Nullable Instant holdingSince,
    Writes writes) {
  /** For how long it tells of the present; its figures are unknown after. */
  public static final Duration LASTS = Duration.ofSeconds(30);

  /** One in which messages, where there are any, are being settled, and none was just now. */
  public Observation(
      Instant at,
      WorkerStatus worker,
      @Nullable Instant lastWrite,
      QueueView queue,
      StoreView store,
      @Nullable MaintenanceStatus maintenance) {
    this(at, worker, lastWrite, queue, store, maintenance, null, Writes.NONE);
  }

  /** Before the first look: nothing is known. */
  static Observation none(Instant at) {
    String problem = "not asked yet";
    return new Observation(
        at,
        new WorkerStatus(0, 0, 0, 0, 0, 0, 0, 0, List.of()),
        null,
        QueueView.unknown(problem),
        new StoreView(problem, null, 0, null, null, null, null, false),
        null);
  }

  /** Whether it still tells of the present. */
  public boolean isFresh(Instant now) {
    return Duration.between(at, now).compareTo(LASTS) <= 0;
  }

  /**
   * Transactions that were committed within some time: one for each batch, or for each message
   * where a batch is stored message by message.
   *
   * @param total the time of all of them, from the call of the writer to its answer
   * @param longest zero where there was none
   */
  public record Writes(long count, Duration total, Duration longest) {
    public static final Writes NONE = new Writes(0, Duration.ZERO, Duration.ZERO);

    /** These and those of another time. */
    public Writes plus(Writes others) {
      return new Writes(
          count + others.count,
          total.plus(others.total),
          longest.compareTo(others.longest) < 0 ? others.longest : longest);
    }

    /** Null where there was none. */
    public @Nullable Duration mean() {
      return count == 0 ? null : total.dividedBy(count);
    }
  }

  /**
   * The queue.
   *
   * @param problem why it did not answer, for a person and without secrets; null: it did. The
   *     figures are unknown (null) otherwise
   * @param depth how many messages wait to be claimed
   * @param oldestAge how long the oldest of them waits; null where none does or it tells no time
   * @param workers all that hold a lease, or messages under an expired one
   */
  public record QueueView(
      @Nullable String problem,
      @Nullable Long depth,
      @Nullable Duration oldestAge,
      List<WorkerLease> workers) {
    public QueueView {
      workers = List.copyOf(workers);
    }

    /** One that did not answer. */
    public static QueueView unknown(String problem) {
      return new QueueView(problem, null, null, List.of());
    }
  }

  /**
   * The store.
   *
   * @param problem why the database that this worker writes to did not answer, for a person and
   *     without secrets; null: it did
   * @param state null where no database told it, or the tables are missing
   * @param programVersion the version of the tables that this program writes
   * @param schemaProblem what keeps this program from writing into the tables, with what helps;
   *     null: nothing, or unknown
   * @param pool the connections of the writer; null where it has no pool
   * @param replicaLag how far the read replica is behind, at most; null where it does not know, did
   *     not answer, or there is none
   * @param replicaProblem why the read replica did not answer; null: it did, or there is none
   * @param replicaConfigured whether there is one
   * @param schemaVersion the version of the tables; 0: there are none; null: unknown
   * @param stateProblem why the state is unknown though a database answered, such as rights that
   *     are missing; null: it is known, or the tables are missing
   */
  public record StoreView(
      @Nullable String problem,
      @Nullable StoreState state,
      int programVersion,
      @Nullable String schemaProblem,
      EventWriter.@Nullable Connections pool,
      @Nullable Duration replicaLag,
      @Nullable String replicaProblem,
      boolean replicaConfigured,
      @Nullable Integer schemaVersion,
      @Nullable String stateProblem) {
    /** One of which the state is known, where there is one. */
    public StoreView(
        @Nullable String problem,
        @Nullable StoreState state,
        int programVersion,
        @Nullable String schemaProblem,
        EventWriter.@Nullable Connections pool,
        @Nullable Duration replicaLag,
        @Nullable String replicaProblem,
        boolean replicaConfigured) {
      this(
          problem,
          state,
          programVersion,
          schemaProblem,
          pool,
          replicaLag,
          replicaProblem,
          replicaConfigured,
          state == null ? null : (Integer) state.schemaVersion(),
          null);
    }
  }
}
