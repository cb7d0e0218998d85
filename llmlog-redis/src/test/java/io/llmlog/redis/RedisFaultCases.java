package io.llmlog.redis;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import io.llmlog.spi.Delivery;
import io.llmlog.spi.EventSender;
import io.llmlog.spi.EventSource;
import io.llmlog.spi.Pause;
import io.llmlog.testkit.FaultProxy;
import io.llmlog.testkit.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Servers that die or fall silent, and networks that lose what was said. */
abstract class RedisFaultCases extends RedisTestCase {
  @Override
  RedisConnection.Timeouts timeouts() {
    return TIMEOUTS;
  }

  @Test
  void noServer_isSaidWithPlaceAndWithinTheTimeout() throws Exception {
    String url = "redis://:geheim@127.0.0.1:1";
    // Not measured: the first call of a JVM loads the client's classes, for seconds if it is busy.
    refusal(() -> sender(url).send(messages(0, 1)));
    String said = refusal(within(TIMEOUTS.connect(), () -> sender(url).send(messages(0, 1))));
    assertTrue(said.contains("127.0.0.1:1") && said.contains("refused"), said);
    assertTrue(!said.contains("geheim"), said);
    EventSource source = source(url, LONG_LEASE);
    refusal(within(TIMEOUTS.connect(), () -> source.receive(1, SOON)));
    refusal(within(TIMEOUTS.connect(), () -> inspector(url).inspect()));
    assertDoesNotThrow(within(TIMEOUTS.connect(), source::close));
  }

  @Test
  void unknownHost_isNamed() {
    String said = refusal(() -> sender("redis://no-such-host.invalid").send(messages(0, 1)));
    assertTrue(said.contains("no-such-host.invalid:6379"), said);
  }

  @Test
  void lostReplyToAClaim_losesNothing() throws Exception {
    RedisServer redis = start(server());
    FaultProxy proxy = proxy(redis);
    sender(redis.url()).send(messages(0, 5));
    EventSource source = source(url(proxy), LONG_LEASE);
    proxy.cutReplyTo("EVALSHA");
    // The first EVALSHA of a new server is answered NOSCRIPT: that reply is the one that is lost.
    refusal(() -> source.receive(3, Duration.ZERO));
    Delivery warm = receive(source, 1);
    assertTrue(warm.ack());

    proxy.cutReplyTo("EVALSHA");
    refusal(() -> source.receive(3, Duration.ZERO));
    assertEquals(2, proxy.cuts());
    RedisCommands<String, String> raw = raw(redis.url());
    assertEquals(1, raw.llen(QUEUE));
    Delivery delivery = receive(source, 3);
    assertEquals(texts(messages(1, 4)), texts(delivery));
    assertEquals(1, delivery.owners());
    assertTrue(delivery.ack());
    assertEquals(texts(messages(4, 5)), texts(receive(source, 3)));
  }

  @Test
  void lostReplyToAnAck_isAskedAgain() throws Exception {
    RedisServer redis = start(server());
    FaultProxy proxy = proxy(redis);
    EventSender sender = sender(redis.url());
    sender.send(messages(0, 4));
    EventSource source = source(url(proxy), LONG_LEASE);
    assertTrue(receive(source, 1).ack());
    Delivery delivery = receive(source, 2);
    proxy.cutReplyTo("EVALSHA");
    refusal(delivery::ack);
    assertEquals(1, proxy.cuts());
    assertTrue(delivery.ack());
    assertEquals(texts(messages(3, 4)), texts(receive(source, 3)));
  }

  @Test
  void lostReplyToASend_isAnExceptionAndTheMessageIsThere() throws Exception {
    RedisServer redis = start(server());
    FaultProxy proxy = proxy(redis);
    EventSender sender = sender(url(proxy));
    sender.send(messages(0, 1));
    proxy.cutReplyTo("LPUSH");
    String said = refusal(() -> sender.send(messages(1, 2)));
    assertTrue(said.contains("127.0.0.1:" + proxy.port()), said);
    assertEquals(1, proxy.cuts());
    // Sent again it is there twice, and never a third time by the client's own doing.
    assertEquals(3, sender.send(messages(1, 2)));
    assertEquals(3, raw(redis.url()).llen(QUEUE));
  }

