package io.llmlog.worker.metrics;

import io.llmlog.metrics.Remembered;
import io.llmlog.spi.EventWriter.Connections;
import io.llmlog.worker.MaintenanceStatus;
import io.llmlog.worker.WorkerStatus;
import io.llmlog.worker.WorkerStatus.State;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** What a worker knows of itself. Each figure is that of the moment, or of the second before. */
final class WorkerMeters {
  private final Meters meters;
  private final Remembered<WorkerStatus> status;
  private final Remembered<Optional<Connections>> pool;
  private final Supplier<@Nullable Instant> lastWrite;
  private final Supplier<@Nullable MaintenanceStatus> maintenance;

  WorkerMeters(
      MeterRegistry registry,
      Supplier<WorkerStatus> status,
      Supplier<@Nullable Instant> lastWrite,
      Supplier<@Nullable MaintenanceStatus> maintenance,
      Supplier<@Nullable Connections> pool) {
    this.meters = new Meters(registry);
    this.status = new Remembered<>(status, registry.config().clock());
    this.lastWrite = lastWrite;
    this.maintenance = maintenance;
    this.pool = new Remembered<>(() -> Optional.ofNullable(pool.get()), registry.config().clock());
  }

  void register() {
    counter("claimed", "Messages taken from the queue", WorkerStatus::claimed);
    counter("adopted", "Messages taken over from another worker", WorkerStatus::adopted);
    counter("stored", "New rows", WorkerStatus::stored);
    counter("duplicate", "Messages whose row was there already", WorkerStatus::duplicate);
    counter("dead", "Messages kept as dead letters", WorkerStatus::dead);
    counter("released", "Messages left to the next worker at the stop", WorkerStatus::released);
    counter(
        "fenced", "Messages whose lease was lost before they were stored", WorkerStatus::fenced);
    meters.gauge("llmlog.worker.in.flight", "Messages in hand", () -> status.get().inFlight());
    for (State state : State.values()) {
      meters.gauge(
          "llmlog.worker.loops",
          "Threads of the worker by what they do",
          () -> status.get().loops().stream().filter(loop -> loop.state() == state).count(),
          "state",
          state.name().toLowerCase(Locale.ROOT));
    }
    meters.seconds(
        "llmlog.worker.last.write.timestamp",
        "When the worker last committed to the store",
        () -> timestamp(lastWrite.get()));
    meters.gauge(
        "llmlog.maintenance.up",
        "1: the last round of maintenance did all that it should",
        () -> up(maintenance.get()));
    meters.seconds(
        "llmlog.maintenance.last.timestamp",
        "When the last round of maintenance was, good or not",
        () -> {
          MaintenanceStatus last = maintenance.get();
          return timestamp(last == null ? null : last.at());
        });
    pool.get().ifPresent(known -> registerPool(known.pool()));
  }

  private void registerPool(String name) {
    connections("", "Open connections", now -> (double) now.active() + now.idle(), name);
    connections(".active", "Connections in use", Connections::active, name);
    connections(".idle", "Connections that wait for use", Connections::idle, name);
    connections(".pending", "Threads that wait for a connection", Connections::waiting, name);
    connections(".max", "The most connections of the pool", Connections::max, name);
  }

  private void counter(String name, String description, ToDoubleFunction<WorkerStatus> count) {
    meters.counter("llmlog.worker." + name, description, () -> count.applyAsDouble(status.get()));
  }

  private void connections(
      String suffix, String description, ToDoubleFunction<Connections> figure, String poolName) {
    meters.gauge(
        "hikaricp.connections" + suffix,
        description,
        () -> pool.get().map(figure::applyAsDouble).orElse(Double.NaN),
        "pool",
        poolName);
  }

  private static double up(@Nullable MaintenanceStatus last) {
    if (last == null) {
      return Double.NaN;
    }
    return last.failure() == null && last.stuck().isEmpty() ? 1 : 0;
  }

  private static double timestamp(@Nullable Instant moment) {
    return moment == null ? Double.NaN : moment.toEpochMilli() / 1000.0;
  }
}
