package io.llmlog.metrics;

import io.llmlog.LlmLogger;
import io.llmlog.delivery.DeliverySnapshot;
import io.llmlog.delivery.LedgerSnapshot;
import io.llmlog.delivery.Reasons;
import io.llmlog.delivery.RoadSnapshot;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.BaseUnits;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Where the events of a logger went, what its buffer and spool hold, and how its roads are, as
 * meters.
 *
 * <pre>{@code
 * LlmLogMetrics.bind(llm, registry);
 * }</pre>
 *
 * <p>Costs {@code log()} nothing: all is read from the logger's own counts when the registry asks,
 * once for a whole scrape. The registry keeps the logger from then on; one that was closed shows
 * its last figures. docs/METRICS.md lists the meters. Safe for use by several threads at once.
 */
public final class LlmLogMetrics implements MeterBinder {
  /** A reason that is none of the known ones, so that the reasons always add up. */
  private static final String OTHER = "other";

  private final LlmLogger logger;
  private final Tags tags;

  /** For a framework that binds by itself whatever is a {@link MeterBinder}. */
  public LlmLogMetrics(LlmLogger logger) {
    this(logger, List.of());
  }

  /**
   * @param tags set on every meter: needed where several loggers share a registry, which would else
   *     show the first alone
   */
  public LlmLogMetrics(LlmLogger logger, Iterable<Tag> tags) {
    this.logger = logger;
    this.tags = Tags.of(tags);
  }

  /** Registers the meters of a logger. */
  public static void bind(LlmLogger logger, MeterRegistry registry) {
    new LlmLogMetrics(logger).bindTo(registry);
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    Binding binding =
        new Binding(registry, tags, new Remembered<>(logger::delivery, registry.config().clock()));
    binding.events();
    binding.room();
    DeliverySnapshot now = logger.delivery();
    if (now.queue() != null) {
      binding.road("queue", DeliverySnapshot::queue);
    }
    if (now.fallback() != null) {
      binding.road("fallback", DeliverySnapshot::fallback);
    }
  }

  /** Its functions hold the snapshots themselves: a meter alone would let go of them. */
  private record Binding(MeterRegistry registry, Tags tags, Remembered<DeliverySnapshot> delivery) {
    void events() {
      counter("offered", "Calls of log()", LedgerSnapshot::offered);
      counter("accepted", "Events that log() accepted", LedgerSnapshot::accepted);
      counter("adopted", "Events taken over from a dead process", LedgerSnapshot::adopted);
      counter("queued", "Events that the queue has", LedgerSnapshot::queued);
      counter("fallback", "Events written straight to the store", LedgerSnapshot::fallback);
      reasons(
          "dropped",
          "Accepted events that were given up",
          Reasons.OF_DROPS,
          LedgerSnapshot::droppedBy);
      reasons(
          "refused",
          "Events that log() did not accept",
          Reasons.OF_REFUSALS,
          LedgerSnapshot::refusedBy);
      gauge("llmlog.events.pending", "Events in memory", null, now -> now.counts().pending());
      gauge("llmlog.events.spooled", "Events in the spool", null, now -> now.counts().spooled());
    }

    void room() {
      gauge(
          "llmlog.buffer",
          "What the events in memory take",
          BaseUnits.BYTES,
          DeliverySnapshot::bufferBytes);
      gauge(
          "llmlog.buffer.max",
          "The most that the events in memory may take",
          BaseUnits.BYTES,
          DeliverySnapshot::bufferMaxBytes);
      gauge(
          "llmlog.spool",
          "What the spool's files take",
          BaseUnits.BYTES,
          DeliverySnapshot::spoolBytes);
      gauge(
          "llmlog.spool.max",
          "The most that the spool's files may take",
          BaseUnits.BYTES,
          DeliverySnapshot::spoolMaxBytes);
    }

    void road(String name, Function<DeliverySnapshot, @Nullable RoadSnapshot> of) {
      Tags own = tags.and("road", name);
      FunctionTimer.builder(
              "llmlog.publish",
              delivery,
              held -> (long) figure(of, RoadSnapshot::attempts),
              held -> figure(of, road -> road.time().toNanos()),
              TimeUnit.NANOSECONDS)
          .description("Attempts to bring a batch out of the service, failed ones included")
          .tags(own)
          .register(registry);
      FunctionCounter.builder(
              "llmlog.publish.failures", delivery, held -> figure(of, RoadSnapshot::failures))
          .description("Attempts after which the batch is not known to have arrived")
          .tags(own)
          .register(registry);
      Gauge.builder(
              "llmlog.circuit.open",
              delivery,
              held -> figure(of, road -> road.circuitOpen() ? 1 : 0))
          .description("1: the last attempt failed, and the road is left alone for a while")
          .tags(own)
          .register(registry);
    }

    private double figure(
        Function<DeliverySnapshot, @Nullable RoadSnapshot> of,
        ToDoubleFunction<RoadSnapshot> figure) {
      RoadSnapshot road = of.apply(delivery.get());
      return road == null ? Double.NaN : figure.applyAsDouble(road);
    }

    private void counter(String name, String description, ToLongFunction<LedgerSnapshot> count) {
      counter(name, description, tags, count);
    }

    private void counter(
        String name, String description, Tags own, ToLongFunction<LedgerSnapshot> count) {
      FunctionCounter.builder(
              "llmlog.events." + name, delivery, held -> count.applyAsLong(delivery.get().counts()))
          .description(description)
          .tags(own)
          .register(registry);
    }

    /** Each known reason from the start, so that a first loss is an increase. */
    private void reasons(
        String name,
        String description,
        List<String> known,
        Function<LedgerSnapshot, Map<String, Long>> by) {
      for (String reason : known) {
        counter(
            name,
            description,
            tags.and("reason", reason),
            counts -> by.apply(counts).getOrDefault(reason, 0L));
      }
      counter(
          name,
          description,
          tags.and("reason", OTHER),
          counts ->
              by.apply(counts).entrySet().stream()
                  .filter(entry -> !known.contains(entry.getKey()))
                  .mapToLong(Map.Entry::getValue)
                  .sum());
    }

    private void gauge(
        String name,
        String description,
        @Nullable String unit,
        ToLongFunction<DeliverySnapshot> figure) {
      Gauge.builder(name, delivery, held -> figure.applyAsLong(delivery.get()))
          .description(description)
          .baseUnit(unit)
          .tags(tags)
          .register(registry);
    }
  }
}
