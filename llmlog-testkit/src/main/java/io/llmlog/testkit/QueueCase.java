package io.llmlog.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.spi.Delivery;
import io.llmlog.spi.EventSender;
import io.llmlog.spi.EventSource;
import io.llmlog.spi.Message;
import io.llmlog.spi.QueueException;
import io.llmlog.spi.QueueInspector;
import io.llmlog.spi.QueueInspector.WorkerLease;
import io.llmlog.spi.QueueProvider;
import io.llmlog.spi.QueueProvider.QueueSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

/** Parts of one queue, which no other test uses, and what the contracts of a queue share. */
public abstract class QueueCase {
  QueueCase() {}

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

  protected final void awaitExpired() throws QueueException, InterruptedException {
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
