package io.llmlog.faults;

import io.llmlog.faults.Invariants.Expected;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/**
 * One round of the random mixtures: two or three faults of different victims, which overlap at
 * random moments under load. Everything random comes from the scene's seed.
 */
final class Mixture {
  private static final Duration PACE = Duration.ofMillis(2);
  private static final int LONGEST_GAP_NANOS = 500_000_000;

  private final Scene scene;
  private final Random random;
  private final boolean always;
  private final Recorder service;
  private final ServiceProcess otherService;
  private final WorkerProcess otherWorker;

  Mixture(Scene scene) throws Exception {
    this.scene = scene;
    this.random = new Random(scene.seed());
    this.always = random.nextBoolean();
    scene.spooling(always ? "always" : "overflow");
    otherService = scene.serviceProcess(PACE, Long.MAX_VALUE);
    otherWorker = scene.workerProcess();
    service = scene.service();
    scene.worker();
  }

  void run() throws Exception {
    service.startLoad(PACE);
    otherWorker.go();
    otherService.go();
    otherService.awaitAccepted(1);
    Await.until("a first row", Scene.PATIENCE, () -> scene.database().rows() > 0);
    List<Fault> faults = pick();
    List<String> proofs = new ArrayList<>();
    List<Fault> struck = new ArrayList<>();
    try {
      for (Fault fault : faults) {
        gap();
        struck.add(fault);
        fault.strike();
      }
      gap();
      // One may hide another: what shows nothing yet must do so when its neighbours are healed.
      for (Fault fault : List.copyOf(struck)) {
        String seen = fault.proofNow();
        if (!seen.isEmpty()) {
          proofs.add(seen);
          struck.remove(fault);
          gap();
          fault.heal();
        }
      }
      for (Fault fault : List.copyOf(struck)) {
        proofs.add(fault.proof());
        struck.remove(fault);
        fault.heal();
      }
    } finally {
      for (Fault fault : struck) {
        fault.heal();
      }
    }
    gap();
    end();
    Verdict.give(
        scene,
        "mixture (seed "
            + scene.seed()
            + ", mode "
            + (always ? "always" : "overflow")
            + "): "
            + faults.stream().map(Fault::name).collect(Collectors.joining(" + ")),
        String.join("; ", proofs),
        Expected.NOTHING_LOST);
  }

  private void end() throws InterruptedException {
    if (otherService.process().isAlive()) {
      otherService.finish();
    }
    if (otherWorker.process().isAlive()) {
      otherWorker.finish();
    }
    // Whoever opens the spool next delivers what a dead service has left there.
    scene.service();
  }

  /** One fault each of two or three victims. */
  private List<Fault> pick() {
    RedisFaults redis = new RedisFaults(scene);
    StoreFaults store = new StoreFaults(scene);
    NetworkFaults pushing = new NetworkFaults("service to Redis", scene.serviceToRedis);
    NetworkFaults claiming = new NetworkFaults("worker to Redis", scene.workerToRedis);
    NetworkFaults writing = new NetworkFaults("worker to PostgreSQL", scene.workerToStore);
    List<List<Fault>> victims = new ArrayList<>();
    victims.add(
        List.of(
            redis.killedWithData(),
            redis.stopped(),
            redis.outOfMemory(),
            redis.readOnly(),
            redis.withoutReplicas(),
            redis.misconfigured(),
            redis.passwordChanged(),
            redis.busy(),
            redis.clientsKilled(),
            redis.scriptsForgotten()));
    victims.add(
        List.of(
            store.stoppedImmediately(),
            store.restarted(),
            store.locked(),
            store.terminated(),
            store.tooManyConnections(),
            store.tableMissing(),
            store.grantRevoked()));
    victims.add(roads(pushing));
    victims.add(roads(claiming));
    victims.add(roads(writing));
    victims.add(List.of(workerKilled()));
    if (always) {
      victims.add(List.of(serviceKilled()));
    }
    Collections.shuffle(victims, random);
    return victims.subList(0, 2 + random.nextInt(2)).stream()
        .map(faults -> faults.get(random.nextInt(faults.size())))
        .toList();
  }

  private static List<Fault> roads(NetworkFaults road) {
    return List.of(
        road.reset(2), road.halfOpen(), road.blackHole(), road.delayed(Duration.ofMillis(40)));
  }

  private Fault workerKilled() {
    return killed("worker killed (SIGKILL)", otherWorker.process());
  }

  private Fault serviceKilled() {
    return killed("service killed (SIGKILL)", otherService.process());
  }

  private static Fault killed(String name, JavaProcess process) {
    return Fault.named(name)
        .by(process::kill)
        .shownBy(() -> process.awaitEnd() == 137 ? "exit code 137" : null)
        .passing();
  }

  /** A random moment, not a wait for anything. */
  private void gap() {
    LockSupport.parkNanos(random.nextInt(LONGEST_GAP_NANOS));
  }
}
