package io.llmlog.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lettuce.core.KeyValue;
import io.lettuce.core.api.sync.RedisCommands;
import io.llmlog.spi.Delivery;
import io.llmlog.spi.EventSender;
import io.llmlog.spi.EventSource;
import io.llmlog.spi.Pause;
import io.llmlog.testkit.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a server may be set to, run out of, forget or refuse. */
abstract class RedisServerCases extends RedisTestCase {
  @Override
  RedisConnection.Timeouts timeouts() {
    return PATIENT;
  }

  @Test
  void outOfMemory_refusesSendersAndLetsWorkersDrainAll() throws Exception {
    RedisServer redis = start(server().maxMemory("100mb"));
    RedisCommands<String, String> raw = raw(redis.url());
    EventSender sender = sender(redis.url());
    sender.send(messages(0, 6000));
    // Below what the empty server needs: from now on it is out of memory whatever is deleted.
    raw.configSet("maxmemory", "1");
    raw.scriptFlush();

    assertTrue(refusal(() -> sender.send(messages(0, 1))).contains("OOM"));
    EventSource dying = source(redis.url(), Duration.ofMillis(50));
    Delivery left = receive(dying, 2000);
    assertTrue(left.attempt(7));
    left.attempted(false);
    assertTrue(left.attempt(8));
    assertTrue(left.renew(Pause.REFUSED));
    assertEquals(1, inspector(redis.url()).accept(null).size());
    EventSource leaving = source(redis.url(), LONG_LEASE);
    receive(leaving, 2500);
    leaving.close();
    EventSource heir = source(redis.url(), LONG_LEASE);
    List<String> stored = new ArrayList<>();
    while (stored.size() < 6000) {
      Delivery delivery = receive(heir, 5000);
      assertEquals(delivery.accepted() ? 1 : 0, delivery.deaths(8));
      stored.addAll(texts(delivery));
      assertTrue(delivery.renew(Pause.NONE));
      assertTrue(delivery.ack());
    }
    stored.sort(null);
    assertEquals(texts(messages(0, 6000)).stream().sorted().toList(), stored);
    assertTrue(refusal(() -> sender.send(messages(0, 1))).contains("OOM"));
    assertFalse(left.ack());
  }

  @Test
  void forgottenScripts_areSentAgain() throws Exception {
    RedisServer redis = start(server());
    RedisCommands<String, String> raw = raw(redis.url());
    EventSender sender = sender(redis.url());
    EventSource source = source(redis.url(), LONG_LEASE);
    for (int round = 0; round < 3; round++) {
      sender.send(messages(0, 2));
      raw.scriptFlush();
      Delivery delivery = receive(source, 2);
      raw.scriptFlush();
      assertTrue(delivery.renew(Pause.NONE));
      raw.scriptFlush();
      assertTrue(delivery.ack());
    }
    raw.scriptFlush();
    assertEquals(0, inspector(redis.url()).inspect().depth());
  }

  @Test
  void password_isUsed_andAWrongOneIsNotShown() throws Exception {
    RedisServer redis = start(server().password("p@ss:word"));
    String place = "127.0.0.1:" + redis.port();
    assertEquals(1, sender("redis://:p%40ss%3Aword@" + place).send(messages(0, 1)));

    String wrong = refusal(() -> sender("redis://:geheim@" + place).send(messages(0, 1)));
    assertTrue(wrong.contains(place) && wrong.contains("WRONGPASS"), wrong);
    assertFalse(wrong.contains("geheim"), wrong);
    String none = refusal(() -> sender("redis://" + place).send(messages(0, 1)));
    assertTrue(none.contains("NOAUTH"), none);
  }

  @Test
  void user_isUsed_andAskedForTheRightsThatTheDocumentationNames() throws Exception {
    RedisServer redis = start(server());
    RedisCommands<String, String> raw = raw(redis.url());
    acl(raw, "ACL SETUSER svc on >pw ~llm_logs +lpush");
    String worker =
        "ACL SETUSER worker on >pw ~llm_logs ~{llm_logs}:*"
            + " +evalsha +eval +time +hget +hset +hdel +hgetall +llen +lindex +lrange +lset"
            + " +lmove +rpush +rename +del +unlink +exists";
    acl(raw, worker);
    String place = "127.0.0.1:" + redis.port();
    sender("redis://svc:pw@" + place).send(messages(0, 5));
    EventSource leaving = source("redis://worker:pw@" + place, LONG_LEASE);
    receive(leaving, 5);
    leaving.close();
    EventSource heir = source("redis://worker:pw@" + place, LONG_LEASE);
    Delivery delivery = receive(heir, 5);
    assertEquals(2, delivery.owners());
    assertTrue(delivery.attempt(4));
    assertTrue(delivery.renew(Pause.REFUSED));
    assertEquals(1, inspector("redis://worker:pw@" + place).accept(null).size());
    assertEquals(5, inspector("redis://worker:pw@" + place).inspect().claimed());
    assertTrue(delivery.ack());
  }

