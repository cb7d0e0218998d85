package io.llmlog.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.spi.Delivery;
import io.llmlog.spi.EventSender;
import io.llmlog.spi.EventSource;
import io.llmlog.spi.Message;
import io.llmlog.spi.QueueInspector;
import io.llmlog.spi.QueueInspector.QueueState;
import io.llmlog.spi.QueueInspector.WorkerLease;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * What every queue must do with messages. A queue's test extends this and {@link LeaseContract},
 * and says how to reach a real one.
 */
public abstract class QueueContract extends QueueCase {
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
}
