package io.llmlog.delivery;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.spi.EventSender;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class PublisherTest {
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final long MIB = 1L << 20;

  private final FakeSender sender = new FakeSender();

  private Publisher publisher(long bytes, Duration block, Duration close) {
    return new Publisher(sender, null, null, options(bytes, block, close));
  }

  private static DeliveryOptions options(long bytes, Duration block, Duration close) {
    return new DeliveryOptions(bytes, block, close, Long.MAX_VALUE, false, false);
  }

  @Test
  void anAcceptedEvent_reachesTheSenderUnchanged() {
    byte[] event = {1, 2, 3};
    try (Publisher publisher = publisher(MIB, Duration.ZERO, LONG)) {
      assertTrue(publisher.offer(event));
      assertTrue(publisher.flush(LONG));

      assertArrayEquals(event, sender.received().get(0));
      assertEquals(1, publisher.counts().queued());
      assertEquals(0, publisher.counts().pending());
    }
    assertTrue(sender.isClosed());
  }

  @Test
  void events_keepTheirOrder() {
    try (Publisher publisher = publisher(MIB, Duration.ZERO, LONG)) {
      for (int i = 0; i < 2000; i++) {
        publisher.offer(new byte[] {(byte) (i >> 8), (byte) i});
      }
      assertTrue(publisher.flush(LONG));
    }
    List<byte[]> received = sender.received();
    assertEquals(2000, received.size());
    for (int i = 0; i < 2000; i++) {
      assertEquals(i, (received.get(i)[0] & 0xff) << 8 | (received.get(i)[1] & 0xff));
    }
  }

  @Test
  void aQueueThatIsAway_isTriedUntilItIsBack() throws Exception {
    sender.mode = FakeSender.Mode.FAIL;
    try (Publisher publisher = publisher(MIB, Duration.ZERO, LONG)) {
      publisher.offer(new byte[] {1});
      await(() -> sender.attempts.get() >= 2);
      assertEquals(1, publisher.counts().pending());

      sender.mode = FakeSender.Mode.TAKE;
      assertTrue(publisher.flush(LONG));
      assertEquals(1, publisher.counts().queued());
    }
  }

  @Test
  void aSenderThatBreaksItsContract_doesNotEndTheLoop() throws Exception {
    sender.mode = FakeSender.Mode.BREAK;
    try (Publisher publisher = publisher(MIB, Duration.ZERO, LONG)) {
      publisher.offer(new byte[] {1});
      await(() -> sender.attempts.get() >= 2);

      sender.mode = FakeSender.Mode.TAKE;
      assertTrue(publisher.flush(LONG));
    }
  }

  @Test
  void aFullBuffer_refusesAndCounts() {
    sender.mode = FakeSender.Mode.FAIL;
    Publisher publisher = publisher(1000, Duration.ZERO, Duration.ZERO);
    byte[] event = new byte[300 - MemoryBuffer.OVERHEAD_BYTES];

    assertTrue(publisher.offer(event));
    assertTrue(publisher.offer(event));
    assertTrue(publisher.offer(event));
    assertFalse(publisher.offer(event));

    LedgerSnapshot counts = publisher.counts();
    assertEquals(4, counts.offered());
    assertEquals(3, counts.accepted());
    assertEquals(3, counts.pending());
    assertEquals(Map.of("buffer_full", 1L), counts.refusedBy());
    publisher.close();
    assertEquals(Map.of("close_timeout", 3L), publisher.counts().droppedBy());
    assertTrue(publisher.counts().balances());
  }

  @Test
  void aFullBuffer_canMakeTheCallerWaitForRoom() throws Exception {
    sender.mode = FakeSender.Mode.FAIL;
    try (Publisher publisher = publisher(1000, LONG, LONG)) {
      byte[] event = new byte[900];
      publisher.offer(event);
      ExecutorService caller = Executors.newSingleThreadExecutor();
      try {
        Future<Boolean> second = caller.submit(() -> publisher.offer(event));
        await(() -> sender.attempts.get() >= 1);
        assertFalse(second.isDone());
        sender.mode = FakeSender.Mode.TAKE;
        assertTrue(second.get());
      } finally {
        caller.shutdownNow();
      }
      assertTrue(publisher.flush(LONG));
      assertEquals(2, publisher.counts().queued());
    }
  }

  @Test
  void aCallerThatWaitsForRoom_isRefusedWhenItsTimeIsUp() {
    sender.mode = FakeSender.Mode.FAIL;
    Publisher publisher = publisher(1000, Duration.ofMillis(20), Duration.ZERO);
    publisher.offer(new byte[900]);

    long start = System.nanoTime();
    assertFalse(publisher.offer(new byte[900]));

    assertTrue(System.nanoTime() - start >= Duration.ofMillis(20).toNanos());
    assertEquals(Map.of("buffer_full", 1L), publisher.counts().refusedBy());
    publisher.close();
  }

  @Test
  void aCallerThatWaitsForRoom_isRefusedWhenInterrupted_andStaysSo() {
    sender.mode = FakeSender.Mode.FAIL;
    Publisher publisher = publisher(1000, LONG, Duration.ZERO);
    publisher.offer(new byte[900]);

    Thread.currentThread().interrupt();
    assertFalse(publisher.offer(new byte[900]));

    assertTrue(Thread.interrupted());
    assertEquals(Map.of("interrupted", 1L), publisher.counts().refusedBy());
    publisher.close();
  }

  @Test
  void close_deliversWhatIsPending() {
    Publisher publisher = publisher(MIB, Duration.ZERO, LONG);
    for (int i = 0; i < 1200; i++) {
      publisher.offer(new byte[] {1});
    }
    publisher.close();

    assertEquals(1200, sender.received().size());
    assertEquals(1200, publisher.counts().queued());
    assertFalse(publisher.offer(new byte[] {1}));
    assertEquals(Map.of("closed", 1L), publisher.counts().refusedBy());
  }

  @Test
  void close_isBoundedWhenTheSenderHangs_andCountsTheRestAsDropped() throws Exception {
    sender.mode = FakeSender.Mode.HANG;
    Publisher publisher = publisher(MIB, Duration.ZERO, Duration.ofMillis(50));
    publisher.offer(new byte[] {1});
    publisher.offer(new byte[] {2});
    sender.hanging.await();

    long start = System.nanoTime();
    publisher.close();
    publisher.close();

    assertTrue(System.nanoTime() - start < Duration.ofSeconds(5).toNanos());
    LedgerSnapshot counts = publisher.counts();
    assertEquals(2, counts.dropped());
    assertEquals(0, counts.pending());
    assertTrue(counts.balances());
    assertTrue(sender.isClosed());
  }

  @Test
  void aSecondCallerOfClose_waitsForTheFirst() throws Exception {
    sender.mode = FakeSender.Mode.FAIL;
    Publisher publisher = publisher(MIB, Duration.ZERO, LONG);
    publisher.offer(new byte[] {1});
    await(() -> sender.attempts.get() >= 1);
    ExecutorService callers = Executors.newFixedThreadPool(2);
    try {
      Future<?> first = callers.submit(publisher::close);
      await(() -> !publisher.offer(new byte[] {2}));
      Future<?> second = callers.submit(publisher::close);
      int attempts = sender.attempts.get();
      await(() -> sender.attempts.get() > attempts);
      assertFalse(first.isDone());
      assertFalse(second.isDone());

      sender.mode = FakeSender.Mode.TAKE;
      second.get();
      assertTrue(sender.isClosed());
      first.get();
    } finally {
      callers.shutdownNow();
    }
  }

  @Test
  void close_byTheSenderItself_doesNotWaitForItsOwnThread() throws Exception {
    CountDownLatch closed = new CountDownLatch(1);
    AtomicReference<Publisher> self = new AtomicReference<>();
    EventSender closing =
        new EventSender() {
          @Override
          public long send(List<byte[]> batch) {
            Objects.requireNonNull(self.get()).close();
            closed.countDown();
            return UNKNOWN_DEPTH;
          }

          @Override
          public void close() {}
        };
    Publisher publisher =
        new Publisher(closing, null, null, options(MIB, Duration.ZERO, Duration.ofHours(1)));
    self.set(publisher);
    publisher.offer(new byte[] {1});

    closed.await();
    await(() -> publisher.counts().pending() == 0);
    assertTrue(publisher.counts().balances());
  }

  @Test
  void aSystemWithoutThreads_isAskedAgainByTheNextEvent() {
    AtomicInteger asked = new AtomicInteger();
    ThreadFactory threads =
        task -> {
          if (asked.incrementAndGet() == 1) {
            throw new OutOfMemoryError("unable to create native thread");
          }
          return new Thread(task, "llmlog-publisher");
        };
    try (Publisher publisher =
        new Publisher(sender, null, null, options(MIB, Duration.ZERO, LONG), threads)) {
      assertTrue(publisher.offer(new byte[] {1}));
      assertEquals(1, publisher.counts().pending());
      assertTrue(publisher.offer(new byte[] {2}));
      assertTrue(publisher.flush(LONG));
    }
    assertEquals(2, asked.get());
    assertEquals(2, sender.received().size());
  }

  @Test
  void flush_saysFalseWhenTheTimeIsUp() {
    sender.mode = FakeSender.Mode.FAIL;
    Publisher publisher = publisher(MIB, Duration.ZERO, Duration.ZERO);
    publisher.offer(new byte[] {1});

    assertFalse(publisher.flush(Duration.ofMillis(20)));
    publisher.close();
  }

  @Test
  void anUnusedPublisher_startsNoThread() {
    AtomicInteger asked = new AtomicInteger();
    ThreadFactory threads =
        task -> {
          asked.incrementAndGet();
          return new Thread(task);
        };
    Publisher publisher =
        new Publisher(sender, null, null, options(MIB, Duration.ZERO, LONG), threads);
    assertTrue(publisher.flush(Duration.ZERO));
    publisher.close();
    assertEquals(0, asked.get());
  }

  @Test
  void close_leavesNoThread() throws Exception {
    Publisher publisher = publisher(MIB, Duration.ZERO, LONG);
    publisher.offer(new byte[] {1});
    publisher.close();
    await(() -> !publisherThreadLives());
  }

  @Test
  void everySnapshot_balances_whileCallersAndFaultsGoOn() throws Exception {
    Publisher publisher = publisher(64 << 10, Duration.ZERO, LONG);
    AtomicBoolean stop = new AtomicBoolean();
    CountDownLatch started = new CountDownLatch(3);
    List<Future<?>> callers = new ArrayList<>();
    ExecutorService threads = Executors.newFixedThreadPool(3);
    try {
      for (int t = 0; t < 3; t++) {
        callers.add(
            threads.submit(
                () -> {
                  started.countDown();
                  while (!stop.get()) {
                    publisher.offer(new byte[100]);
                  }
                }));
      }
      started.await();
      for (int i = 0; i < 2000; i++) {
        sender.mode = i % 3 == 0 ? FakeSender.Mode.FAIL : FakeSender.Mode.TAKE;
        assertTrue(publisher.counts().balances(), publisher.counts().toString());
      }
      sender.mode = FakeSender.Mode.TAKE;
      stop.set(true);
      for (Future<?> caller : callers) {
        caller.get();
      }
    } finally {
      threads.shutdownNow();
    }
    publisher.close();
    LedgerSnapshot counts = publisher.counts();
    assertTrue(counts.balances());
    assertEquals(counts.accepted(), counts.queued());
    assertEquals(counts.accepted(), sender.received().size());
  }

  @Test
  void everyEvent_isCounted_whenCloseRacesWithItsCallers() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      for (int round = 0; round < 200; round++) {
        FakeSender fresh = new FakeSender();
        // Every other sender is away, and the patience of close() ends while it is tried.
        boolean away = round % 2 == 1;
        fresh.mode = away ? FakeSender.Mode.FAIL : FakeSender.Mode.TAKE;
        Publisher publisher =
            new Publisher(
                fresh, null, null, options(MIB, Duration.ZERO, away ? Duration.ZERO : LONG));
        CountDownLatch started = new CountDownLatch(2);
        List<Future<?>> callers = new ArrayList<>();
        for (int t = 0; t < 2; t++) {
          callers.add(
              threads.submit(
                  () -> {
                    started.countDown();
                    while (!publisher.counts().refusedBy().containsKey("closed")) {
                      publisher.offer(new byte[] {1});
                    }
                  }));
        }
        started.await();
        publisher.close();
        for (Future<?> caller : callers) {
          caller.get();
        }
        LedgerSnapshot counts = publisher.counts();
        assertTrue(counts.balances(), counts.toString());
        assertEquals(0, counts.pending());
        assertEquals(counts.queued(), fresh.received().size());
        assertEquals(away ? counts.accepted() : 0, counts.dropped());
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static boolean publisherThreadLives() {
    return Thread.getAllStackTraces().keySet().stream()
        .anyMatch(thread -> thread.getName().equals("llmlog-publisher") && thread.isAlive());
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + LONG.toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < end, "the condition did not come true in time");
      LockSupport.parkNanos(1_000_000);
    }
  }
}
