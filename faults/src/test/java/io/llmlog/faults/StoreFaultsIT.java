package io.llmlog.faults;

import static org.junit.jupiter.api.Assertions.assertTrue;

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
    try (Tmpfs disk = Tmpfs.mount("24m")) {
      assertTrue(disk != null, "no right to mount a tmpfs");
      Scene scene = scene();
      try {
        FaultCase.of(scene, new StoreFaults(scene).diskFull(disk)).run();
      } finally {
        // Before its disk goes away.
        scene.store().drop(scene.database());
      }
    }
  }

  private void run(Function<StoreFaults, Fault> fault) throws Exception {
    Scene scene = scene();
    FaultCase.of(scene, fault.apply(new StoreFaults(scene))).run();
  }

  private static NetworkFaults worker(Scene scene) {
    return new NetworkFaults("worker to PostgreSQL", scene.workerToStore);
  }
}
