package io.llmlog.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.spool.Spool;
import io.llmlog.spool.SpoolOptions;
import io.llmlog.spool.SyncPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Queue, fallback and spool in turn: which takes what, and what the ledger says of it. */
@Timeout(60)
class RoadsTest {
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final Duration SHORT = Duration.ofMillis(200);
  private static final long MIB = 1L << 20;

  private final FakeSender queue = new FakeSender();
  private final FakeWriter store = new FakeWriter();

  @TempDir Path directory;

  private Spool spool() {
    return spool(16 * MIB);
  }

  private Spool spool(long maxBytes) {
    return Spool.open(
        directory, new SpoolOptions(maxBytes, SyncPolicy.every(Duration.ofMillis(500))));
  }

  private static DeliveryOptions options(boolean always, Duration close) {
    return new DeliveryOptions(MIB, Duration.ZERO, close, 1000, always, false);
  }

  private Publisher publisher(@Nullable Spool spool, boolean always, Duration close) {
    return new Publisher(queue, store, spool, options(always, close));
  }

  private static void offer(Publisher publisher, int from, int to) {
    for (int i = from; i < to; i++) {
      assertTrue(publisher.offer(new byte[] {(byte) (i >> 8), (byte) i}));
    }
  }

  private static void assertHolds(int events, List<byte[]> received) {
    assertEquals(
        events,
        received.stream()
            .map(bytes -> (bytes[0] & 0xff) << 8 | (bytes[1] & 0xff))
            .distinct()
            .count());
  }

  @Test
  void whileTheQueueIsAway_theFallbackStores_andThenTheQueueTakesAgain() throws Exception {
    queue.mode = FakeSender.Mode.FAIL;
    try (Publisher publisher = publisher(null, false, LONG)) {
      offer(publisher, 0, 100);
      assertTrue(publisher.flush(LONG));
      assertEquals(100, publisher.counts().fallback());
      assertHolds(100, store.stored());

      queue.mode = FakeSender.Mode.TAKE;
      int sent = 100;
      while (publisher.counts().queued() == 0) {
        offer(publisher, sent, ++sent);
        assertTrue(publisher.flush(LONG));
      }
      assertTrue(publisher.counts().balances());
      assertEquals(sent, publisher.counts().queued() + publisher.counts().fallback());
    }
    assertTrue(store.isClosed());
    assertTrue(queue.isClosed());
  }

  @Test
  void theDelivery_showsEachRoadAndTheRoomInUse() {
    queue.mode = FakeSender.Mode.FAIL;
    store.away = true;
    try (Publisher publisher = publisher(spool(), true, SHORT)) {
      DeliverySnapshot before = publisher.delivery();
      assertEquals(new RoadSnapshot(0, 0, Duration.ZERO, false), before.queue());
      assertEquals(16 * MIB, before.spoolMaxBytes());
      assertEquals(MIB, before.bufferMaxBytes());
      offer(publisher, 0, 10);
      await(() -> road(publisher.delivery().fallback()).failures() > 0);
      DeliverySnapshot away = publisher.delivery();
      assertEquals(10, away.counts().spooled());
      assertTrue(away.spoolBytes() > 0 && away.spoolBytes() <= 16 * MIB, away.toString());
      assertEquals(0, away.bufferBytes());
      assertTrue(road(away.queue()).circuitOpen() && road(away.fallback()).circuitOpen());
      assertEquals(road(away.fallback()).attempts(), road(away.fallback()).failures());

      store.away = false;
      assertTrue(publisher.flush(LONG));
      RoadSnapshot fallback = road(publisher.delivery().fallback());
      assertFalse(fallback.circuitOpen());
      assertTrue(fallback.attempts() > fallback.failures());
      assertFalse(fallback.time().isZero());
    }
  }

  @Test
  void whatIsInMemory_takesRoomUntilItHasLeft() {
    queue.mode = FakeSender.Mode.FAIL;
    try (Publisher publisher = new Publisher(queue, null, null, options(false, SHORT))) {
      offer(publisher, 0, 10);
      DeliverySnapshot waiting = publisher.delivery();
      assertEquals(10L * (2 + MemoryBuffer.OVERHEAD_BYTES), waiting.bufferBytes());
      assertEquals(10, waiting.counts().pending());
      assertNull(waiting.fallback());
      assertEquals(0, waiting.spoolMaxBytes());
      queue.mode = FakeSender.Mode.TAKE;
      assertTrue(publisher.flush(LONG));
      assertEquals(0, publisher.delivery().bufferBytes());
    }
  }

