package io.llmlog.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.llmlog.faults.Invariants.Expected;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Queue and database at once, and the roads without a queue. */
class OutageIT extends FaultTests {
  private static final Duration SILENCE = Duration.ofSeconds(4);

  @Test
  @Tag("short")
  void bothAwayForSeconds_thenBothBack_losesNothing() throws Exception {
    bothAway(scene().spooling("overflow"), "spool overflow", Duration.ofSeconds(5));
  }

  @Test
  @Tag("chaos")
  void bothAwayForMinutes_thenBothBack_losesNothing() throws Exception {
    bothAway(scene().spooling("overflow"), "spool overflow", Duration.ofMinutes(2));
  }

  @Test
  void bothAwayInModeAlways_losesNothing() throws Exception {
    bothAway(scene().spooling("always"), "spool always", Duration.ofSeconds(3));
  }

  @Test
  void bothAwayWithoutASpool_memoryHoldsThem() throws Exception {
    bothAway(scene(), "memory alone", Duration.ofSeconds(2));
  }

  private static void bothAway(Scene scene, String how, Duration lasting) throws Exception {
    Fault both = both(scene).on(lasting.toSeconds() + " s, " + how);
    FaultCase.of(scene, both).lasting(lasting).run();
  }

  private static Fault both(Scene scene) {
    Fault redis = new RedisFaults(scene).killedWithData();
    Fault store = new StoreFaults(scene).stoppedImmediately();
    return Fault.named("Redis killed and PostgreSQL stopped")
        .by(
            () -> {
              redis.strike();
              store.strike();
            })
        .shownBy(() -> redis.proof() + "; " + store.proof())
        .healedBy(
            () -> {
              redis.heal();
              store.heal();
            });
  }

  /** A service that logs nothing more must not sleep over what it has on its disk. */
  @Test
  void bothAwayAndTheServiceFallsSilent_whatIsSpooledIsDeliveredWithoutANewEvent()
      throws Exception {
    Scene scene = scene().spooling("overflow");
    Recorder service = scene.liveService();
    scene.worker();
    service.burst(100);
    Await.until("the first rows", Scene.PATIENCE, () -> scene.database().rows() == 100);
    Fault both = both(scene).on("and the service falls silent");
    both.strike();
    String proof = both.proof();
    service.burst(200);
    Await.until("a spool", Scene.PATIENCE, () -> service.ledger().spooled() == 200);
    long silent = System.nanoTime();
    Await.until(
        "seconds of silence", Scene.PATIENCE, () -> System.nanoTime() - silent > SILENCE.toNanos());
    both.heal();
    Await.until(
        () -> "the spool to be empty, " + service.ledger(),
        Duration.ofSeconds(30),
        () -> service.ledger().spooled() == 0);
    Verdict.give(scene, both.name(), proof + "; spooled 200", Expected.NOTHING_LOST);
  }

  @Test
  void databaseStoppedWithoutQueue_losesNothing() throws Exception {
    Scene scene = withoutQueue();
    FaultCase.of(scene, new StoreFaults(scene).stoppedImmediately().on("no queue")).run();
  }

  @Test
  void commitReplyLostWithoutQueue_isStoredOnce() throws Exception {
    Scene scene = withoutQueue();
    FaultCase.of(
            scene,
            new NetworkFaults("service to PostgreSQL, no queue", scene.serviceToStore)
                .replyLost("commit", Scripts.COMMIT))
        .run();
  }

  @Test
  void lockedWithoutQueue_losesNothing() throws Exception {
    Scene scene = withoutQueue();
    FaultCase.of(scene, new StoreFaults(scene).locked().on("no queue")).run();
  }

  @Test
  void tableMissingWithoutQueue_losesNothing() throws Exception {
    Scene scene = withoutQueue();
    FaultCase.of(scene, new StoreFaults(scene).tableMissing().on("no queue")).run();
  }

  private Scene withoutQueue() {
    return scene().serviceSetting("LLMLOG_QUEUE_URL", "none").spooling("overflow");
  }

  @Test
  void queueTooDeep_goesToTheSpoolAndNotToTheDatabase() throws Exception {
    Scene scene = scene().spooling("overflow").serviceSetting("LLMLOG_QUEUE_MAX_DEPTH", "500");
    Recorder service = scene.liveService();
    // Nobody takes anything from the queue.
    service.startLoad(Duration.ofMillis(1));
    Await.until("events in the spool", Scene.PATIENCE, () -> service.ledger().spooled() > 500);
    service.stopLoad();
    String depth = scene.admin().call("LLEN", "llm_logs");
    assertEquals(0, service.ledger().fallback());
    Verdict.give(
        scene,
        "queue too deep (LLMLOG_QUEUE_MAX_DEPTH=500)",
        "LLEN " + depth + ", spooled " + service.ledger().spooled(),
        Expected.NOTHING_LOST);
  }
}
