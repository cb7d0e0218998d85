package io.llmlog.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.spi.Delivery;
import io.llmlog.spi.EventSender;
import io.llmlog.spi.EventSource;
import io.llmlog.spi.Message;
import io.llmlog.spi.Pause;
import io.llmlog.spi.QueueInspector;
import io.llmlog.spi.QueueInspector.WorkerLease;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What every queue must do for workers that die, stand still, leave, or wait for a person. */
public abstract class LeaseContract extends QueueCase {
  @Test
  void adoption_afterTheLeaseExpired_bringsTheSameDeliveryWithOneOwnerMore() throws Exception {
    sender().send(messages(0, 5));
    Delivery first = receive(source(SHORT_LEASE), 3);
    assertTrue(first.messages().stream().noneMatch(Message::redelivered));
    Delivery second = receiveFrom(source(SHORT_LEASE), first);
    assertEquals(2, second.owners());
    assertTrue(second.messages().stream().allMatch(Message::redelivered));
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

    assertFalse(zombie.renew(Pause.NONE));
    assertFalse(zombie.ack());
    assertSame(messages(0, 2), texts(receive(heir, 2)));
    assertTrue(adopted.ack());

    sender.send(messages(2, 4));
    Delivery next = receive(slow, 2);
    assertFalse(zombie.ack());
    assertFalse(zombie.renew(Pause.NONE));
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
      assertTrue(held.renew(Pause.MEND));
      assertNull(other.receive(1, Duration.ofMillis(300)));
    }
    QueueInspector inspector = inspector();
    assertEquals(1, inspector.inspect().workers().stream().filter(WorkerLease::paused).count());
    assertTrue(held.renew(Pause.NONE));
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

  @Test
  void attempts_ofWorkersThatDied_areCountedByMessage() throws Exception {
    sender().send(messages(0, 4));
    Delivery first = receive(source(SHORT_LEASE), 4);
    assertEquals(0, first.deaths(1));
    assertTrue(first.attempt(1));
    Delivery second = receiveFrom(source(SHORT_LEASE), first);
    assertEquals(List.of(0, 1, 0, 0), deaths(second));
    assertTrue(second.attempt(0));
    second.attempted(true);
    assertTrue(second.attempt(1));
    Delivery third = receiveFrom(source(SHORT_LEASE), first);
    assertEquals(List.of(0, 2, 0, 0), deaths(third));
    assertTrue(third.attempt(3));
    Delivery fourth = receiveFrom(source(LONG_LEASE), first);
    assertEquals(List.of(0, 2, 0, 1), deaths(fourth));
    assertEquals(4, fourth.owners());
    assertSame(messages(0, 4), texts(fourth));
    assertSameIdentity(first, fourth);
    assertTrue(fourth.ack());
  }

  @Test
  void attempt_thatEnded_isNoDeath() throws Exception {
    sender().send(messages(0, 3));
    Delivery first = receive(source(SHORT_LEASE), 3);
    assertTrue(first.attempt(0));
    Delivery second = receiveFrom(source(Duration.ofSeconds(2)), first);
    for (int index = 0; index < 3; index++) {
      assertTrue(second.attempt(index));
      second.attempted(index == 0);
    }
    // The queue hears of the last end with a renewal.
    assertTrue(second.renew(Pause.MEND));
    assertEquals(List.of(0, 0, 0), deaths(receiveFrom(source(LONG_LEASE), first)));
  }

  @Test
  void attempt_thatFailed_forgetsNoEarlierDeath() throws Exception {
    sender().send(messages(0, 2));
    Delivery first = receive(source(SHORT_LEASE), 2);
    assertTrue(first.attempt(1));
    Delivery second = receiveFrom(source(SHORT_LEASE), first);
    assertTrue(second.attempt(1));
    second.attempted(false);
    assertTrue(second.renew(Pause.NONE));
    assertEquals(List.of(0, 1), deaths(receiveFrom(source(LONG_LEASE), first)));
  }

  @Test
  void attempt_thatAStopInterrupts_isNoDeath() throws Exception {
    sender().send(messages(0, 2));
    EventSource leaving = source(LONG_LEASE);
    Delivery left = receive(leaving, 2);
    assertTrue(left.attempt(1));
    Thread.currentThread().interrupt();
    leaving.close();
    assertTrue(Thread.interrupted());
    Delivery adopted = receive(source(LONG_LEASE), 2);
    assertSameIdentity(left, adopted);
    assertEquals(List.of(0, 0), deaths(adopted));
  }

  @Test
  void attempt_ofAZombie_isRefusedAndMarksNothing() throws Exception {
    EventSender sender = sender();
    sender.send(messages(0, 2));
    EventSource slow = source(SHORT_LEASE);
    Delivery zombie = receive(slow, 2);
    EventSource heir = source(LONG_LEASE);
    Delivery adopted = receiveFrom(heir, zombie);
    assertFalse(zombie.attempt(0));
    zombie.attempted(false);
    assertFalse(zombie.renew(Pause.NONE));
    assertEquals(List.of(0, 0), deaths(receive(heir, 2)));
    assertTrue(adopted.ack());

    // Nor does it mark the batch that its own source claims next.
    sender.send(messages(2, 4));
    Delivery next = receive(slow, 2);
    assertFalse(zombie.attempt(0));
    assertEquals(List.of(0, 0), deaths(receive(slow, 2)));
    assertTrue(next.ack());
  }

  @Test
  void accept_releasesWhatTheStoreRefuses_andNoLaterDelivery() throws Exception {
    EventSender sender = sender();
    sender.send(messages(0, 3));
    EventSource source = source(SHORT_LEASE);
    QueueInspector inspector = inspector();
    assertEquals(List.of(), inspector.accept(null));
    Delivery paused = receive(source, 3);
    assertTrue(paused.renew(Pause.MEND));
    assertEquals(List.of(), inspector.accept(null), "a cause to mend cannot be accepted");
    assertTrue(paused.renew(Pause.REFUSED));
    assertFalse(paused.accepted());
    assertTrue(worker(inspector).paused());

    assertEquals(List.of(), inspector.accept("another"));
    List<WorkerLease> accepted = inspector.accept(worker(inspector).worker());
    assertEquals(List.of(3L), accepted.stream().map(WorkerLease::claimed).toList());
    assertEquals(Pause.ACCEPTED, worker(inspector).pause());
    assertEquals(List.of(), inspector.accept(null), "once is enough");
    assertTrue(paused.renew(Pause.REFUSED));
    assertTrue(paused.accepted());
    assertEquals(Pause.ACCEPTED, worker(inspector).pause());
    assertTrue(paused.attempt(1));

    // It stays with the delivery when another worker adopts that, and ends with it.
    EventSource heir = source(LONG_LEASE);
    Delivery adopted = receiveFrom(heir, paused);
    assertTrue(adopted.accepted());
    assertEquals(List.of(0, 1, 0), deaths(adopted));
    assertTrue(adopted.ack());
    sender.send(messages(3, 6));
    Delivery next = receive(heir, 3);
    assertFalse(next.accepted());
    assertTrue(next.renew(Pause.REFUSED));
    assertFalse(next.accepted());
    assertTrue(next.ack());
  }

  private static List<Integer> deaths(Delivery delivery) {
    return IntStream.range(0, delivery.messages().size()).mapToObj(delivery::deaths).toList();
  }

  private static WorkerLease worker(QueueInspector inspector) throws Exception {
    List<WorkerLease> workers = inspector.inspect().workers();
    assertEquals(1, workers.size(), workers.toString());
    return workers.get(0);
  }
}
