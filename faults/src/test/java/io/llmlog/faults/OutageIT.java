package io.llmlog.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.llmlog.faults.Invariants.Expected;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Queue and database at once, and the roads without a queue. */
class OutageIT extends FaultTests {
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
    Fault redis = new RedisFaults(scene).killedWithData();
    Fault store = new StoreFaults(scene).stoppedImmediately();
    Fault both =
        Fault.named("Redis killed and PostgreSQL stopped for " + lasting.toSeconds() + " s, " + how)
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
    FaultCase.of(scene, both).lasting(lasting).run();
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