  @Test
  void replyCutInTheMiddle_losesNothing() throws Exception {
    RedisServer redis = start(server());
    FaultProxy proxy = proxy(redis);
    sender(redis.url()).send(messages(0, 3000));
    EventSource source = source(url(proxy), LONG_LEASE);
    assertTrue(receive(source, 1).ack());
    proxy.cutAfterReplyBytes(20_000);
    refusal(() -> source.receive(2000, Duration.ZERO));
    assertEquals(1, proxy.cuts());
    assertEquals(texts(messages(1, 2001)), texts(receive(source, 2000)));
  }

  @Test
  void connectionCutBetweenCommands_isOpenedAgain() throws Exception {
    RedisServer redis = start(server());
    FaultProxy proxy = proxy(redis);
    EventSender sender = sender(url(proxy));
    sender.send(messages(0, 1));
    proxy.cut();
    assertEquals(1, proxy.cuts());
    await(
        "a fresh connection",
        () -> {
          try {
            return sender.send(messages(1, 2)) > 0;
          } catch (Exception e) {
            return false;
          }
        });
    assertEquals(2, proxy.connections());
  }

  @Test
  void silentNetwork_endsEveryCallWithinItsTimeout() throws Exception {
    RedisServer redis = start(server());
    FaultProxy proxy = proxy(redis);
    EventSender sender = sender(url(proxy));
    EventSource source = source(url(proxy), LONG_LEASE);
    sender.send(messages(0, 4));
    Delivery delivery = receive(source, 2);
    proxy.blackHole();
    refusal(within(TIMEOUTS.command(), () -> sender.send(messages(4, 5))));
    refusal(within(TIMEOUTS.command(), delivery::ack));
    // Both have closed their connection by now, and the new one is as silent.
    refusal(within(TIMEOUTS.connect(), () -> sender.send(messages(4, 5))));
    refusal(within(TIMEOUTS.connect(), () -> source.receive(1, SOON)));
    assertTrue(proxy.swallowedBytes() > 0);

    proxy.forward();
    assertTrue(delivery.ack());
    assertTrue(sender.send(messages(4, 5)) >= 3);
    List<String> rest = texts(receive(source, 10));
    assertTrue(rest.containsAll(texts(messages(2, 5))), rest.toString());
  }

  @Test
  void halfOpenConnection_isLeftAfterTheTimeout() throws Exception {
    RedisServer redis = start(server());
    FaultProxy proxy = proxy(redis);
    sender(redis.url()).send(messages(0, 4));
    EventSource source = source(url(proxy), LONG_LEASE);
    assertTrue(receive(source, 1).ack());
    proxy.halfOpen();
    String said = refusal(within(TIMEOUTS.bulk(), () -> source.receive(2, SOON)));
    assertTrue(said.contains("outcome is unknown"), said);
    assertTrue(proxy.swallowedBytes() > 0);
    proxy.forward();
    assertEquals(texts(messages(1, 3)), texts(receive(source, 2)));
  }

  @Test
  void slowNetwork_isServedWithinTheTimeout() throws Exception {
    RedisServer redis = start(server());
    FaultProxy proxy = proxy(redis);
    proxy.delay(Duration.ofMillis(30));
    assertEquals(2, sender(url(proxy)).send(messages(0, 2)));
    assertTrue(receive(source(url(proxy), LONG_LEASE), 2).ack());
    assertTrue(proxy.delays() > 0);
  }

  @Test
  void pausedServer_thatCarriesOutOldCommandsLater_losesAndDoublesNothing() throws Exception {
    RedisServer redis = start(server());
    sender(redis.url()).send(messages(0, 10));
    EventSource source = source(redis.url(), LONG_LEASE);
    Delivery first = receive(source, 2);
    redis.pause();
    refusal(within(TIMEOUTS.command(), first::ack));
    refusal(within(TIMEOUTS.connect(), first::ack));
    refusal(within(TIMEOUTS.connect(), () -> source.receive(2, SOON)));
    redis.resume();
    List<String> stored = new ArrayList<>(texts(first));
    assertTrue(first.ack());
    for (Delivery next = source.receive(2, Duration.ZERO);
        next != null;
        next = source.receive(2, Duration.ZERO)) {
      stored.addAll(texts(next));
      assertTrue(next.ack());
    }
    assertEquals(texts(messages(0, 10)), stored);
  }

