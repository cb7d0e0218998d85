package io.llmlog.worker.metrics;

import io.llmlog.jdbc.usage.StoreState;
import io.llmlog.jdbc.usage.StoreState.Part;
import io.llmlog.jdbc.usage.StoreState.SlowStatement;
import io.llmlog.spi.Pause;
import io.llmlog.spi.QueueInspector.WorkerLease;
import io.llmlog.worker.WorkerStatus;
import io.llmlog.worker.WorkerStatus.LoopStatus;
import io.llmlog.worker.WorkerStatus.State;
import io.llmlog.worker.watch.Observation;
import io.llmlog.worker.watch.Observation.QueueView;
import io.llmlog.worker.watch.Observation.StoreView;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Observations as tests want them. */
final class Seen {
  static final StoreState STATE =
      new StoreState(
          7,
          42,
          3,
          List.of(),
          Duration.ofMinutes(90),
          List.of(new SlowStatement(Duration.ofSeconds(9), "active", "psql", "SELECT $1")),
          1L << 30);

  static final QueueView QUEUE =
      new QueueView(
          null,
          1234L,
          Duration.ofMillis(61_500),
          List.of(
              new WorkerLease("a", Duration.ofSeconds(20), Pause.NONE, 100),
              new WorkerLease("b", Duration.ofSeconds(20), Pause.NONE, 0),
              new WorkerLease("c", Duration.ofSeconds(20), Pause.REFUSED, 50),
              new WorkerLease("d", Duration.ZERO, Pause.NONE, 7)));

  private Seen() {}

  static WorkerStatus status(State... loops) {
    List<LoopStatus> all = new ArrayList<>();
    for (State state : loops) {
      all.add(new LoopStatus("llmlog-worker-" + all.size(), state, null, Instant.EPOCH));
    }
    return new WorkerStatus(100, 20, 60, 30, 5, 4, 1, 20, all);
  }

  static Observation of(Instant at, QueueView queue, StoreView store) {
    return new Observation(at, status(State.RUNNING), null, queue, store, null);
  }

  static StoreView store(@Nullable StoreState state) {
    return new StoreView(null, state, 7, null, null, Duration.ofMillis(2500), null, true);
  }

  static StoreView withoutTables() {
    return new StoreView(
        null, null, 7, "run: llmlog schema apply", null, null, null, false, 0, null);
  }

  static StoreView unanswered(String problem) {
    return new StoreView(problem, null, 7, null, null, null, problem, true);
  }

  /** What a role with few rights sees. */
  static StoreState blind() {
    return new StoreState(
        7,
        0,
        0,
        List.of(),
        Duration.ZERO,
        List.of(),
        0,
        Map.of(Part.DEAD_LETTERS, "no right", Part.ROLLUP_LAG, "no right"));
  }
}
