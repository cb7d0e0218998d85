package io.llmlog.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.spi.Delivery;
import io.llmlog.spi.EventSender;
import io.llmlog.spi.EventSource;
import io.llmlog.spi.Message;
import io.llmlog.spi.QueueException;
import io.llmlog.spi.QueueInspector;
import io.llmlog.spi.QueueInspector.QueueState;
import io.llmlog.spi.QueueInspector.WorkerLease;
import io.llmlog.spi.QueueProvider;
import io.llmlog.spi.QueueProvider.QueueSettings;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What every queue must do. A queue's test extends this and says how to reach a real one. */
public abstract class QueueContract {
  /** Long enough that no test outlives it. */
  protected static final Duration LONG_LEASE = Duration.ofSeconds(60);

  /** Short enough to wait for its end. */
  protected static final Duration SHORT_LEASE = Duration.ofMillis(300);

  /** How long to wait for what must come. */
  protected static final Duration SOON = Duration.ofSeconds(20);

  private final String queue = "contract_" + UUID.randomUUID();
  private final List<AutoCloseable> opened = new ArrayList<>();

  /** The queue's kind. */
  protected abstract QueueProvider provider();

  /** The URL of a running server. */
  protected abstract String url();

  /** The queue of the running test, which no other test uses. */
  protected final QueueSettings settings() {
    return new QueueSettings(url(), queue);
  }

  /** A sender that is closed after the test. */
  protected final EventSender sender() {
    return closedLater(provider().sender(settings()));
  }

  /** A source that is closed after the test. */
  protected final EventSource source(Duration lease) {
    return closedLater(provider().source(settings(), lease));
  }

  /** An inspector that is closed after the test. */
  protected final QueueInspector inspector() {
    return closedLater(provider().inspector(settings()));
  }

  protected final <T extends AutoCloseable> T closedLater(T part) {
    opened.add(part);
    return part;
  }

  @AfterEach
  final void closeAll() throws Exception {
    for (AutoCloseable part : opened) {
      part.close();
    }
  }

  @Test
  void send_thenReceive_bringsTheSameBytesOldestFirst() throws Exception {
    byte[] everyByte = new byte[256];
    IntStream.range(0, 256).forEach(i -> everyByte[i] = (byte) i);
    byte[] megabyte = new byte[1 << 20];
    new Random(1).nextBytes(megabyte);
    List<byte[]> sent = List.of(everyByte, new byte[0], megabyte, new byte[1], megabyte);

    assertEquals(5, sender().send(sent));

    assertSame(sent, texts(receive(source(LONG_LEASE), 10)));
  }

  @Test
  void send_severalTimes_answersTheGrowingDepth() throws Exception {
    EventSender sender = sender();
    assertEquals(2, sender.send(messages(0, 2)));
    assertEquals(5, sender.send(messages(2, 5)));
    assertSame(messages(0, 5), texts(receive(source(LONG_LEASE), 10)));
  }

  @Test
  void send_ofManyAndLargeMessages_keepsTheirOrder() throws Exception {
    List<byte[]> sent = new ArrayList<>(messages(0, 12_000));
    for (int i = 0; i < 5; i++) {
      sent.add(new byte[300_000 + i]);
    }
    assertEquals(sent.size(), sender().send(sent));
    List<byte[]> received = new ArrayList<>();
    EventSource source = source(LONG_LEASE);
    while (received.size() < sent.size()) {
      Delivery delivery = receive(source, 5000);
      received.addAll(texts(delivery));
      assertTrue(delivery.ack());
    }
    assertSame(sent, received);
  }

  @Test
  void receive_ofAnEmptyQueue_answersNullAfterTheWait() throws Exception {
    EventSource source = source(LONG_LEASE);
    assertNull(source.receive(10, Duration.ZERO));
    long start = System.nanoTime();
    assertNull(source.receive(10, Duration.ofMillis(200)));
    assertTrue(System.nanoTime() - start >= Duration.ofMillis(200).toNanos());
  }

  @Test
  void receive_beforeAck_answersTheSameDeliveryAgain() throws Exception {
    sender().send(messages(0, 5));
    EventSource source = source(LONG_LEASE);
    Delivery first = receive(source, 3);
    Delivery again = receive(source, 5);
    assertSame(messages(0, 3), texts(again));
    assertSameIdentity(first, again);
    assertEquals(1, again.owners());

    assertTrue(again.ack());
    assertSame(messages(3, 5), texts(receive(source, 5)));
  }

