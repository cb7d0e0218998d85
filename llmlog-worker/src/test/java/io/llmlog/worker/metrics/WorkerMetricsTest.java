package io.llmlog.worker.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.spi.EventWriter.Connections;
import io.llmlog.worker.MaintenanceStatus;
import io.llmlog.worker.WorkerStatus;
import io.llmlog.worker.WorkerStatus.State;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class WorkerMetricsTest {
  private static final Instant NOON = Instant.parse("2026-11-25T12:00:00.250Z");

  private final MockClock clock = new MockClock();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry(SimpleConfig.DEFAULT, clock);
  private WorkerStatus status = Seen.status(State.RUNNING, State.RUNNING, State.PAUSED);
  private @Nullable Instant lastWrite;
  private @Nullable MaintenanceStatus maintenance;
  private @Nullable Connections pool = new Connections("llmlog-postgresql-1", 2, 1, 3, 4);
  private int looks;

  @Test
  void batches_areMeasuredAsTheyAreClaimed() {
    WorkerMetrics metrics = new WorkerMetrics(registry);
    metrics.claimed(1000, false);
    metrics.claimed(200, true);
    DistributionSummary batches = registry.get("llmlog.worker.batch").summary();
    assertEquals(2, batches.count());
    assertEquals(1200, batches.totalAmount());
    assertEquals(1, counter("llmlog.worker.adoptions"));
    metrics.ackRefused(200);
    assertEquals(1, counter("llmlog.worker.ack.refused"));
  }

  @Test
  void writes_areTimed() {
    WorkerMetrics metrics = new WorkerMetrics(registry);
    metrics.written(1000, Duration.ofMillis(30));
    metrics.written(1, Duration.ofMillis(3));
    metrics.writeFailed("40P01", Duration.ofSeconds(9));
    Timer writes = registry.get("llmlog.worker.write").timer();
    assertEquals(2, writes.count());
    assertEquals(33, writes.totalTime(TimeUnit.MILLISECONDS), 1e-6);
    assertEquals(12, writes.takeSnapshot().histogramCounts().length);
  }

  @Test
  void failures_areCountedByTheClassOfTheirSqlState() {
    WorkerMetrics metrics = new WorkerMetrics(registry);
    for (String known : List.of("08", "22", "23", "28", "40", "42", "53", "55", "57", "none")) {
      assertEquals(0, counter("llmlog.worker.write.failures", "sqlstate", known), known);
    }
    metrics.writeFailed("40001", Duration.ZERO);
    metrics.writeFailed("40P01", Duration.ZERO);
    metrics.writeFailed("XX000", Duration.ZERO);
    metrics.writeFailed(null, Duration.ZERO);
    metrics.writeFailed("user 4711", Duration.ZERO);
    assertEquals(2, counter("llmlog.worker.write.failures", "sqlstate", "40"));
    assertEquals(1, counter("llmlog.worker.write.failures", "sqlstate", "XX"));
    assertEquals(2, counter("llmlog.worker.write.failures", "sqlstate", "none"));
  }

  @Test
  void questions_areTimedByTheirNames_ofWhichThereAreFew() {
    WorkerMetrics metrics = new WorkerMetrics(registry);
    metrics.asked("overview", Duration.ofMillis(20));
    metrics.asked("company 7", Duration.ofMillis(20));
    metrics.asked("company 8", Duration.ofMillis(20));
    assertEquals(1, question("overview").count());
    assertEquals(0, question("calls").count());
    assertEquals(2, question("other").count());
    assertNull(registry.find("llmlog.dashboard.query").tag("question", "company 7").timer());
  }

  @Test
  void theLedgerOfAWorker_isShown() {
    register();
    assertEquals(100, functionCounter("llmlog.worker.claimed"));
    assertEquals(20, functionCounter("llmlog.worker.adopted"));
    assertEquals(60, functionCounter("llmlog.worker.stored"));
    assertEquals(30, functionCounter("llmlog.worker.duplicate"));
    assertEquals(5, functionCounter("llmlog.worker.dead"));
    assertEquals(4, functionCounter("llmlog.worker.released"));
    assertEquals(1, functionCounter("llmlog.worker.fenced"));
    assertEquals(20, gauge("llmlog.worker.in.flight"));
    assertEquals(2, gauge("llmlog.worker.loops", "state", "running"));
    assertEquals(0, gauge("llmlog.worker.loops", "state", "retrying"));
    assertEquals(1, gauge("llmlog.worker.loops", "state", "paused"));
    assertEquals(0, gauge("llmlog.worker.loops", "state", "stopped"));
  }

  @Test
  void aScrape_takesOneSnapshot() {
    register();
    looks = 0;
    clock.add(Duration.ofSeconds(5));
    registry.getMeters().forEach(meter -> meter.measure().forEach(figure -> figure.getValue()));
    assertEquals(1, looks);
    clock.add(Duration.ofSeconds(5));
    status = Seen.status(State.STOPPED);
    assertEquals(1, gauge("llmlog.worker.loops", "state", "stopped"));
  }

  @Test
  void theLastWriteAndMaintenance_areUnknownUntilTheyAreThere() {
    register();
    assertEquals(Double.NaN, gauge("llmlog.worker.last.write.timestamp"));
    assertEquals(Double.NaN, gauge("llmlog.maintenance.up"));
    assertEquals(Double.NaN, gauge("llmlog.maintenance.last.timestamp"));
    lastWrite = NOON;
    assertEquals(NOON.toEpochMilli() / 1000.0, gauge("llmlog.worker.last.write.timestamp"));
    maintenance = maintained(null, List.of());
    assertEquals(1, gauge("llmlog.maintenance.up"));
    assertEquals(NOON.toEpochMilli() / 1000.0, gauge("llmlog.maintenance.last.timestamp"));
    maintenance = maintained("no connection", List.of());
    assertEquals(0, gauge("llmlog.maintenance.up"));
    maintenance = maintained(null, List.of("llm_logs_2025_10: in use"));
    assertEquals(0, gauge("llmlog.maintenance.up"));
  }

  @Test
  void thePool_isShownUnderItsName() {
    register();
    String[] named = {"pool", "llmlog-postgresql-1"};
    assertEquals(3, gauge("hikaricp.connections", named));
    assertEquals(2, gauge("hikaricp.connections.active", named));
    assertEquals(1, gauge("hikaricp.connections.idle", named));
    assertEquals(3, gauge("hikaricp.connections.pending", named));
    assertEquals(4, gauge("hikaricp.connections.max", named));
  }

  @Test
  void aWriterWithoutAPool_hasNone() {
    pool = null;
    register();
    assertNull(registry.find("hikaricp.connections").gauge());
  }

  @Test
  void theProcess_isShown() {
    try (ProcessMetrics process = new ProcessMetrics()) {
      process.bindTo(registry);
      assertNotNull(registry.find("jvm.memory.used").gauge());
      assertTrue(gauge("process.uptime") > 0);
    }
  }

  private void register() {
    new WorkerMeters(
            registry,
            () -> {
              looks++;
              return status;
            },
            () -> lastWrite,
            () -> maintenance,
            () -> pool)
        .register();
  }

  private static MaintenanceStatus maintained(@Nullable String failure, List<String> stuck) {
    return new MaintenanceStatus(
        NOON, failure, false, Map.of(), Map.of(), List.of(), Map.of(), stuck);
  }

  private Timer question(String name) {
    return registry.get("llmlog.dashboard.query").tag("question", name).timer();
  }

  private double counter(String name, String... tags) {
    return registry.get(name).tags(tags).counter().count();
  }

  private double functionCounter(String name) {
    return registry.get(name).functionCounter().count();
  }

  private double gauge(String name, String... tags) {
    return registry.get(name).tags(tags).gauge().value();
  }
}
