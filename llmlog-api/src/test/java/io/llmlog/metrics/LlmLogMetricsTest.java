package io.llmlog.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.LlmLogger;
import io.llmlog.delivery.DeliverySnapshot;
import io.llmlog.delivery.LedgerSnapshot;
import io.llmlog.delivery.Reasons;
import io.llmlog.delivery.RoadSnapshot;
import io.llmlog.event.LlmEvent;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LlmLogMetricsTest {
  private static final LedgerSnapshot COUNTS =
      new LedgerSnapshot(
          110,
          100,
          9,
          50,
          20,
          7,
          10,
          12,
          20,
          Map.of("close_timeout", 3L, "spool_damaged", 4L),
          Map.of("buffer_full", 8L, "of_a_later_version", 2L));
  private static final DeliverySnapshot ALL =
      new DeliverySnapshot(
          COUNTS,
          1_000,
          64_000,
          2_000,
          128_000,
          new RoadSnapshot(30, 5, Duration.ofMillis(1500), true),
          new RoadSnapshot(4, 0, Duration.ofSeconds(2), false));

  private final MockClock clock = new MockClock();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry(SimpleConfig.DEFAULT, clock);
  private final Shown logger = new Shown(ALL);

  @Test
  void theLedger_isShownByOutcome() {
    LlmLogMetrics.bind(logger, registry);
    assertEquals(110, counter("llmlog.events.offered"));
    assertEquals(100, counter("llmlog.events.accepted"));
    assertEquals(9, counter("llmlog.events.adopted"));
    assertEquals(50, counter("llmlog.events.queued"));
    assertEquals(20, counter("llmlog.events.fallback"));
    assertEquals(12, gauge("llmlog.events.pending"));
    assertEquals(20, gauge("llmlog.events.spooled"));
  }

  @Test
  void losses_areShownByReason_andAddUp() {
    LlmLogMetrics.bind(logger, registry);
    assertEquals(3, counter("llmlog.events.dropped", "reason", "close_timeout"));
    assertEquals(4, counter("llmlog.events.dropped", "reason", "spool_damaged"));
    assertEquals(0, counter("llmlog.events.dropped", "reason", "other"));
    assertEquals(8, counter("llmlog.events.refused", "reason", "buffer_full"));
    assertEquals(2, counter("llmlog.events.refused", "reason", "other"));
    assertEquals(
        10,
        registry.find("llmlog.events.refused").functionCounters().stream()
            .mapToDouble(counter -> counter.count())
            .sum());
  }

  @Test
  void everyKnownReason_isThereFromTheStart() {
    try (LlmLogger disabled = LlmLogger.fromEnvironment(Map.of("LLMLOG_ENABLED", "false"))) {
      LlmLogMetrics.bind(disabled, registry);
      for (String reason : Reasons.OF_REFUSALS) {
        assertEquals(0, counter("llmlog.events.refused", "reason", reason), reason);
      }
      for (String reason : Reasons.OF_DROPS) {
        assertEquals(0, counter("llmlog.events.dropped", "reason", reason), reason);
      }
      assertFalse(disabled.log(LlmEvent.builder("cv.parse").build()));
      clock.add(Duration.ofSeconds(2));
      assertEquals(1, counter("llmlog.events.refused", "reason", "disabled"));
      assertNull(registry.find("llmlog.publish").functionTimer(), "it has no road");
    }
  }

  @Test
  void roomAndRoads_areShown() {
    LlmLogMetrics.bind(logger, registry);
    assertEquals(1_000, gauge("llmlog.buffer"));
    assertEquals(64_000, gauge("llmlog.buffer.max"));
    assertEquals(2_000, gauge("llmlog.spool"));
    assertEquals(128_000, gauge("llmlog.spool.max"));
    FunctionTimer queue = registry.get("llmlog.publish").tag("road", "queue").functionTimer();
    assertEquals(30, queue.count());
    assertEquals(1.5, queue.totalTime(TimeUnit.SECONDS), 1e-9);
    assertEquals(5, counter("llmlog.publish.failures", "road", "queue"));
    assertEquals(0, counter("llmlog.publish.failures", "road", "fallback"));
    assertEquals(1, gauge("llmlog.circuit.open", "road", "queue"));
    assertEquals(0, gauge("llmlog.circuit.open", "road", "fallback"));
  }

  @Test
  void aRoadThatIsNotThere_hasNoMeters() {
    DeliverySnapshot queueAlone =
        new DeliverySnapshot(COUNTS, 0, 1, 0, 0, ALL.queue(), /* fallback= */ null);
    LlmLogMetrics.bind(new Shown(queueAlone), registry);
    assertEquals(
        List.of("queue"),
        registry.find("llmlog.publish").functionTimers().stream()
            .map(timer -> timer.getId().getTag("road"))
            .toList());
  }

  @Test
  void aScrape_readsTheLoggerOnce() {
    LlmLogMetrics.bind(logger, registry);
    logger.reads = 0;
    for (int i = 0; i < 2; i++) {
      registry.getMeters().forEach(meter -> meter.measure().forEach(m -> m.getValue()));
    }
    assertEquals(1, logger.reads);
    clock.add(Duration.ofSeconds(1));
    registry.getMeters().forEach(meter -> meter.measure().forEach(m -> m.getValue()));
    assertEquals(2, logger.reads);
  }

  @Test
  void severalLoggers_areToldApartByTheirTags() {
    new LlmLogMetrics(logger, Tags.of("logger", "a")).bindTo(registry);
    new LlmLogMetrics(new Shown(DeliverySnapshot.of(COUNTS)), Tags.of("logger", "b"))
        .bindTo(registry);
    assertEquals(1_000, gauge("llmlog.buffer", "logger", "a"));
    assertEquals(0, gauge("llmlog.buffer", "logger", "b"));
  }

  @Test
  @SuppressWarnings("NullAway") // what a careless caller does
  void aRealLogger_showsWhatItDid(@TempDir Path spool) {
    try (LlmLogger llm =
        LlmLogger.fromEnvironment(
            Map.of(
                "REDIS_URL",
                "test://queue",
                "ANALYTICS_DATABASE_URL",
                "test://store/db",
                "LLMLOG_SPOOL_DIR",
                spool.toString()))) {
      LlmLogMetrics.bind(llm, registry);
      assertTrue(llm.log(LlmEvent.builder("cv.parse").build()));
      assertFalse(llm.log(null));
      assertTrue(llm.flush(Duration.ofSeconds(20)));
      clock.add(Duration.ofSeconds(2));
      assertEquals(2, counter("llmlog.events.offered"));
      assertEquals(1, counter("llmlog.events.fallback"));
      assertEquals(1, counter("llmlog.events.refused", "reason", "no_event"));
      assertEquals(1, counter("llmlog.publish.failures", "road", "queue"));
      assertEquals(1, gauge("llmlog.circuit.open", "road", "queue"));
      assertEquals(0, gauge("llmlog.circuit.open", "road", "fallback"));
      assertEquals(0, gauge("llmlog.buffer"));
      assertEquals(64 << 20, gauge("llmlog.buffer.max"));
      assertEquals(1 << 30, gauge("llmlog.spool.max"));
    }
  }

  private double counter(String name, String... tags) {
    return registry.get(name).tags(tags).functionCounter().count();
  }

  private double gauge(String name, String... tags) {
    return registry.get(name).tags(tags).gauge().value();
  }

  /** A logger whose delivery stands as a test says. */
  private static final class Shown implements LlmLogger {
    private final DeliverySnapshot delivery;
    int reads;

    Shown(DeliverySnapshot delivery) {
      this.delivery = delivery;
    }

    @Override
    public DeliverySnapshot delivery() {
      reads++;
      return delivery;
    }

    @Override
    public LedgerSnapshot counts() {
      return delivery.counts();
    }

    @Override
    public boolean log(LlmEvent event) {
      return false;
    }

    @Override
    public boolean flush(Duration timeout) {
      return true;
    }

    @Override
    public void close() {}
  }
}
