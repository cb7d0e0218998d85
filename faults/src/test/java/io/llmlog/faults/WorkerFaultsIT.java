package io.llmlog.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.faults.Invariants.Expected;
import io.llmlog.worker.Worker;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The victim is a worker. */
class WorkerFaultsIT extends FaultTests {
  @Test
  @Tag("short")
  void killedAtFourPoints_losesAndDoublesNothing() throws Exception {
    new WorkerKills(scene()).run(2);
  }

  @Test
  @Tag("chaos")
  void killedAHundredTimesAtFourPoints_losesAndDoublesNothing() throws Exception {
    new WorkerKills(scene()).run(25);
  }

  @Test
  void stoppedPastItsLeaseAndContinued_isFencedAndDoublesNothing() throws Exception {
    Scene scene = scene().workerSetting("LLMLOG_LEASE", "PT1S");
    StoreFaults store = new StoreFaults(scene);
    Recorder service = scene.liveService();
    service.burst(300);
    WorkerProcess zombie = scene.workerProcess();
    scene.workerToStore.holdRequest(Scripts.COMMIT);
    zombie.go();
    Await.until(
        "a worker before its commit",
        Scene.PATIENCE,
        () -> scene.workerToStore.holds() > 0 && store.sessions(StoreFaults.STORING) > 0);
    zombie.process().pause();
    Worker other = scene.worker();
    Await.until("its batch to be adopted", Scene.PATIENCE, () -> other.status().adopted() > 0);
    // Its COMMIT arrives now, and then the process goes on where it stood.
    scene.workerToStore.forward();
    zombie.process().resume();
    service.burst(300);
    long adopted = other.status().adopted();
    Await.until(
        "the zombie to be told",
        Scene.PATIENCE,
        () -> zombie.process().errors().contains("another worker has them"));
    long fenced = zombie.finish();
    Verdict.give(
        scene,
        "worker stopped (SIGSTOP) past its lease, continued",
        "adopted by another: " + adopted + "; fenced or stored twice over: " + fenced,
        Expected.NOTHING_LOST);
  }

  @Test
  void twoReapersOfManyDeadWorkers_adoptEachBatchOnce() throws Exception {
    Scene scene =
        scene()
            .workerSetting("LLMLOG_WORKER_THREADS", "4")
            .workerSetting("LLMLOG_WORKER_BATCH", "10")
            .workerSetting("LLMLOG_LEASE", "PT1S");
    StoreFaults store = new StoreFaults(scene);
    scene.liveService().burst(200);
    store.lock("SHARE ROW EXCLUSIVE");
    WorkerProcess dead = scene.workerProcess();
    dead.go();
    Await.until("four batches in hand", Scene.PATIENCE, () -> store.waiting() == 4);
    dead.process().kill();
    store.unlock();
    String lists = scene.admin().call("KEYS", "{llm_logs}:processing:*");
    assertEquals(4, lists.lines().count(), lists);
    Worker first = scene.worker();
    Worker second = scene.addWorker(Worker.fromEnvironment(scene.workerEnvironment()));
    Await.until(
        "all batches to be adopted",
        Scene.PATIENCE,
        () -> first.status().adopted() + second.status().adopted() >= 40);
    assertTrue(first.awaitEmpty(Scene.PATIENCE));
    assertEquals(40, first.status().adopted() + second.status().adopted());
    Verdict.give(
        scene,
        "two workers reap the batches of a dead one",
        "lists left in Redis: 4 of 10; adopted "
            + first.status().adopted()
            + " and "
            + second.status().adopted(),
        Expected.NOTHING_LOST);
  }

  @Test
  void messageThatKillsEveryWorker_isADeadLetterAndAloneSo() throws Exception {
    Scene scene =
        scene().workerSetting("LLMLOG_LEASE", "PT1S").workerSetting("LLMLOG_WORKER_BATCH", "20");
    Recorder service = scene.liveService();
    service.burst(60);
    String poison = service.workload().id(30).toString();
    String letters = "SELECT count(*) FROM llm_log_dead_letters";
    int deaths = 0;
    WorkerProcess next = scene.workerProcess(PoisonedWorkerMain.class, poison);
    while (scene.database().number(letters) == 0) {
      assertTrue(deaths < 20, deaths + " workers died, and the message lives");
      WorkerProcess victim = next;
      next = scene.workerProcess(PoisonedWorkerMain.class, poison);
      victim.go();
      Await.until(
          () -> "its death or a dead letter, " + victim.process().errors(),
          Scene.PATIENCE,
          () -> !victim.process().isAlive() || scene.database().number(letters) > 0);
      if (!victim.process().isAlive()) {
        assertEquals(137, victim.process().awaitEnd(), victim.process().errors());
        deaths++;
      }
    }
    Verdict.give(
        scene,
        "a message that kills every worker that touches it",
        "exit code 137 × " + deaths,
        Expected.dead(1));
  }
}