  @Test
  void missingRightInTheMiddleOfAClaim_losesNothing() throws Exception {
    RedisServer redis = start(server());
    RedisCommands<String, String> raw = raw(redis.url());
    sender(redis.url()).send(messages(0, 5));
    for (String right : List.of("hset", "rpush", "lmove", "del")) {
      acl(raw, "ACL SETUSER worker on >pw ~* +@all -" + right);
      EventSource source = source("redis://worker:pw@127.0.0.1:" + redis.port(), LONG_LEASE);
      String said = refusal(() -> source.receive(5, Duration.ZERO));
      assertTrue(said.contains("permission") || said.contains("can't run"), said);
      source.close();
      assertEquals(5, raw.llen(QUEUE), right);
      assertEquals(1, raw.dbsize(), right);
      acl(raw, "ACL DELUSER worker");
    }
    assertEquals(texts(messages(0, 5)), texts(receive(source(redis.url(), LONG_LEASE), 9)));
  }

  @Test
  void database_isThatOfThePath_andABadOneIsRefused() throws Exception {
    RedisServer redis = start(server());
    RedisCommands<String, String> raw = raw(redis.url());
    sender(redis.url() + "/2").send(messages(0, 3));
    assertEquals(0, raw.llen(QUEUE));
    raw.select(2);
    assertEquals(3, raw.llen(QUEUE));
    assertEquals(3, receive(source(redis.url() + "/2", LONG_LEASE), 5).messages().size());

    String said = refusal(() -> sender(redis.url() + "/99").send(messages(0, 1)));
    assertTrue(said.contains("DB index is out of range"), said);
    raw.select(0);
    assertEquals(0, raw.llen(QUEUE));
  }

  @Test
  void tls_verifiesCertificateAndHostName() throws Exception {
    RedisServer redis = start(server().tls());
    String said = refusal(() -> sender(redis.url()).send(messages(0, 1)));
    assertTrue(said.contains("certification path"), said);
    System.setProperty("javax.net.ssl.trustStore", redis.trustStore().toString());
    System.setProperty("javax.net.ssl.trustStorePassword", "changeit");
    try {
      assertEquals(1, sender(redis.url()).send(messages(0, 1)));
      assertEquals(1, receive(source(redis.url(), LONG_LEASE), 5).messages().size());
      String byAddress = redis.url().replace("localhost", "127.0.0.1");
      String name = refusal(() -> sender(byAddress).send(messages(0, 1)));
      assertTrue(name.contains("127.0.0.1") && name.contains("subject alternative"), name);
    } finally {
      System.clearProperty("javax.net.ssl.trustStore");
      System.clearProperty("javax.net.ssl.trustStorePassword");
    }
  }

  @Test
  void serverThatSpeaksOnlyTheOldProtocol_isServed() throws Exception {
    RedisServer redis = start(server().setting("rename-command", "HELLO", ""));
    sender(redis.url()).send(messages(0, 3));
    EventSource source = source(redis.url(), LONG_LEASE);
    Delivery delivery = receive(source, 5);
    assertEquals(texts(messages(0, 3)), texts(delivery));
    assertEquals(3, inspector(redis.url()).inspect().claimed());
    assertTrue(delivery.ack());
    assertNull(source.receive(5, Duration.ZERO));
  }

  @Test
  void queueThatIsNoList_isRefusedWithTheServersWordAndTheKey() {
    RedisServer redis = start(server());
    raw(redis.url()).set(QUEUE, "text");
    EventSource source = source(redis.url(), LONG_LEASE);
    for (String said :
        List.of(
            refusal(() -> sender(redis.url()).send(messages(0, 1))),
            refusal(() -> source.receive(1, Duration.ZERO)))) {
      assertTrue(said.contains("WRONGTYPE"), said);
      assertTrue(said.contains("(keys: " + QUEUE), said);
      assertFalse(said.contains("user_script:") && said.contains(" script: "), said);
    }
  }

  @Test
  void legacyConsumer_seesNothingButProducersMessages() throws Exception {
    RedisServer redis = start(server());
    RedisCommands<String, String> raw = raw(redis.url());
    sender(redis.url()).send(messages(0, 200));
    List<String> seen = new ArrayList<>();
    EventSource worker = source(redis.url(), Duration.ofMillis(20));
    while (seen.size() < 200) {
      KeyValue<String, String> popped = raw.brpop(1, QUEUE);
      if (popped != null) {
        seen.add(popped.getValue());
      }
      Delivery delivery = worker.receive(7, Duration.ZERO);
      if (delivery != null && delivery.owners() == 1) {
        worker = source(redis.url(), Duration.ofMillis(20));
      } else if (delivery != null && delivery.ack()) {
        seen.addAll(texts(delivery));
      }
    }
    seen.sort(null);
    assertEquals(texts(messages(0, 200)).stream().sorted().toList(), seen);
  }