  @Test
  void receive_bringsAtMostTheCount() throws Exception {
    sender().send(messages(0, 2500));
    EventSource source = source(LONG_LEASE);
    for (int size : new int[] {1, 64, 65, 1000, 1001}) {
      Delivery delivery = receive(source, size);
      assertEquals(size, delivery.messages().size());
      assertTrue(delivery.ack());
    }
    assertEquals(2500 - 2131, receive(source, 5000).messages().size());
  }

  @Test
  void receive_ofLargeMessages_bringsAFewMebibytesButAlwaysOne() throws Exception {
    byte[] three = new byte[3 << 20];
    byte[] nine = new byte[9 << 20];
    sender().send(List.of(nine, three, three, three, new byte[1]));
    EventSource source = source(LONG_LEASE);
    int deliveries = 0;
    for (int received = 0; received < 5; deliveries++) {
      Delivery delivery = receive(source, 100);
      long bytes = delivery.messages().stream().mapToLong(m -> m.bytes().length).sum();
      assertTrue(delivery.messages().size() == 1 || bytes <= 8 << 20, bytes + " bytes");
      received += delivery.messages().size();
      assertTrue(delivery.ack());
    }
    assertEquals(3, deliveries);
  }

  @Test
  void equalMessages_haveIdentitiesOfTheirOwn() throws Exception {
    byte[] same = "{}".getBytes(UTF_8);
    EventSender sender = sender();
    Set<UUID> identities = new HashSet<>();
    EventSource source = source(LONG_LEASE);
    for (int round = 0; round < 3; round++) {
      sender.send(List.of(same, same, same));
      Delivery delivery = receive(source, 10);
      for (Message message : delivery.messages()) {
        identities.add(message.identity());
        assertEquals(8, message.identity().version());
        assertEquals(2, message.identity().variant());
      }
      assertTrue(delivery.ack());
    }
    assertEquals(9, identities.size());
  }

  @Test
  void claimTime_isThatOfTheClaim() throws Exception {
    // The queue's server and this JVM may be two machines: minutes apart, not more.
    sender().send(messages(0, 1));
    Instant claimed = receive(source(LONG_LEASE), 1).messages().get(0).claimedAt();
    assertTrue(Duration.between(claimed, Instant.now()).abs().toMinutes() < 5, "" + claimed);
  }

