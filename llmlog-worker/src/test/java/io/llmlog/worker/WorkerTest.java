package io.llmlog.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.config.ConfigException;
import io.llmlog.spi.EventSource;
import io.llmlog.spi.QueueException;
import io.llmlog.spi.QueueInspector;
import io.llmlog.worker.WorkerStatus.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class WorkerTest {
  private final List<FakeSource> sources = new ArrayList<>();
  private final FakeWriter writer = new FakeWriter();

  @AfterEach
  void noThreadIsLeft() {
    Wait.until("the worker's threads to end", () -> threads().isEmpty());
  }

  @Test
  void deliveriesOfAllSources_areStored() {
    try (Worker worker = builder(3).build()) {
      sources.forEach(source -> source.then(new FakeDelivery(10, 1)).then(new FakeDelivery(5, 2)));
      worker.start();
      Wait.until("45 rows", () -> worker.status().stored() == 45);
      assertEquals(30, worker.status().claimed());
      assertEquals(15, worker.status().adopted());
      assertTrue(worker.status().balances());
      assertEquals(3, worker.status().loops().size());
    }
    assertTrue(writer.closed);
    assertTrue(sources.stream().allMatch(source -> source.closed));
  }

  @Test
  void aSecondStart_doesNothing_andAStartAfterTheEndIsRefused() {
    Worker worker = builder(1).build();
    worker.start();
    worker.start();
    worker.close();
    worker.close();
    assertThrows(IllegalStateException.class, worker::start);
    assertEquals(State.STOPPED, worker.status().loops().get(0).state());
  }

  @Test
  void aWorkerThatNeverStarted_closesItsParts() {
    builder(2).build().close();
    assertTrue(writer.closed);
    assertTrue(sources.stream().allMatch(source -> source.closed));
  }

  @Test
  void close_finishesTheBatchInHand() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    writer.behind(gate);
    Worker worker = builder(1).build();
    FakeDelivery delivery = new FakeDelivery(7, 1);
    sources.get(0).then(delivery);
    worker.start();
    assertTrue(writer.entered.await(10, TimeUnit.SECONDS));
    Thread closer = new Thread(worker::close);
    closer.start();
    gate.countDown();
    closer.join();
    assertEquals(7, worker.status().stored());
    assertEquals(1, delivery.acks.get());
    assertEquals(0, worker.status().released());
  }

  @Test
  void close_leavesABatchThatTakesTooLong_toTheNextWorker() throws Exception {
    writer.behind(new CountDownLatch(1));
    Worker worker = builder(1).stopTimeout(Duration.ofMillis(50)).build();
    FakeDelivery delivery = new FakeDelivery(7, 1);
    sources.get(0).then(delivery);
    worker.start();
    assertTrue(writer.entered.await(10, TimeUnit.SECONDS));
    worker.close();
    assertEquals(7, worker.status().released());
    assertEquals(0, worker.status().inFlight());
    assertTrue(worker.status().balances());
    assertEquals(0, delivery.acks.get());
    assertTrue(sources.get(0).closed, "the lease is given back");
  }

  @Test
  void close_doesNotWaitForAStoreThatIsAway() {
    for (int i = 0; i < 100; i++) {
      writer.thenPause("no table");
    }
    Worker worker = builder(1).build();
    sources.get(0).then(new FakeDelivery(2, 1));
    worker.start();
    Wait.until("a pause", () -> worker.status().loops().get(0).state() == State.PAUSED);
    long start = System.nanoTime();
    worker.close();
    assertTrue(System.nanoTime() - start < Duration.ofSeconds(5).toNanos());
    assertEquals(2, worker.status().released());
  }

  @Test
  void aLease_isRenewedWhileTheWriterIsBusy() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    writer.behind(gate);
    FakeDelivery delivery = new FakeDelivery(1, 1);
    try (Worker worker = builder(1).lease(Duration.ofSeconds(1)).build()) {
      sources.get(0).then(delivery);
      worker.start();
      Wait.until("renewals", () -> delivery.renewals.get() >= 2);
      gate.countDown();
    }
  }

  @Test
  void aConnectionThatIsSilent_costsNoOtherLoopItsLease() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    writer.behind(gate);
    FakeDelivery silent = new FakeDelivery(1, 1);
    silent.silence = new CountDownLatch(1);
    FakeDelivery other = new FakeDelivery(1, 1);
    try (Worker worker = builder(2).lease(Duration.ofSeconds(1)).build()) {
      sources.get(0).then(silent);
      sources.get(1).then(other);
      worker.start();
      Wait.until("renewals", () -> other.renewals.get() >= 3);
      assertEquals(0, silent.renewals.get());
      silent.silence.countDown();
      gate.countDown();
    }
  }

  @Test
  void anInterruptFromElsewhere_endsNoLoop() {
    try (Worker worker = builder(1).build()) {
      worker.start();
      Wait.until("a running loop", () -> !threads().isEmpty());
      threads().forEach(Thread::interrupt);
      sources.get(0).then(new FakeDelivery(1, 1));
      Wait.until("a row", () -> worker.status().stored() == 1);
    }
  }

  @Test
  void maintenance_runsAtStart_andItsFailureStopsNothing() throws Exception {
    CountDownLatch ran = new CountDownLatch(1);
    try (Worker worker =
        builder(1)
            .maintenance(
                () -> {
                  ran.countDown();
                  throw new IllegalStateException("no rights");
                })
            .build()) {
      sources.get(0).then(new FakeDelivery(1, 1));
      worker.start();
      assertTrue(ran.await(10, TimeUnit.SECONDS));
      Wait.until("a row", () -> worker.status().stored() == 1);
      Wait.until("its status", () -> worker.maintenanceStatus() != null);
      MaintenanceStatus status = worker.maintenanceStatus();
      assertTrue(status != null && String.valueOf(status.failure()).contains("no rights"));
    }
  }

  @Test
  void awaitEmpty_waitsForQueueAndForOtherWorkers() throws Exception {
    AtomicInteger looks = new AtomicInteger();
    QueueInspector inspector =
        new FakeInspector(
            () ->
                switch (looks.getAndIncrement()) {
                  case 0 -> throw new QueueException("away");
                  case 1 -> FakeInspector.state(5, 0);
                  case 2 -> FakeInspector.state(0, 3);
                  default -> FakeInspector.state(0, 0);
                });
    try (Worker worker = builder(1).inspector(inspector).build()) {
      assertTrue(worker.awaitEmpty(Duration.ofSeconds(20)));
      assertEquals(4, looks.get());
    }
  }

  @Test
  void awaitEmpty_givesUpInTime() throws Exception {
    try (Worker worker =
        builder(1).inspector(new FakeInspector(() -> FakeInspector.state(5, 0))).build()) {
      assertFalse(worker.awaitEmpty(Duration.ofMillis(150)));
    }
  }

  @Test
  void valuesOutOfRange_areRefusedWithNameAndBound() {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> Worker.builder().batch(5001));
    assertEquals("batch=5001: must be 1 to 5000", e.getMessage());
    assertThrows(IllegalArgumentException.class, () -> Worker.builder().threads(0));
    assertThrows(IllegalArgumentException.class, () -> Worker.builder().lease(Duration.ZERO));
    assertThrows(IllegalStateException.class, () -> Worker.builder().build());
  }

  @Test
  void aWrongEnvironment_isReportedAtOnce_withoutSecrets() {
    ConfigException e =
        assertThrows(
            ConfigException.class,
            () ->
                Worker.fromEnvironment(
                    Map.of(
                        "LLMLOG_WORKER_BATCH", "0",
                        "REDIS_URL", "redis://:hunter2@host:port",
                        "ANALYTICS_DATABASE_URL", "mysql://u:hunter2@db/x")));
    assertEquals(3, e.problems().size(), e.getMessage());
    assertFalse(e.problems().toString().contains("hunter2"), e.getMessage());
  }

  @Test
  void noQueue_isNoEnvironmentForAWorker() {
    ConfigException e =
        assertThrows(
            ConfigException.class,
            () -> Worker.fromEnvironment(Map.of("LLMLOG_QUEUE_URL", "none")));
    assertEquals(2, e.problems().size(), e.getMessage());
  }

  private Worker.Builder builder(int threads) {
    return Worker.builder().threads(threads).sources(this::source).writer(writer);
  }

  private EventSource source() {
    FakeSource source = new FakeSource(true);
    sources.add(source);
    return source;
  }

  private static List<Thread> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("llmlog-worker"))
        .toList();
  }
}