  @Test
  void longQueue_costsAClaimAsLittleAsAShortOne() throws Exception {
    // A node for each message: the worst that the server's list can be to walk along.
    RedisServer redis = start(server().setting("list-max-ziplist-size", "1"));
    EventSender sender = sender(redis.url());
    EventSource source = source(redis.url(), LONG_LEASE);
    sender.send(messages(0, 10_000));
    long shortest = quickestOfTenClaims(source);
    for (int i = 0; i < 60; i++) {
      sender.send(messages(0, 5000));
    }
    long longest = quickestOfTenClaims(source);
    assertEquals(290_000, raw(redis.url()).llen(QUEUE));
    assertTrue(
        longest < 5 * shortest, longest + " ns of a long queue, " + shortest + " of a short");
  }

  private static long quickestOfTenClaims(EventSource source) throws Exception {
    long quickest = Long.MAX_VALUE;
    for (int i = 0; i < 10; i++) {
      long start = System.nanoTime();
      Delivery delivery = receive(source, 1000);
      quickest = Math.min(quickest, System.nanoTime() - start);
      assertEquals(1000, delivery.messages().size());
      assertTrue(delivery.ack());
    }
    return quickest;
  }

  @Test
  void keys_haveTheDocumentedForm() throws Exception {
    RedisServer redis = start(server());
    RedisCommands<String, String> raw = raw(redis.url());
    sender(redis.url()).send(messages(0, 3));
    Delivery delivery = receive(source(redis.url(), LONG_LEASE), 2);
    assertTrue(delivery.renew(Pause.REFUSED));
    inspector(redis.url()).accept(null);
    assertTrue(delivery.attempt(1));

    String worker = raw.hkeys(LEASES).get(0);
    String lease = String.valueOf(raw.hget(LEASES, worker));
    assertTrue(lease.matches("[0-9a-f-]{36} \\d{13} 60000 3"), lease);
    List<String> held = raw.lrange("{llm_logs}:processing:" + worker, 0, -1);
    assertTrue(
        held.get(0).matches("[0-9a-f-]{14}4[0-9a-f-]{21} \\d{16} 1 accepted 1:1"), held.get(0));
    assertEquals(texts(messages(0, 2)), held.subList(1, 3));
    assertEquals(-1, raw.ttl(LEASES));
    assertEquals(3, raw.dbsize());
  }

  @Test
  void listOfAnUnknownForm_isLeftAloneAndStopsNobody() throws Exception {
    RedisServer redis = start(server());
    RedisCommands<String, String> raw = raw(redis.url());
    raw.hset(LEASES, "foreign", "token 1 30000 0");
    raw.rpush("{llm_logs}:processing:foreign", "a header of version 9", "message");
    raw.hset(LEASES, "odd", "?");
    sender(redis.url()).send(messages(0, 1));
    Delivery delivery = receive(source(redis.url(), LONG_LEASE), 5);
    assertEquals(texts(messages(0, 1)), texts(delivery));
    assertEquals(2, raw.llen("{llm_logs}:processing:foreign"));
    assertEquals(3, inspector(redis.url()).inspect().workers().size());
    assertTrue(delivery.ack());
  }

  @Test
  void leaseOfAWorkerThatHeldNothing_isRemoved() throws Exception {
    RedisServer redis = start(server());
    RedisCommands<String, String> raw = raw(redis.url());
    raw.hset(LEASES, "dead", "token 1 30000 0");
    assertNull(source(redis.url(), LONG_LEASE).receive(1, Duration.ZERO));
    assertFalse(raw.hexists(LEASES, "dead"));
  }

  @Test
  void lostLeases_areMadeAnewByLivingWorkers() throws Exception {
    RedisServer redis = start(server());
    RedisCommands<String, String> raw = raw(redis.url());
    sender(redis.url()).send(messages(0, 2));
    EventSource source = source(redis.url(), LONG_LEASE);
    Delivery before = receive(source, 2);
    raw.del(LEASES);
    assertFalse(before.ack());
    Delivery again = receive(source, 2);
    assertEquals(texts(messages(0, 2)), texts(again));
    assertTrue(again.ack());
  }

  private static void acl(RedisCommands<String, String> raw, String line) {
    io.lettuce.core.codec.StringCodec codec = io.lettuce.core.codec.StringCodec.UTF8;
    io.lettuce.core.protocol.CommandArgs<String, String> args =
        new io.lettuce.core.protocol.CommandArgs<>(codec);
    for (String word : line.substring("ACL ".length()).split(" ", -1)) {
      args.add(word);
    }
    raw.dispatch(
        io.lettuce.core.protocol.CommandType.ACL,
        new io.lettuce.core.output.ArrayOutput<>(codec),
        args);
  }
}
