package io.llmlog.faults;

import io.llmlog.faults.Invariants.Expected;
import io.llmlog.testkit.FaultProxy;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The victim is Redis, or the way to it. */
class QueueFaultsIT extends FaultTests {
  private static final String LPUSH = "LPUSH";

  @Test
  void killedAndRestartedWithData_losesNothing() throws Exception {
    Scene scene = scene();
    FaultCase.of(scene, new RedisFaults(scene).killedWithData()).run();
  }

  @Test
  void killedAndRestartedWithoutData_losesWhatRedisHeldAndNothingElse() throws Exception {
    Scene scene = scene(options -> options);
    Recorder service = scene.liveService();
    scene.worker();
    service.burst(200);
    Await.until("the first rows", Scene.PATIENCE, () -> scene.database().rows() == 200);
    // From now on nothing leaves Redis.
    scene.workerToRedis.blackHole();
    service.burst(300);
    Await.until("Redis to have them", Scene.PATIENCE, () -> service.ledger().pending() == 0);
    long held = service.issued() - scene.database().rows();
    String before = scene.admin().call("LLEN", "llm_logs");
    scene.redis().kill();
    service.burst(100);
    scene.redis().start();
    scene.workerToRedis.forward();
    String proof = "LLEN " + before + " before; DBSIZE " + scene.admin().call("DBSIZE") + " after";
    Verdict.give(scene, "Redis killed, restarted without its data", proof, Expected.mayLose(held));
  }

  @Test
  @Tag("short")
  void stoppedForSeconds_losesNothing() throws Exception {
    stopped(Duration.ofSeconds(4));
  }

  @Test
  @Tag("chaos")
  void stoppedForAMinute_losesNothing() throws Exception {
    stopped(Duration.ofSeconds(60));
  }

  private void stopped(Duration lasting) throws Exception {
    Scene scene = scene();
    FaultCase.of(scene, new RedisFaults(scene).stopped())
        .alsoShown(fallsBack(scene))
        .lasting(lasting)
        .run();
  }

  @Test
  void replyToAPushLost_isPushedAgainAndStoredOnce() throws Exception {
    Scene scene = scene().withoutFallback();
    FaultCase.of(scene, service(scene).replyLost("push", LPUSH))
        .alsoShown(
            () -> {
              long twice = scene.worker().status().duplicate();
              return twice == 0 ? null : "pushed twice: " + twice;
            })
        .run();
  }

  @Test
  void replyToAPushLost_takesTheFallbackAndIsStoredOnce() throws Exception {
    Scene scene = scene();
    FaultCase.of(scene, service(scene).replyLost("push", LPUSH)).alsoShown(fallsBack(scene)).run();
  }

  @Test
  void connectionsReset_losesNothing() throws Exception {
    Scene scene = scene();
    FaultCase.of(scene, service(scene).reset(3)).run();
  }

  @Test
  void halfOpenConnection_losesNothing() throws Exception {
    Scene scene = scene();
    FaultCase.of(scene, service(scene).halfOpen()).alsoShown(fallsBack(scene)).run();
  }

  @Test
  void blackHole_losesNothing() throws Exception {
    Scene scene = scene();
    FaultCase.of(scene, service(scene).blackHole()).alsoShown(fallsBack(scene)).run();
  }

  @Test
  void slowNetwork_losesNothing() throws Exception {
    Scene scene = scene();
    FaultCase.of(scene, service(scene).delayed(Duration.ofMillis(50))).run();
  }

  @Test
  void readOnlyAfterFailover_losesNothing() throws Exception {
    Scene scene = scene();
    FaultCase.of(scene, new RedisFaults(scene).readOnly()).alsoShown(fallsBack(scene)).run();
  }

  @Test
  void outOfMemory_producersFallBack_andTheWorkerDrainsTheListToZero() throws Exception {
    Scene scene = scene();
    Recorder service = scene.liveService();
    scene.workerToRedis.blackHole();
    scene.worker();
    service.burst(1000);
    Await.until(
        "a full list", Scene.PATIENCE, () -> scene.admin().call("LLEN", "llm_logs").equals("1000"));
    Fault fault = new RedisFaults(scene).outOfMemory();
    fault.strike();
    String proof = fault.proof();
    service.burst(200);
    Await.until("the fallback", Scene.PATIENCE, () -> service.ledger().fallback() >= 200);
    scene.workerToRedis.forward();
    Await.until(
        "the worker to drain the list",
        Scene.PATIENCE,
        () ->
            scene.admin().call("LLEN", "llm_logs").equals("0")
                && scene.admin().call("KEYS", "{llm_logs}:processing:*").isEmpty());
    String limit = scene.admin().call("CONFIG", "GET", "maxmemory").replace('\n', ' ');
    fault.heal();
    Verdict.give(
        scene,
        fault.name() + " with 1,000 in the list",
        proof + "; LLEN 0 with " + limit,
        Expected.NOTHING_LOST);
  }

  @Test
  void tooFewReplicas_losesNothing() throws Exception {
    Scene scene = scene();
    FaultCase.of(scene, new RedisFaults(scene).withoutReplicas()).alsoShown(fallsBack(scene)).run();
  }

  @Test
  void cannotSave_losesNothing() throws Exception {
    Scene scene = scene();
    FaultCase.of(scene, new RedisFaults(scene).misconfigured()).alsoShown(fallsBack(scene)).run();
  }

  @Test
  void loadingItsData_losesNothing() throws Exception {
    Scene scene =
        scene(
            options -> options.setting("key-load-delay", "150000").setting("rdbcompression", "no"));
    FaultCase.of(scene, new RedisFaults(scene).loading()).alsoShown(fallsBack(scene)).run();
  }

  @Test
  void passwordChanged_losesNothing() throws Exception {
    Scene scene = scene();
    FaultCase.of(scene, new RedisFaults(scene).passwordChanged()).alsoShown(fallsBack(scene)).run();
  }

  @Test
  void scriptsForgotten_losesNothing() throws Exception {
    Scene scene = scene();
    FaultCase.of(scene, new RedisFaults(scene).scriptsForgotten()).run();
  }

  @Test
  void busyWithAScript_losesNothing() throws Exception {
    Scene scene = scene();
    FaultCase.of(scene, new RedisFaults(scene).busy()).lasting(Duration.ofSeconds(2)).run();
  }

  @Test
  void clientsKilled_losesNothing() throws Exception {
    Scene scene = scene();
    FaultCase.of(scene, new RedisFaults(scene).clientsKilled()).run();
  }

  @Test
  void replyToAClaimLost_isClaimedOnce() throws Exception {
    Scene scene = scene();
    FaultCase.of(scene, worker(scene).replyLost("claim", Scripts.CLAIM)).run();
  }

  @Test
  void replyToAnAckLost_isStoredOnce() throws Exception {
    Scene scene = scene();
    FaultCase.of(scene, worker(scene).replyLost("acknowledgement", Scripts.ACK)).run();
  }

  /** The service has taken its other road. */
  private static Fault.Proof fallsBack(Scene scene) {
    return () -> scene.liveService().ledger().fallback() == 0 ? null : "the service falls back";
  }

  private static NetworkFaults service(Scene scene) {
    return road("service to Redis", scene.serviceToRedis);
  }

  private static NetworkFaults worker(Scene scene) {
    return road("worker to Redis", scene.workerToRedis);
  }

  private static NetworkFaults road(String name, FaultProxy proxy) {
    return new NetworkFaults(name, proxy);
  }
}
