package io.llmlog.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import io.llmlog.spi.Delivery;
import io.llmlog.spi.EventSender;
import io.llmlog.spi.EventSource;
import io.llmlog.spi.QueueException;
import io.llmlog.spi.QueueInspector;
import io.llmlog.spi.QueueProvider.QueueSettings;
import io.llmlog.testkit.FaultProxy;
import io.llmlog.testkit.RedisServer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.function.Executable;

/** Servers, proxies and parts of a test of Redis itself, closed after it, the last first. */
abstract class RedisTestCase {
  static final String QUEUE = "llm_logs";
  static final String LEASES = "{llm_logs}:leases";
  static final Duration SOON = Duration.ofSeconds(20);
  static final Duration LONG_LEASE = Duration.ofSeconds(60);

  /** The product's own for small commands, so that a test of a silent server ends soon. */
  static final RedisConnection.Timeouts TIMEOUTS =
      new RedisConnection.Timeouts(
          Duration.ofSeconds(2), Duration.ofSeconds(2), Duration.ofSeconds(2));

  /** For tests that no timeout should end, on a machine however busy. */
  static final RedisConnection.Timeouts PATIENT = new RedisConnection.Timeouts(SOON, SOON, SOON);

  private final Deque<AutoCloseable> opened = new ArrayDeque<>();

  /** A server of the kind that the test class is about. */
  abstract RedisServer.Builder server();

  abstract RedisConnection.Timeouts timeouts();

  @AfterEach
  final void closeAll() throws Exception {
    while (!opened.isEmpty()) {
      opened.pop().close();
    }
  }

  final <T extends AutoCloseable> T closedLater(T part) {
    opened.push(part);
    return part;
  }

  final RedisServer start(RedisServer.Builder options) {
    return closedLater(options.build()).start();
  }

  final FaultProxy proxy(RedisServer server) {
    return closedLater(FaultProxy.to("127.0.0.1", server.port()));
  }

  static String url(FaultProxy proxy) {
    return "redis://127.0.0.1:" + proxy.port();
  }

  final EventSender sender(String url) {
    return closedLater(new RedisProvider(timeouts()).sender(new QueueSettings(url, QUEUE)));
  }

  final EventSource source(String url, Duration lease) {
    return closedLater(new RedisProvider(timeouts()).source(new QueueSettings(url, QUEUE), lease));
  }

  final QueueInspector inspector(String url) {
    return closedLater(new RedisProvider(timeouts()).inspector(new QueueSettings(url, QUEUE)));
  }

  /** The server as another program sees it. */
  @SuppressWarnings("resource") // the connection ends with its client
  final RedisCommands<String, String> raw(String url) {
    RedisClient client = RedisClient.create(url);
    closedLater(() -> client.shutdown(0, 1, java.util.concurrent.TimeUnit.SECONDS));
    return client.connect().sync();
  }

  static List<byte[]> messages(int from, int to) {
    return IntStream.range(from, to).mapToObj(i -> ("{\"n\":" + i + "}").getBytes(UTF_8)).toList();
  }

  static List<String> texts(Delivery delivery) {
    return delivery.messages().stream().map(m -> new String(m.bytes(), UTF_8)).toList();
  }

  static List<String> texts(List<byte[]> messages) {
    return messages.stream().map(m -> new String(m, UTF_8)).toList();
  }

  static Delivery receive(EventSource source, int max) throws Exception {
    Delivery delivery = source.receive(max, SOON);
    assertNotNull(delivery, "nothing came within " + SOON);
    return delivery;
  }

  static String refusal(Executable call) {
    return String.valueOf(assertThrows(QueueException.class, call).getMessage());
  }

  static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + SOON.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError(what + ": not within " + SOON);
      }
      Thread.onSpinWait();
    }
  }
}
