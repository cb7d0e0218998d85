package io.llmlog.worker.dashboard;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.llmlog.jdbc.maintain.Retention;
import io.llmlog.jdbc.usage.StoreState;
import io.llmlog.jdbc.usage.StoreState.Part;
import io.llmlog.jdbc.usage.StoreState.Slice;
import io.llmlog.jdbc.usage.StoreState.SlowStatement;
import io.llmlog.spi.EventWriter;
import io.llmlog.spi.QueueInspector.WorkerLease;
import io.llmlog.worker.MaintenanceStatus;
import io.llmlog.worker.WorkerStatus;
import io.llmlog.worker.WorkerStatus.LoopStatus;
import io.llmlog.worker.alert.Alert;
import io.llmlog.worker.watch.Health;
import io.llmlog.worker.watch.Observation;
import io.llmlog.worker.watch.Observation.QueueView;
import io.llmlog.worker.watch.Observation.StoreView;
import io.llmlog.worker.watch.Observation.Writes;
import io.llmlog.worker.watch.Watch;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Whether calls arrive: what the watch saw last. Asks no server. */
final class PipelinePage {
  /** Long enough for a batch or two of a worker that has little to do. */
  private static final Duration RECENT = Duration.ofMinutes(1);

  private final Watch watch;
  private final Supplier<List<Alert>> alerts;
  private final Retention retention;
  private final InstantSource clock;

  PipelinePage(
      Watch watch, Supplier<List<Alert>> alerts, Retention retention, InstantSource clock) {
    this.watch = watch;
    this.alerts = alerts;
    this.retention = retention;
    this.clock = clock;
  }

  ObjectNode answer(Context request) throws Refusal {
    Asked.of(request, Set.of(), false);
    Observation seen = watch.now();
    ObjectNode answer = Json.object().put("at", Json.time(seen.at()));
    queue(answer, seen.queue());
    ArrayNode history = answer.putArray("history");
    for (Observation past : watch.history()) {
      ObjectNode point = history.addObject().put("at", Json.time(past.at()));
      point.put("depth", past.queue().depth());
      point.put("oldest_age_seconds", age(past.queue()));
      writes(point, "write_", past.writes());
    }
    worker(answer, seen);
    write(answer, seen);
    store(answer, seen.store());
    answer.set("maintenance", maintenance(seen.maintenance()));
    answer
        .putObject("retention")
        .put("rows", retention.rows().toString())
        .put("contents", retention.contents().toString())
        .put("rollup", retention.rollup().toString());
    ArrayNode firing = answer.putArray("alerts");
    for (Alert alert : alerts.get()) {
      firing
          .addObject()
          .put("name", alert.name())
          .put("severity", alert.severity())
          .put("since", Json.time(alert.since()))
          .put("summary", alert.summary())
          .put("runbook", alert.runbook());
    }
    ArrayNode health = answer.putArray("health");
    for (Health.Check check : Health.of(seen, clock.instant()).checks()) {
      health
          .addObject()
          .put("name", check.name())
          .put("ok", check.ok())
          .put("reason", check.reason());
    }
    return answer;
  }

  private static void queue(ObjectNode answer, QueueView queue) {
    answer
        .putObject("queue")
        .put("problem", queue.problem())
        .put("depth", queue.depth())
        .put("oldest_age_seconds", age(queue))
        .put("claimed", queue.workers().stream().mapToLong(WorkerLease::claimed).sum());
    ArrayNode workers = answer.putArray("workers");
    for (WorkerLease lease : queue.workers()) {
      workers
          .addObject()
          .put("worker", lease.worker())
          .put("alive", lease.alive())
          .put("paused", lease.paused())
          .put("expires_in_ms", lease.expiresIn().toMillis())
          .put("claimed", lease.claimed());
    }
  }

  /** An empty queue waits for nothing. */
  private static @Nullable Double age(QueueView queue) {
    Long depth = queue.depth();
    return depth != null && depth == 0 ? Double.valueOf(0) : Json.seconds(queue.oldestAge());
  }

  private static void worker(ObjectNode answer, Observation seen) {
    WorkerStatus worker = seen.worker();
    ArrayNode loops = answer.putArray("loops");
    for (LoopStatus loop : worker.loops()) {
      loops
          .addObject()
          .put("name", loop.name())
          .put("state", loop.state().name().toLowerCase(Locale.ROOT))
          .put("reason", loop.reason())
          .put("since", Json.time(loop.since()));
    }
    answer
        .putObject("worker")
        .put("claimed", worker.claimed())
        .put("adopted", worker.adopted())
        .put("stored", worker.stored())
        .put("duplicate", worker.duplicate())
        .put("dead", worker.dead())
        .put("released", worker.released())
        .put("fenced", worker.fenced())
        .put("in_flight", worker.inFlight());
  }

