package io.llmlog.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.faults.Invariants.Expected;
import io.llmlog.faults.Invariants.Tally;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The victim is a service, in a process of its own. */
class ServiceFaultsIT extends FaultTests {
  private static final Duration PACE = Duration.ofNanos(100_000);
  private static final int PENDING = 5000;

  /** Fewer bytes than any event has when it is encoded. */
  private static final int LEAST_EVENT = 200;

  @Test
  void killedInMemoryMode_losesAtMostItsBuffer() throws Exception {
    Scene scene = scene().withoutFallback().serviceSetting("LLMLOG_BUFFER_MAX_BYTES", "1MiB");
    scene.worker();
    ServiceProcess service = scene.serviceProcess(PACE, Long.MAX_VALUE);
    service.go();
    Await.until("the first rows", Scene.PATIENCE, () -> scene.database().rows() > 500);
    scene.serviceToRedis.blackHole();
    long before = service.accepted().cardinality();
    service.awaitAccepted(before + 500);
    service.process().kill();
    assertEquals(137, service.process().awaitEnd());
    scene.forwardAll();
    Tally tally =
        Verdict.give(
            scene,
            "service killed (SIGKILL) in memory mode, with events pending",
            "exit code 137, bytes swallowed " + scene.serviceToRedis.swallowedBytes(),
            Expected.mayLose((1 << 20) / LEAST_EVENT));
    assertTrue(tally.lost() > 0, "the case should cost something, else it shows nothing");
  }

  @Test
  @Tag("short")
  void killedInModeAlways_losesNothing() throws Exception {
    new ServiceKills(scene()).run(10);
  }

  @Test
  @Tag("chaos")
  void killedAHundredTimesInModeAlways_losesNothing() throws Exception {
    new ServiceKills(scene()).run(100);
  }

  @Test
  void terminatedWithThousandsPending_deliversThem() throws Exception {
    Scene scene = scene();
    ServiceProcess service = pending(scene);
    String proof = nothingDelivered(scene, service);
    scene.forwardAll();
    service.process().terminate();
    assertEquals(143, service.process().awaitEnd(), service.process().errors());
    Verdict.give(scene, "service ended (SIGTERM) with 5,000 pending", proof, Expected.NOTHING_LOST);
  }

  @Test
  void terminatedWithThousandsPendingAndNoRoad_spoolsThem() throws Exception {
    Scene scene = scene().spooling("overflow");
    ServiceProcess service = pending(scene);
    String proof = nothingDelivered(scene, service);
    service.process().terminate();
    assertEquals(143, service.process().awaitEnd(), service.process().errors());
    scene.forwardAll();
    Verdict.give(
        scene,
        "service ended (SIGTERM) with 5,000 pending and no road, spool",
        proof + "; segments left " + SpoolFolder.of(scene.spool()).segments().size(),
        Expected.NOTHING_LOST);
  }

  @Test
  void terminatedWithThousandsPendingNoRoadAndNoSpool_saysWhatItDropped() throws Exception {
    Scene scene = scene();
    ServiceProcess service = pending(scene);
    String proof = nothingDelivered(scene, service);
    service.process().terminate();
    assertEquals(143, service.process().awaitEnd(), service.process().errors());
    String said = service.process().errors();
    assertTrue(said.contains(String.valueOf(PENDING)), said);
    scene.forwardAll();
    Verdict.give(
        scene,
        "service ended (SIGTERM) with 5,000 pending, no road and no spool: says so",
        proof,
        Expected.mayLose(PENDING));
  }

  /** A service that has accepted so many, and has no road for any of them. */
  private static ServiceProcess pending(Scene scene) throws Exception {
    scene.serviceToRedis.blackHole();
    scene.serviceToStore.blackHole();
    ServiceProcess service = scene.serviceProcess(Duration.ZERO, PENDING);
    service.go();
    service.awaitDone();
    return service;
  }

  private static String nothingDelivered(Scene scene, ServiceProcess service) throws Exception {
    String depth = scene.admin().call("LLEN", "llm_logs");
    assertEquals(PENDING, service.accepted().cardinality());
    assertEquals("0 0", depth + " " + scene.database().rows());
    return "accepted " + PENDING + ", LLEN 0, rows 0 at SIGTERM";
  }

  @Test
  void stoppedAndContinued_losesNothing() throws Exception {
    Scene scene = scene().spooling("always");
    scene.worker();
    ServiceProcess service = scene.serviceProcess(PACE, Long.MAX_VALUE);
    service.go();
    Await.until("the first rows", Scene.PATIENCE, () -> scene.database().rows() > 0);
    service.process().pause();
    long before = service.accepted().cardinality();
    String state = service.process().state();
    assertTrue(state.startsWith("T"), state);
    service.process().resume();
    service.awaitAccepted(before + 500);
    service.finish();
    Verdict.give(
        scene,
        "service stopped (SIGSTOP) and continued, mode always",
        "state of its process: " + state,
        Expected.NOTHING_LOST);
  }

  @Test
  void twoProcessesOnOneDirectory_keepOutOfEachOthersWay() throws Exception {
    Scene scene = scene().spooling("always");
    scene.worker();
    ServiceProcess first = scene.serviceProcess(PACE, Long.MAX_VALUE);
    ServiceProcess second = scene.serviceProcess(PACE, Long.MAX_VALUE);
    first.go();
    second.go();
    first.awaitAccepted(500);
    second.awaitAccepted(500);
    int subdirectories = SpoolFolder.of(scene.spool()).loggers().size();
    assertEquals(2, subdirectories);
    first.process().kill();
    second.awaitAccepted(second.accepted().cardinality() + 500L);
    second.finish();
    Verdict.give(
        scene,
        "two processes on one spool directory, one killed",
        "locked subdirectories: " + subdirectories,
        Expected.NOTHING_LOST);
  }
}