  private static RoadSnapshot road(@Nullable RoadSnapshot road) {
    return Objects.requireNonNull(road);
  }

  @Test
  void whileTheQueueIsAway_itIsProbedMoreAndMoreRarely() throws Exception {
    queue.mode = FakeSender.Mode.FAIL;
    try (Publisher publisher = publisher(null, false, LONG)) {
      for (int i = 0; i < 100; i++) {
        offer(publisher, i, i + 1);
        assertTrue(publisher.flush(LONG));
      }
    }
    assertTrue(queue.attempts.get() < 20, () -> queue.attempts + " attempts for 100 batches");
    assertHolds(100, store.stored());
  }

  @Test
  void withoutAQueue_theStoreIsTheOnlyRoad() {
    try (Publisher publisher = new Publisher(null, store, null, options(false, LONG))) {
      offer(publisher, 0, 10);
      assertTrue(publisher.flush(LONG));
      assertEquals(10, publisher.counts().fallback());
      assertEquals(0, publisher.counts().queued());
    }
  }

  @Test
  void aPublisherWithoutAnyRoad_isRefused() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new Publisher(null, null, null, options(false, LONG)));
  }

  @Test
  void whileBothAreAway_eventsGoToTheDisk_andOnTheirWayAgainWhenOneIsBack() throws Exception {
    queue.mode = FakeSender.Mode.FAIL;
    store.away = true;
    try (Publisher publisher = publisher(spool(), false, LONG)) {
      offer(publisher, 0, 3000);
      await(() -> publisher.counts().spooled() == 3000);
      assertEquals(0, publisher.counts().pending());
      assertEquals(3000, publisher.counts().accepted());
      assertFalse(publisher.flush(Duration.ofMillis(20)));

      store.away = false;
      assertTrue(publisher.flush(LONG));
      assertEquals(3000, publisher.counts().fallback() + publisher.counts().queued());
      assertEquals(0, publisher.counts().spooled());
      assertTrue(publisher.counts().balances());
    }
    assertHolds(3000, store.stored());
    assertEquals(List.of(), subdirectories());
  }

  @Test
  void whatCannotBeDelivered_isOnDiskAfterClose_andTheNextPublisherDeliversIt() throws Exception {
    queue.mode = FakeSender.Mode.HANG;
    store.away = true;
    Publisher first = publisher(spool(), false, SHORT);
    offer(first, 0, 1700);
    queue.hanging.await();
    first.close();

    LedgerSnapshot left = first.counts();
    assertEquals(1700, left.spooled());
    assertEquals(0, left.dropped());
    assertTrue(left.balances(), left.toString());

    queue.mode = FakeSender.Mode.TAKE;
    try (Publisher next = publisher(spool(), false, LONG)) {
      assertTrue(next.flush(LONG));
      assertEquals(1700, next.counts().adopted());
      assertEquals(1700, next.counts().queued());
      assertTrue(next.counts().balances());
    }
    assertHolds(1700, queue.received());
    assertEquals(List.of(), subdirectories());
  }

  @Test
  void aFullMemory_goesToTheDisk() throws Exception {
    queue.mode = FakeSender.Mode.HANG;
    Spool spool = spool();
    Publisher publisher = publisher(spool, false, SHORT);
    await(() -> spool.bytes() > 0);
    for (int i = 0; i < 20; i++) {
      assertTrue(publisher.offer(new byte[100_000]));
    }
    queue.hanging.await();
    LedgerSnapshot counts = publisher.counts();
    assertEquals(20, counts.accepted());
    assertTrue(counts.spooled() >= 9, counts.toString());
    publisher.close();
    assertEquals(20, publisher.counts().spooled());
    assertTrue(publisher.counts().balances());
  }

  @Test
  void whenMemoryAndDiskAreFull_newEventsAreRefusedAndCounted() throws Exception {
    queue.mode = FakeSender.Mode.FAIL;
    store.away = true;
    Publisher publisher = publisher(spool(MIB), false, SHORT);
    int accepted = 0;
    while (publisher.offer(new byte[50_000])) {
      accepted++;
    }
    assertTrue(accepted >= 20, accepted + " accepted");
    await(() -> publisher.counts().spooled() > 10);
    while (publisher.offer(new byte[50_000])) {
      accepted++;
    }
    assertEquals(Map.of("buffer_full", 2L), publisher.counts().refusedBy());
    publisher.close();

    LedgerSnapshot counts = publisher.counts();
    assertTrue(counts.balances(), counts.toString());
    assertEquals(accepted, counts.spooled() + counts.dropped());
    assertEquals(Set.of("close_timeout"), counts.droppedBy().keySet());
  }

  @Test
  void inAlwaysMode_eachEventIsOnDiskBeforeItIsAccepted_andLeavesItWhenDelivered() {
    queue.mode = FakeSender.Mode.FAIL;
    store.away = true;
    try (Publisher publisher = publisher(spool(), true, LONG)) {
      for (int i = 0; i < 1000; i++) {
        offer(publisher, i, i + 1);
        assertEquals(i + 1, publisher.counts().spooled());
        assertEquals(0, publisher.counts().pending());
      }
      queue.mode = FakeSender.Mode.TAKE;
      assertTrue(publisher.flush(LONG));
      assertEquals(1000, publisher.counts().queued());
      assertEquals(0, publisher.counts().spooled());
    }
    assertHolds(1000, queue.received());
  }

  @Test
  void inAlwaysMode_aFullDiskRefuses() {
    queue.mode = FakeSender.Mode.FAIL;
    store.away = true;
    Publisher publisher = publisher(spool(MIB), true, SHORT);
    while (publisher.offer(new byte[50_000])) {
      assertTrue(publisher.counts().accepted() < 100);
    }
    assertEquals(Map.of("spool_full", 1L), publisher.counts().refusedBy());
    publisher.close();
    assertTrue(publisher.counts().balances());
    assertFalse(publisher.offer(new byte[] {1}));
    assertEquals(1, publisher.counts().refusedBy().get("closed"));
  }

  @Test
  void aQueueThatIsTooDeep_getsNoMore_norDoesTheStore_untilItIsShorter() throws Exception {
    queue.depth = 1001;
    try (Publisher publisher = publisher(spool(), false, LONG)) {
      offer(publisher, 0, 1);
      await(() -> publisher.counts().queued() == 1);
      offer(publisher, 1, 500);
      await(() -> publisher.counts().spooled() == 499);
      assertEquals(1, publisher.counts().queued());
      assertEquals(0, store.attempts.get());

      queue.depth = 999;
      assertTrue(publisher.flush(LONG));
      assertEquals(500, publisher.counts().queued());
    }
    assertEquals(0, store.attempts.get());
    assertHolds(500, queue.received());
  }

  @Test
  void everySnapshot_balances_whileRoadsComeAndGo() throws Exception {
    for (boolean always : new boolean[] {false, true}) {
      Publisher publisher = publisher(spool(), always, LONG);
      Thread caller =
          new Thread(
              () -> {
                for (int i = 0; i < 60_000; i++) {
                  publisher.offer(new byte[] {(byte) (i >> 8), (byte) i});
                }
              });
      long before = received();
      caller.start();
      LedgerSnapshot last = publisher.counts();
      for (int i = 0; i < 3000; i++) {
        queue.mode = i % 5 == 0 ? FakeSender.Mode.TAKE : FakeSender.Mode.FAIL;
        store.away = i % 3 != 0;
        LedgerSnapshot counts = publisher.counts();
        assertTrue(counts.balances(), counts.toString());
        assertTrue(counts.pending() >= 0 && counts.spooled() >= 0, counts.toString());
        assertTrue(counts.accepted() >= last.accepted(), "accepted never goes back");
        last = counts;
      }
      caller.join();
      queue.mode = FakeSender.Mode.TAKE;
      publisher.close();
      LedgerSnapshot end = publisher.counts();
      assertTrue(end.balances(), end.toString());
      assertEquals(60_000, end.offered());
      // Where memory is full and the next file is not made yet, the policy refuses at once; a disk
      // that stalls for a second is the other reason.
      assertTrue(
          Set.of("buffer_full", "spool_slow").containsAll(end.refusedBy().keySet()),
          end.toString());
      assertEquals(end.accepted(), end.queued() + end.fallback(), end.toString());
      assertEquals(before + end.accepted(), received());
    }
  }

  private long received() {
    return (long) queue.received().size() + store.stored().size();
  }

  private List<Path> subdirectories() throws IOException {
    try (var entries = Files.list(directory)) {
      return entries
          .filter(each -> String.valueOf(each.getFileName()).startsWith("logger-"))
          .toList();
    }
  }

  private static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + LONG.toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < end, "the condition did not come true in time");
      LockSupport.parkNanos(1_000_000);
    }
  }
}