  @Test
  void killedServer_comesBackWithWhatItKept() throws Exception {
    RedisServer redis = start(server().appendOnly());
    EventSender sender = sender(redis.url());
    sender.send(messages(0, 5));
    EventSource source = source(redis.url(), LONG_LEASE);
    Delivery delivery = receive(source, 2);
    redis.kill();
    refusal(within(TIMEOUTS.connect(), () -> sender.send(messages(5, 6))));
    refusal(within(TIMEOUTS.connect(), delivery::ack));
    redis.start();
    assertEquals(4, sender.send(messages(5, 6)));
    assertTrue(delivery.renew(Pause.NONE));
    assertTrue(delivery.ack());
    assertEquals(texts(messages(2, 6)), texts(receive(source, 10)));
  }

  @Test
  void serverThatForgotAll_isServedAnew() throws Exception {
    RedisServer redis = start(server());
    EventSender sender = sender(redis.url());
    sender.send(messages(0, 2));
    EventSource source = source(redis.url(), LONG_LEASE);
    Delivery lost = receive(source, 1);
    redis.restart();
    assertEquals(1, sendUntilTaken(sender));
    assertTrue(!lost.ack());
    assertEquals(texts(messages(7, 8)), texts(receive(source, 10)));
  }

  private static long sendUntilTaken(EventSender sender) {
    long[] depth = new long[1];
    await(
        "the server is back",
        () -> {
          try {
            depth[0] = sender.send(messages(7, 8));
            return true;
          } catch (Exception e) {
            return false;
          }
        });
    return depth[0];
  }

  @Test
  void closedParts_leaveNoThreadBehind_andManyShareAFew() throws Exception {
    awaitNoClientThread();
    RedisServer redis = start(server());
    List<AutoCloseable> parts = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      EventSender sender = sender(redis.url());
      sender.send(messages(0, 1));
      parts.add(sender);
      EventSource source = source(redis.url(), LONG_LEASE);
      assertNotNull(source.receive(1, Duration.ZERO));
      parts.add(source);
    }
    assertTrue(clientThreads() >= 1 && clientThreads() <= 5, clientThreads() + " threads");
    for (AutoCloseable part : parts) {
      part.close();
    }
    awaitNoClientThread();

    EventSender closed = (EventSender) parts.get(0);
    assertTrue(refusal(() -> closed.send(messages(0, 1))).contains("closed"));
    assertEquals(0, clientThreads());
  }

  @Test
  void aConnectionThatDoesNotEnd_keepsNoThread() {
    awaitNoClientThread();
    RedisClient client = SharedClient.acquire();
    client.getResources().eventExecutorGroup().execute(() -> {});
    await("a thread", () -> clientThreads() > 0);
    SharedClient.release(new CompletableFuture<>());
    awaitNoClientThread();
  }

  @Test
  void partsThatWereNeverUsed_openNothing() throws Exception {
    awaitNoClientThread();
    sender("redis://127.0.0.1:1").close();
    source("redis://127.0.0.1:1", LONG_LEASE).close();
    inspector("redis://127.0.0.1:1").close();
    assertEquals(0, clientThreads());
  }

  /** Threads end a moment after what ran in them: those of the test before may still be there. */
  private static void awaitNoClientThread() {
    await("no thread of the client is left", () -> clientThreads() == 0);
  }

  private static long clientThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith(SharedClient.THREAD_PREFIX))
        .count();
  }

  /** The call, which must end within its timeout and a margin for a busy machine. */
  private static Executable within(Duration timeout, Executable call) {
    return () -> {
      long start = System.nanoTime();
      try {
        call.execute();
      } finally {
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        assertTrue(took.compareTo(timeout.plusSeconds(3)) < 0, "took " + took);
      }
    };
  }
}
