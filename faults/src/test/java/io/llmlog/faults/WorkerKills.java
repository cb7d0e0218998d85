package io.llmlog.faults;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.faults.Invariants.Expected;
import io.llmlog.worker.Worker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Kills worker after worker, each at one of the four points, in an order from the seed. After every
 * few a healthy one clears up, as in life: three deaths within one message's own attempt would make
 * that a dead letter, and kills that always hit would do so to good ones.
 */
final class WorkerKills {
  private static final Duration PACE = Duration.ofMillis(5);

  /** Two for the batch as a whole, two within the attempt of its first message. */
  private static final int KILLS_IN_A_ROW = 4;

  private final Scene scene;
  private final StoreFaults store;
  private final Map<KillPoint, Integer> histogram = new EnumMap<>(KillPoint.class);

  WorkerKills(Scene scene) {
    this.scene = scene;
    this.store = new StoreFaults(scene);
  }

  /** Kills that many at each point, under load, and checks. */
  void run(int timesEach) throws Exception {
    scene.workerSetting("LLMLOG_WORKER_THREADS", "1").workerSetting("LLMLOG_WORKER_BATCH", "20");
    scene.workerSetting("LLMLOG_LEASE", "PT1S");
    List<KillPoint> points = new ArrayList<>();
    for (KillPoint point : KillPoint.values()) {
      points.addAll(Collections.nCopies(timesEach, point));
    }
    Collections.shuffle(points, new Random(scene.seed()));
    Recorder service = scene.liveService();
    WorkerProcess next = scene.workerProcess();
    int killed = 0;
    for (KillPoint point : points) {
      if (killed++ % KILLS_IN_A_ROW == 0) {
        clearUp(service);
      }
      WorkerProcess victim = next;
      // It starts while the other is killed.
      next = scene.workerProcess();
      kill(victim, point);
      histogram.merge(point, 1, Integer::sum);
    }
    next.close();
    service.stopLoad();
    scene.workerSetting("LLMLOG_WORKER_THREADS", "2").workerSetting("LLMLOG_WORKER_BATCH", "1000");
    Verdict.give(
        scene,
        "worker killed (SIGKILL) " + points.size() + " times, at four points",
        "seen standing there by servers and proxy: " + histogram,
        Expected.NOTHING_LOST);
  }

  /** A healthy worker stores all that there is; then the next victims find a full queue. */
  private void clearUp(Recorder service) throws InterruptedException {
    service.stopLoad();
    // A thread adopts one batch a second; there may be four.
    Map<String, String> environment = new HashMap<>(scene.workerEnvironment());
    environment.put("LLMLOG_WORKER_THREADS", "4");
    try (Worker healthy = Worker.fromEnvironment(environment)) {
      healthy.start();
      assertTrue(healthy.awaitEmpty(Scene.PATIENCE), () -> healthy.status().toString());
    }
    service.burst(200);
    service.startLoad(PACE);
  }

  private void kill(WorkerProcess victim, KillPoint point) throws Exception {
    int held = scene.workerToRedis.holds() + scene.workerToStore.holds();
    long rowsBefore = scene.database().rows();
    point.arm(scene, store);
    victim.go();
    Await.until(
        () -> "a worker " + point + ": " + victim.process().errors(),
        Scene.PATIENCE,
        () ->
            (!point.byProxy() || scene.workerToRedis.holds() + scene.workerToStore.holds() > held)
                && point.reached(scene, store, rowsBefore));
    victim.process().kill();
    point.disarm(scene, store);
  }
}