  @Test
  void twoSources_shareTheMessagesWithoutOverlap() throws Exception {
    sender().send(messages(0, 100));
    EventSource a = source(LONG_LEASE);
    EventSource b = source(LONG_LEASE);
    List<byte[]> received = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      for (EventSource source : List.of(a, b)) {
        Delivery delivery = receive(source, 10);
        received.addAll(texts(delivery));
        assertTrue(delivery.ack());
      }
    }
    assertSame(messages(0, 100), received);
    assertNull(a.receive(10, Duration.ZERO));
  }

  @Test
  void adoption_afterTheLeaseExpired_bringsTheSameDeliveryWithOneOwnerMore() throws Exception {
    sender().send(messages(0, 5));
    Delivery first = receive(source(SHORT_LEASE), 3);
    Delivery second = receiveFrom(source(SHORT_LEASE), first);
    assertEquals(2, second.owners());
    assertSame(messages(0, 3), texts(second));
    Delivery third = receiveFrom(source(LONG_LEASE), first);
    assertEquals(3, third.owners());
    assertSameIdentity(first, third);
    assertTrue(third.ack());
  }

  @Test
  void adoption_comesBeforeNewMessages() throws Exception {
    sender().send(messages(0, 4));
    Delivery left = receive(source(SHORT_LEASE), 2);
    awaitExpired();
    EventSource fresh = source(LONG_LEASE);
    Delivery adopted = receive(fresh, 2);
    assertSameIdentity(left, adopted);
    assertTrue(adopted.ack());
    assertSame(messages(2, 4), texts(receive(fresh, 2)));
  }

  @Test
  void zombie_isRefusedAndDeletesNothing() throws Exception {
    EventSender sender = sender();
    sender.send(messages(0, 2));
    EventSource slow = source(SHORT_LEASE);
    Delivery zombie = receive(slow, 2);
    EventSource heir = source(LONG_LEASE);
    Delivery adopted = receiveFrom(heir, zombie);

    assertFalse(zombie.renew(false));
    assertFalse(zombie.ack());
    assertSame(messages(0, 2), texts(receive(heir, 2)));
    assertTrue(adopted.ack());

    sender.send(messages(2, 4));
    Delivery next = receive(slow, 2);
    assertFalse(zombie.ack());
    assertFalse(zombie.renew(false));
    assertSame(messages(2, 4), texts(receive(slow, 2)));
    assertTrue(next.ack());
  }

  @Test
  void lateAck_ofTheBatchBefore_doesNotDeleteTheNext() throws Exception {
    sender().send(messages(0, 4));
    EventSource source = source(LONG_LEASE);
    Delivery before = receive(source, 2);
    assertTrue(before.ack());
    Delivery next = receive(source, 2);
    assertFalse(before.ack());
    assertSame(messages(2, 4), texts(receive(source, 2)));
    assertTrue(next.ack());
  }

  @Test
  void ack_canBeRepeated() throws Exception {
    sender().send(messages(0, 1));
    EventSource source = source(LONG_LEASE);
    Delivery delivery = receive(source, 1);
    assertTrue(delivery.ack());
    assertTrue(delivery.ack());
    assertNull(source.receive(1, Duration.ZERO));
  }

  @Test
  void renew_keepsTheLeaseAndShowsThePause() throws Exception {
    sender().send(messages(0, 2));
    Delivery held = receive(source(Duration.ofSeconds(2)), 1);
    EventSource other = source(LONG_LEASE);
    Delivery theirs = receive(other, 1);
    assertTrue(theirs.ack());
    // Renewed past its first end, the lease is still its holder's, and nobody adopts.
    long end = System.nanoTime() + Duration.ofSeconds(3).toNanos();
    while (System.nanoTime() < end) {
      assertTrue(held.renew(true));
      assertNull(other.receive(1, Duration.ofMillis(300)));
    }
    QueueInspector inspector = inspector();
    assertEquals(1, inspector.inspect().workers().stream().filter(WorkerLease::paused).count());
    assertTrue(held.renew(false));
    assertEquals(0, inspector.inspect().workers().stream().filter(WorkerLease::paused).count());
    assertTrue(held.ack());
  }

  @Test
  void close_givesTheLeaseBackSoThatAnotherAdoptsAtOnce() throws Exception {
    sender().send(messages(0, 3));
    EventSource leaving = source(LONG_LEASE);
    Delivery left = receive(leaving, 3);
    leaving.close();
    leaving.close();
    Delivery adopted = receive(source(LONG_LEASE), 3);
    assertEquals(2, adopted.owners());
    assertSameIdentity(left, adopted);
    assertTrue(adopted.ack());
  }

  @Test
  void close_ofAnIdleSource_leavesNoWorkerBehind() throws Exception {
    EventSource source = source(LONG_LEASE);
    assertNull(source.receive(1, Duration.ZERO));
    QueueInspector inspector = inspector();
    assertEquals(1, inspector.inspect().workers().size());
    source.close();
    assertEquals(List.of(), inspector.inspect().workers());
  }

  @Test
  void interruptedSource_throwsAndStillGivesItsLeaseBack() throws Exception {
    sender().send(messages(0, 1));
    EventSource source = source(LONG_LEASE);
    Delivery left = receive(source, 1);
    Thread.currentThread().interrupt();
    source.close();
    assertTrue(Thread.interrupted());
    assertSameIdentity(left, receive(source(LONG_LEASE), 1));

    EventSource waiting = source(LONG_LEASE);
    Thread.currentThread().interrupt();
    assertThrows(InterruptedException.class, () -> waiting.receive(1, SOON));
    assertFalse(Thread.interrupted());
  }

  @Test
  void inspector_showsDepthOldestAndWorkers() throws Exception {
    QueueInspector inspector = inspector();
    QueueState empty = inspector.inspect();
    assertEquals(0, empty.depth());
    assertNull(empty.oldest());
    assertEquals(List.of(), empty.workers());

    sender().send(messages(0, 5));
    Delivery delivery = receive(source(LONG_LEASE), 2);
    QueueState state = inspector.inspect();
    assertEquals(3, state.depth());
    assertArrayEquals(messages(2, 3).get(0), state.oldest());
    assertEquals(2, state.claimed());
    WorkerLease worker = state.workers().get(0);
    assertTrue(worker.alive());
    assertTrue(worker.expiresIn().compareTo(LONG_LEASE) <= 0, "" + worker);
    assertTrue(worker.expiresIn().compareTo(LONG_LEASE.dividedBy(2)) > 0, "" + worker);

    assertTrue(delivery.ack());
    assertEquals(0, inspector.inspect().claimed());
  }

  @Test
  void manyWorkersDyingBetweenClaimAndAck_loseAndDoubleNothing() throws Exception {
    int total = 300;
    sender().send(messages(0, total));
    Random random = new Random(7);
    Set<UUID> identities = new HashSet<>();
    List<byte[]> stored = new ArrayList<>();
    int deaths = 0;
    EventSource worker = source(SHORT_LEASE);
    long deadline = System.nanoTime() + SOON.toNanos();
    while (stored.size() < total && System.nanoTime() < deadline) {
      Delivery delivery = worker.receive(20, Duration.ofMillis(50));
      if (delivery == null) {
        continue;
      }
      if (random.nextInt(3) == 0) {
        // Neither acknowledged nor closed, as after SIGKILL.
        deaths++;
        worker = source(SHORT_LEASE);
      } else if (delivery.ack()) {
        stored.addAll(texts(delivery));
        delivery.messages().forEach(m -> identities.add(m.identity()));
      }
    }
    assertEquals(total, stored.size());
    assertEquals(total, identities.size());
    assertEquals(total, stored.stream().map(m -> new String(m, UTF_8)).distinct().count());
    assertTrue(deaths > 0);
    assertEquals(0, inspector().inspect().claimed());
  }

  /** Numbered messages. */
  protected static List<byte[]> messages(int from, int to) {
    return IntStream.range(from, to)
        .mapToObj(i -> ("{\"message\":\"number " + i + "\"}").getBytes(UTF_8))
        .toList();
  }

  /** The next delivery, which must come. */
  protected static Delivery receive(EventSource source, int max) throws Exception {
    return present(source.receive(max, SOON));
  }

  /** The delivery that another source holds, once its lease has expired. */
  protected static Delivery receiveFrom(EventSource heir, Delivery lost) throws Exception {
    UUID wanted = lost.messages().get(0).identity();
    long deadline = System.nanoTime() + SOON.toNanos();
    while (System.nanoTime() < deadline) {
      Delivery delivery = receive(heir, 1);
      if (delivery.messages().get(0).identity().equals(wanted)) {
        return delivery;
      }
      assertTrue(delivery.ack());
    }
    throw new AssertionError("the delivery was not adopted within " + SOON);
  }

  private void awaitExpired() throws QueueException, InterruptedException {
    QueueInspector inspector = inspector();
    long deadline = System.nanoTime() + SOON.toNanos();
    while (inspector.inspect().workers().stream().anyMatch(WorkerLease::alive)) {
      assertTrue(System.nanoTime() < deadline, "the lease does not expire");
    }
  }

  protected static void assertSame(List<byte[]> expected, List<byte[]> actual) {
    assertEquals(expected.size(), actual.size());
    for (int i = 0; i < expected.size(); i++) {
      assertArrayEquals(expected.get(i), actual.get(i), "message " + i);
    }
  }

  protected static void assertSameIdentity(Delivery expected, Delivery actual) {
    assertEquals(expected.messages().size(), actual.messages().size());
    for (int i = 0; i < expected.messages().size(); i++) {
      assertEquals(expected.messages().get(i).identity(), actual.messages().get(i).identity());
      assertEquals(expected.messages().get(i).claimedAt(), actual.messages().get(i).claimedAt());
    }
    if (expected.messages().size() > 1) {
      assertNotEquals(expected.messages().get(0).identity(), expected.messages().get(1).identity());
    }
  }

  protected static List<byte[]> texts(Delivery delivery) {
    return delivery.messages().stream().map(Message::bytes).toList();
  }

  private static Delivery present(@Nullable Delivery delivery) {
    assertNotNull(delivery, "nothing came within " + SOON);
    return delivery;
  }
}
