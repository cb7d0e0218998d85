package io.llmlog.faults;

import io.llmlog.event.LlmEvent;
import io.llmlog.faults.Invariants.Expected;
import java.sql.Connection;
import java.sql.Statement;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** The victim is PostgreSQL, or the worker's way to it; Redis stays. */
class StoreFaultsIT extends FaultTests {
  @Test
  void stoppedImmediately_losesNothing() throws Exception {
    run(StoreFaults::stoppedImmediately);
  }

  @Test
  void restarted_losesNothing() throws Exception {
    run(StoreFaults::restarted);
  }

  @Test
  void sessionsTerminated_losesNothing() throws Exception {
    run(StoreFaults::terminated);
  }

  @Test
  void replyToACommitLost_isStoredOnce() throws Exception {
    Scene scene = scene();
    FaultCase.of(scene, worker(scene).replyLost("commit", Scripts.COMMIT))
        .alsoShown(
            () -> {
              long twice = scene.worker().status().duplicate();
              return twice == 0 ? null : "written again: " + twice;
            })
        .run();
  }

  @Test
  void halfOpenConnection_losesNothing() throws Exception {
    Scene scene = scene();
    FaultCase.of(scene, worker(scene).halfOpen()).run();
  }

  @Test
  void connectionsReset_losesNothing() throws Exception {
    Scene scene = scene();
    FaultCase.of(scene, worker(scene).reset(5)).run();
  }

  @Test
  void locked_losesNothing() throws Exception {
    run(StoreFaults::locked);
  }

  @Test
  void tooManyConnections_losesNothing() throws Exception {
    run(StoreFaults::tooManyConnections);
  }

  @Test
  void passwordChanged_losesNothing() throws Exception {
    run(faults -> faults.passwordChanged());
  }

  @Test
  void tableMissing_pausesAndMakesNoDeadLetter() throws Exception {
    run(StoreFaults::tableMissing);
  }

  @Test
  void grantRevoked_pausesAndMakesNoDeadLetter() throws Exception {
    run(StoreFaults::grantRevoked);
  }

  @Test
  void partitionMissing_pausesAndMakesNoDeadLetter() throws Exception {
    run(StoreFaults::partitionMissing);
  }

  @Test
  void diskFull_losesNothing() throws Exception {
    Scene scene = scene();
    Tmpfs disk = Tmpfs.mount("24m");
    if (disk == null) {
      FaultCase.of(scene, new StoreFaults(scene).saysThatItsDiskIsFull()).run();
      return;
    }
    try (disk) {
      try {
        FaultCase.of(scene, new StoreFaults(scene).diskFull(disk)).run();
      } finally {
        // Before its disk goes away.
        scene.store().drop(scene.database());
      }
    }
  }

  /** Each waits for a row of the other; the worker's session is the one that is refused. */
  @Test
  void deadlockWithAnotherBatch_isTriedAgain() throws Exception {
    Scene scene = scene();
    Database database = scene.database();
    // It looks for deadlocks first, and finds this one; the other session does not look at all.
    database.execute("ALTER ROLE " + database.role() + " SET deadlock_timeout = '3s'");
    StoreFaults store = new StoreFaults(scene);
    Recorder service = scene.liveService();
    service.burst(100);
    try (Connection other = database.connect();
        Statement statement = other.createStatement()) {
      statement.execute("SET deadlock_timeout = '60s'");
      other.setAutoCommit(false);
      statement.execute(insert(service, 80));
      scene.worker();
      Await.until("the worker to wait for the other", Scene.PATIENCE, () -> store.waiting() > 0);
      // Returns when the worker's transaction has been ended.
      statement.execute(insert(service, 20));
      other.rollback();
    }
    String deadlocks =
        "SELECT deadlocks FROM pg_stat_database WHERE datname = '" + database.name() + "'";
    Await.until("the statistics", Scene.PATIENCE, () -> database.number(deadlocks) > 0);
    Verdict.give(
        scene,
        "deadlock between the worker's batch and another",
        "pg_stat_database.deadlocks: " + database.number(deadlocks),
        Expected.NOTHING_LOST);
  }

  private static String insert(Recorder service, long number) {
    LlmEvent event = service.workload().event(number);
    return "INSERT INTO llm_logs (created_at, event_id, action) VALUES ('%s', '%s', 'other')"
        .formatted(event.createdAt(), event.eventId());
  }

  private void run(Function<StoreFaults, Fault> fault) throws Exception {
    Scene scene = scene();
    FaultCase.of(scene, fault.apply(new StoreFaults(scene))).run();
  }

  private static NetworkFaults worker(Scene scene) {
    return new NetworkFaults("worker to PostgreSQL", scene.workerToStore);
  }
}
