package io.llmlog.worker.metrics;

import io.llmlog.jdbc.usage.StoreState;
import io.llmlog.jdbc.usage.StoreState.Part;
import io.llmlog.spi.QueueInspector.WorkerLease;
import io.llmlog.worker.watch.Observation;
import io.llmlog.worker.watch.Observation.QueueView;
import io.llmlog.worker.watch.Observation.StoreView;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.function.DoubleSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * What was seen of queue and store. An old figure would be taken for the present, so what is not
 * known now is NaN: where the server did not answer, where its role may not see it, and everything
 * where the last look is long ago.
 */
final class WatchMeters {
  private final Meters meters;
  private final Clock clock;
  private final Supplier<? extends @Nullable Observation> lastSeen;

  WatchMeters(MeterRegistry registry, Supplier<? extends @Nullable Observation> lastSeen) {
    this.meters = new Meters(registry);
    this.clock = registry.config().clock();
    this.lastSeen = lastSeen;
  }

  void register(boolean replica) {
    registerQueue();
    registerStore();
    if (replica) {
      meters.gauge(
          "llmlog.replica.up",
          "1: the read replica answers",
          store(view -> up(view.replicaProblem())));
      meters.seconds(
          "llmlog.replica.lag",
          "How far the read replica is behind, at most",
          store(view -> seconds(view.replicaLag())));
    }
  }

  private void registerQueue() {
    meters.gauge("llmlog.queue.up", "1: the queue answers", seen(o -> up(o.queue().problem())));
    meters.gauge(
        "llmlog.queue.depth", "Messages that wait to be claimed", queue(WatchMeters::depth));
    meters.seconds(
        "llmlog.queue.oldest.age",
        "How long the oldest message has waited; 0: none waits",
        queue(view -> depth(view) == 0 ? 0 : seconds(view.oldestAge())));
    meters.gauge(
        "llmlog.queue.claimed",
        "Messages in the hands of all workers",
        queue(view -> view.workers().stream().mapToLong(WorkerLease::claimed).sum()));
    workers("alive", lease -> lease.alive() && !lease.paused());
    workers("paused", lease -> lease.alive() && lease.paused());
    workers("expired", lease -> !lease.alive());
  }

  private void workers(String state, Predicate<WorkerLease> of) {
    meters.gauge(
        "llmlog.queue.workers",
        "Threads of all workers in the eyes of the queue, each in one state",
        queue(view -> view.workers().stream().filter(of).count()),
        "state",
        state);
  }

  private void registerStore() {
    meters.gauge("llmlog.database.up", "1: the database answers", store(v -> up(v.problem())));
    meters.gauge(
        "llmlog.database.slow.statements",
        "Statements that have been running for long",
        state(state -> state.slow().size()));
    meters.gauge(
        "llmlog.schema.version",
        "The version of the tables; 0: there are none",
        store(view -> number(view.schemaVersion())));
    meters.gauge(
        "llmlog.dead.letters",
        "Messages that could not be rows and wait for a person",
        state(Part.DEAD_LETTERS, StoreState::deadLetters));
    meters.gauge(
        "llmlog.default.partition.rows",
        "Rows whose time has no partition of its own",
        state(StoreState::defaultRows));
    meters.seconds(
        "llmlog.rollup.lag",
        "How long the oldest past day has waited to be summed up",
        state(Part.ROLLUP_LAG, state -> seconds(state.rollupLag())));
  }

  private DoubleSupplier seen(ToDoubleFunction<Observation> figure) {
    return () -> {
      Observation last = lastSeen.get();
      boolean known =
          last != null
              // Every worker has loops: this one was made before the first look.
              && !last.worker().loops().isEmpty()
              && last.isFresh(Instant.ofEpochMilli(clock.wallTime()));
      return known ? figure.applyAsDouble(last) : Double.NaN;
    };
  }

  private DoubleSupplier queue(ToDoubleFunction<QueueView> figure) {
    return seen(
        last -> last.queue().problem() == null ? figure.applyAsDouble(last.queue()) : Double.NaN);
  }

  private DoubleSupplier store(ToDoubleFunction<StoreView> figure) {
    return seen(last -> figure.applyAsDouble(last.store()));
  }

  private DoubleSupplier state(ToDoubleFunction<StoreState> figure) {
    return store(
        view -> {
          StoreState state = view.state();
          return state == null ? Double.NaN : figure.applyAsDouble(state);
        });
  }

  private DoubleSupplier state(Part part, ToDoubleFunction<StoreState> figure) {
    return state(
        state -> state.unseen().containsKey(part) ? Double.NaN : figure.applyAsDouble(state));
  }

  private static double depth(QueueView view) {
    Long depth = view.depth();
    return depth == null ? Double.NaN : depth;
  }

  private static double number(@Nullable Integer number) {
    return number == null ? Double.NaN : number;
  }

  private static double seconds(@Nullable Duration duration) {
    return duration == null ? Double.NaN : duration.toMillis() / 1000.0;
  }

  private static double up(@Nullable String problem) {
    return problem == null ? 1 : 0;
  }
}