  private void write(ObjectNode answer, Observation seen) {
    Instant since = seen.at().minus(RECENT);
    Writes recent =
        watch.history().stream()
            .filter(past -> past.at().isAfter(since))
            .map(Observation::writes)
            .reduce(Writes.NONE, Writes::plus);
    ObjectNode node = answer.putObject("write").put("last", Json.time(seen.lastWrite()));
    writes(node.put("recent", recent.count()), "", recent);
  }

  /** Null where there was none. */
  private static void writes(ObjectNode node, String prefix, Writes writes) {
    Duration mean = writes.mean();
    node.put(prefix + "mean_ms", mean == null ? null : millis(mean));
    node.put(prefix + "max_ms", mean == null ? null : millis(writes.longest()));
  }

  /** To the microsecond. */
  private static double millis(Duration duration) {
    return TimeUnit.NANOSECONDS.toMicros(duration.toNanos()) / 1000.0;
  }

  private static void store(ObjectNode answer, StoreView store) {
    EventWriter.Connections pool = store.pool();
    if (pool == null) {
      answer.putNull("pool");
    } else {
      answer
          .putObject("pool")
          .put("pool", pool.pool())
          .put("active", pool.active())
          .put("idle", pool.idle())
          .put("waiting", pool.waiting())
          .put("max", pool.max());
    }
    ObjectNode node = answer.putObject("store");
    String problem = store.problem() == null ? store.stateProblem() : store.problem();
    node.put("problem", problem).put("schema_problem", store.schemaProblem());
    node.put("program_version", store.programVersion());
    StoreState state = store.state();
    if (state != null) {
      state(node, state);
    }
    if (store.replicaConfigured()) {
      answer
          .putObject("replica")
          .put("lag_seconds", Json.seconds(store.replicaLag()))
          .put("problem", store.replicaProblem());
    } else {
      answer.putNull("replica");
    }
  }

  /** What the role may not see is null, and said. */
  private static void state(ObjectNode node, StoreState state) {
    Map<Part, String> unseen = state.unseen();
    node.put("schema_version", state.schemaVersion());
    node.put("dead_letters", seen(unseen, Part.DEAD_LETTERS, state.deadLetters()));
    node.put("default_rows", state.defaultRows());
    node.put("rollup_lag_seconds", seen(unseen, Part.ROLLUP_LAG, state.rollupLag()));
    node.put("bytes", state.bytes());
    ArrayNode slices = node.putArray("slices");
    for (Slice slice : state.slices()) {
      slices
          .addObject()
          .put("table", slice.table())
          .put("name", slice.name())
          .put("from", Json.time(slice.from()))
          .put("to", Json.time(slice.to()))
          .put("estimated_rows", slice.estimatedRows())
          .put("bytes", slice.bytes());
    }
    ArrayNode slow = node.putArray("slow");
    for (SlowStatement statement : state.slow()) {
      slow.addObject()
          .put("running_seconds", Json.seconds(statement.running()))
          .put("state", statement.state())
          .put("application", statement.application())
          .put("text", statement.text());
    }
    ArrayNode notes = node.putArray("unseen");
    unseen.values().stream().sorted().forEach(notes::add);
  }

  private static @Nullable Long seen(Map<Part, String> unseen, Part part, long figure) {
    return unseen.containsKey(part) ? null : Long.valueOf(figure);
  }

  private static @Nullable Double seen(Map<Part, String> unseen, Part part, Duration figure) {
    return unseen.containsKey(part) ? null : Json.seconds(figure);
  }

  private static @Nullable ObjectNode maintenance(@Nullable MaintenanceStatus round) {
    if (round == null) {
      return null;
    }
    ObjectNode node = Json.object().put("at", Json.time(round.at()));
    node.put("failure", round.failure()).put("elsewhere", round.elsewhere());
    counts(node.putObject("partitions"), round.partitions());
    counts(node.putObject("default_rows"), round.defaultRows());
    ArrayNode dropped = node.putArray("dropped");
    round.dropped().forEach(dropped::add);
    counts(node.putObject("deleted"), round.deleted());
    ArrayNode stuck = node.putArray("stuck");
    round.stuck().forEach(stuck::add);
    return node;
  }

  private static void counts(ObjectNode node, Map<String, Long> counts) {
    counts.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(each -> node.put(each.getKey(), each.getValue()));
  }
}
