package io.llmlog.worker.alert;

import io.llmlog.jdbc.usage.StoreState;
import io.llmlog.jdbc.usage.StoreState.SlowStatement;
import io.llmlog.spi.EventWriter;
import io.llmlog.spi.Pause;
import io.llmlog.spi.QueueInspector.WorkerLease;
import io.llmlog.worker.MaintenanceStatus;
import io.llmlog.worker.WorkerStatus;
import io.llmlog.worker.watch.Observation;
import io.llmlog.worker.watch.Observation.QueueView;
import io.llmlog.worker.watch.Observation.StoreView;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What might be seen of a worker and its servers: all is well unless said. */
final class Given {
  static final Instant ROUND = Instant.parse("2026-11-25T02:30:00Z");

  private @Nullable String queueProblem;
  private long depth;
  private @Nullable Duration age;
  private List<WorkerLease> leases = List.of(lease(30, Pause.NONE), lease(30, Pause.NONE));
  private @Nullable String storeProblem;
  private EventWriter.Connections pool = new EventWriter.Connections("llmlog", 2, 0, 0, 2);
  private @Nullable String replicaProblem;
  private Duration replicaLag = Duration.ZERO;
  private long deadLetters = 12;
  private long dead = 3;
  private long defaultRows;
  private Duration rollupLag = Duration.ZERO;
  private List<SlowStatement> slow = List.of();
  private @Nullable String failure;
  private List<String> stuck = List.of();
  private Instant round = ROUND;
  private boolean still;
  private long inFlight;

  static WorkerLease lease(int seconds, Pause pause) {
    return new WorkerLease("worker-" + seconds, Duration.ofSeconds(seconds), pause, 0);
  }

  Given queueProblem(String text) {
    queueProblem = text;
    return this;
  }

  Given depth(long messages) {
    depth = messages;
    return this;
  }

  Given age(Duration oldest) {
    age = oldest;
    return this;
  }

  Given leases(WorkerLease... all) {
    leases = List.of(all);
    return this;
  }

  Given storeProblem(String text) {
    storeProblem = text;
    return this;
  }

  Given pool(int active, int idle, int waiting) {
    pool = new EventWriter.Connections("llmlog", active, idle, waiting, 2);
    return this;
  }

  Given replicaProblem(String text) {
    replicaProblem = text;
    return this;
  }

  Given replicaLag(Duration lag) {
    replicaLag = lag;
    return this;
  }

  Given deadLetters(long inTheTable) {
    deadLetters = inTheTable;
    return this;
  }

  Given dead(long byThisWorker) {
    dead = byThisWorker;
    return this;
  }

  Given defaultRows(long rows) {
    defaultRows = rows;
    return this;
  }

  Given rollupLag(Duration lag) {
    rollupLag = lag;
    return this;
  }

  Given slow(Duration running) {
    slow = List.of(new SlowStatement(running, "active", "psql", "SELECT"));
    return this;
  }

  Given failure(String text) {
    failure = text;
    return this;
  }

  Given stuck(String... undone) {
    stuck = List.of(undone);
    return this;
  }

  Given round(Instant at) {
    round = at;
    return this;
  }

  /** Nothing is stored from one moment to the next. */
  Given still(long messagesInHand) {
    still = true;
    inFlight = messagesInHand;
    return this;
  }

  /** As it is seen at a moment; each second a row is stored, unless it is still. */
  Observation at(Instant at) {
    long stored = still ? 7 : at.getEpochSecond();
    WorkerStatus worker =
        new WorkerStatus(stored + dead + inFlight, 0, stored, 0, dead, 0, 0, inFlight, List.of());
    QueueView queue =
        queueProblem == null
            ? new QueueView(null, depth, age, leases)
            : QueueView.unknown(queueProblem);
    StoreState state =
        storeProblem == null
            ? new StoreState(6, deadLetters, defaultRows, List.of(), rollupLag, slow, 0)
            : null;
    StoreView store =
        new StoreView(
            storeProblem,
            state,
            6,
            null,
            pool,
            replicaProblem == null ? replicaLag : null,
            replicaProblem,
            true);
    MaintenanceStatus maintenance =
        new MaintenanceStatus(
            round, failure, false, Map.of(), Map.of(), List.of(), Map.of(), stuck);
    return new Observation(at, worker, at, queue, store, maintenance);
  }
}
