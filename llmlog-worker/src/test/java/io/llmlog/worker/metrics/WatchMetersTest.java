package io.llmlog.worker.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.worker.WorkerStatus;
import io.llmlog.worker.watch.Observation;
import io.llmlog.worker.watch.Observation.QueueView;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.simple.SimpleConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What was seen is shown as it was, and what is not known is shown as unknown. */
final class WatchMetersTest {
  private final MockClock clock = new MockClock();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry(SimpleConfig.DEFAULT, clock);
  private @Nullable Observation last;

  @Test
  void whatWasSeen_isShown() {
    register(true);
    last = Seen.of(now(), Seen.QUEUE, Seen.store(Seen.STATE));
    assertEquals(1, gauge("llmlog.queue.up"));
    assertEquals(1234, gauge("llmlog.queue.depth"));
    assertEquals(61.5, gauge("llmlog.queue.oldest.age"));
    assertEquals(157, gauge("llmlog.queue.claimed"));
    assertEquals(2, gauge("llmlog.queue.workers", "state", "alive"));
    assertEquals(1, gauge("llmlog.queue.workers", "state", "paused"));
    assertEquals(1, gauge("llmlog.queue.workers", "state", "expired"));
    assertEquals(1, gauge("llmlog.database.up"));
    assertEquals(1, gauge("llmlog.database.slow.statements"));
    assertEquals(7, gauge("llmlog.schema.version"));
    assertEquals(42, gauge("llmlog.dead.letters"));
    assertEquals(3, gauge("llmlog.default.partition.rows"));
    assertEquals(5400, gauge("llmlog.rollup.lag"));
    assertEquals(1, gauge("llmlog.replica.up"));
    assertEquals(2.5, gauge("llmlog.replica.lag"));
  }

  @Test
  void anEmptyQueue_hasNoAge() {
    register(false);
    last = Seen.of(now(), new QueueView(null, 0L, null, List.of()), Seen.store(Seen.STATE));
    assertEquals(0, gauge("llmlog.queue.oldest.age"));
    last = Seen.of(now(), new QueueView(null, 5L, null, List.of()), Seen.store(Seen.STATE));
    assertEquals(Double.NaN, gauge("llmlog.queue.oldest.age"), "the oldest tells no time");
  }

  @Test
  void serversThatDoNotAnswer_areDown_andTheirFiguresUnknown() {
    register(true);
    last = Seen.of(now(), QueueView.unknown("refused"), Seen.unanswered("refused"));
    for (String name : List.of("llmlog.queue.up", "llmlog.database.up", "llmlog.replica.up")) {
      assertEquals(0, gauge(name), name);
    }
    registry.getMeters().stream()
        .filter(meter -> !meter.getId().getName().endsWith(".up"))
        .forEach(WatchMetersTest::assertUnknown);
  }

  @Test
  void aLookLongAgo_tellsNothing() {
    register(true);
    last = Seen.of(now(), Seen.QUEUE, Seen.store(Seen.STATE));
    clock.add(Duration.ofSeconds(30));
    assertEquals(1234, gauge("llmlog.queue.depth"));
    clock.add(Duration.ofSeconds(1));
    registry.getMeters().forEach(WatchMetersTest::assertUnknown);
  }

  @Test
  void beforeTheFirstLook_nothingIsKnown() {
    register(true);
    registry.getMeters().forEach(WatchMetersTest::assertUnknown);
    last =
        new Observation(
            now(),
            new WorkerStatus(0, 0, 0, 0, 0, 0, 0, 0, List.of()),
            null,
            QueueView.unknown("not asked yet"),
            Seen.unanswered("not asked yet"),
            null);
    registry.getMeters().forEach(WatchMetersTest::assertUnknown);
  }

  @Test
  void whatTheRoleMayNotSee_isUnknown() {
    register(false);
    last = Seen.of(now(), Seen.QUEUE, Seen.store(Seen.blind()));
    assertEquals(Double.NaN, gauge("llmlog.dead.letters"));
    assertEquals(Double.NaN, gauge("llmlog.rollup.lag"));
    assertEquals(7, gauge("llmlog.schema.version"));
  }

  @Test
  void withoutTables_theVersionIsZeroAndTheRestUnknown() {
    register(false);
    last = Seen.of(now(), Seen.QUEUE, Seen.withoutTables());
    assertEquals(0, gauge("llmlog.schema.version"));
    assertEquals(Double.NaN, gauge("llmlog.dead.letters"));
    assertEquals(1, gauge("llmlog.database.up"));
  }

  @Test
  void withoutAReplica_thereIsNothingToSayOfIt() {
    register(false);
    assertNull(registry.find("llmlog.replica.up").gauge());
    assertNull(registry.find("llmlog.replica.lag").gauge());
  }

  private void register(boolean replica) {
    new WatchMeters(registry, () -> last).register(replica);
  }

  private Instant now() {
    return Instant.ofEpochMilli(clock.wallTime());
  }

  private double gauge(String name, String... tags) {
    return registry.get(name).tags(tags).gauge().value();
  }

  private static void assertUnknown(Meter meter) {
    meter
        .measure()
        .forEach(figure -> assertTrue(Double.isNaN(figure.getValue()), meter.getId().toString()));
  }
}
