package io.llmlog.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.llmlog.faults.Invariants.Expected;
import io.llmlog.spool.FailingDisk;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * The victim is a file: of a service that was killed in mode {@code always}, or of a living one.
 */
class SpoolFaultsIT extends FaultTests {
  private static final Duration PACE = Duration.ofNanos(100_000);

  @Test
  void lastFrameCut_losesThatEventAtMost() throws Exception {
    Scene scene = killedService();
    Path segment = SpoolFolder.of(scene.spool()).lastSegment();
    long end = SpoolFolder.end(segment);
    SpoolFolder.cut(segment, end - 20);
    give(scene, "spool: last frame cut off", "file of " + end + " bytes cut by 20", 1);
  }

  @Test
  void bitFlippedInTheMiddle_losesThatEventAtMost() throws Exception {
    Scene scene = killedService();
    SpoolFolder folder = SpoolFolder.of(scene.spool());
    Path segment = folder.lastSegment();
    long middle = SpoolFolder.nextWritten(segment, SpoolFolder.end(segment) / 2);
    int now = SpoolFolder.flip(segment, middle);
    scene.service();
    Await.until("the quarantine", Scene.PATIENCE, () -> !folder.quarantined().isEmpty());
    give(
        scene,
        "spool: a bit flipped in the middle",
        "byte " + middle + " is " + now + ", files in quarantine " + folder.quarantined().size(),
        1);
  }

  @Test
  void emptyZeroedAndForeignFiles_loseNothing() throws Exception {
    Scene scene = killedService();
    SpoolFolder folder = SpoolFolder.of(scene.spool());
    Path logger = folder.lastSegment().resolveSibling("");
    Files.createFile(logger.resolve("000000000901.seg"));
    Files.write(logger.resolve("000000000902.seg"), new byte[1 << 16]);
    Files.writeString(logger.resolve("notes.txt"), "not a segment");
    scene.service();
    Await.until("the quarantine", Scene.PATIENCE, () -> folder.quarantined().size() >= 3);
    give(
        scene,
        "spool: an empty, a zeroed and a foreign file",
        "files in quarantine " + folder.quarantined().size(),
        0);
  }

  @Test
  void diskFull_refusesAndKeepsWhatItAccepted() throws Exception {
    Tmpfs disk = Tmpfs.mount("20m");
    if (disk == null) {
      Scene scene = scene().spooling("always").serviceSetting("LLMLOG_SPOOL_MAX_BYTES", "16MiB");
      fill(scene, "spool: LLMLOG_SPOOL_MAX_BYTES for a full disk (no right to mount one)");
      return;
    }
    try (disk) {
      fill(scene().spooling("always", disk.directory()), "spool: disk full (tmpfs of 20 MiB)");
    }
  }

  private static void fill(Scene scene, String fault) throws Exception {
    scene.padding(6000);
    scene.serviceToRedis.blackHole();
    scene.serviceToStore.blackHole();
    Recorder service = scene.liveService();
    Await.until(
        "a refusal",
        Scene.PATIENCE,
        () -> {
          service.burst(100);
          return service.refused().cardinality() > 0;
        });
    long free = Files.getFileStore(scene.spool()).getUsableSpace();
    String proof =
        "bytes free on its file system: " + free + ", refused " + service.ledger().refusedBy();
    scene.forwardAll();
    give(scene, fault, proof, 0);
  }

  @Test
  void sizeLimitReached_refusesAndKeepsWhatItAccepted() throws Exception {
    Scene scene =
        scene()
            .spooling("overflow")
            .serviceSetting("LLMLOG_SPOOL_MAX_BYTES", "16MiB")
            .serviceSetting("LLMLOG_BUFFER_MAX_BYTES", "1MiB")
            .padding(6000);
    scene.serviceToRedis.blackHole();
    scene.serviceToStore.blackHole();
    Recorder service = scene.liveService();
    service.startLoad(PACE);
    Await.until("a full spool", Scene.PATIENCE, () -> service.ledger().refused() > 100);
    service.stopLoad();
    String proof =
        "refused " + service.ledger().refusedBy() + ", spooled " + service.ledger().spooled();
    scene.forwardAll();
    give(scene, "spool: LLMLOG_SPOOL_MAX_BYTES reached, both roads away", proof, 0);
  }

  @Test
  void forcesThatFail_loseNothing() throws Exception {
    Scene scene = scene().spooling("always");
    FailingDisk disk = new FailingDisk(scene.spool());
    Recorder service = scene.service(SpooledLogger.open(scene, disk));
    scene.worker();
    service.burst(100);
    scene.serviceToRedis.blackHole();
    scene.serviceToStore.blackHole();
    disk.failForces(5);
    service.startLoad(PACE);
    Await.until("forces to fail", Scene.PATIENCE, () -> disk.failedForces() == 5);
    service.stopLoad();
    assertEquals(0, disk.forcedAgain(), "a file whose force had failed was forced again");
    scene.forwardAll();
    give(
        scene,
        "spool: fsync fails (injected)",
        "forces failed " + disk.failedForces() + ", repeated on the same file 0",
        0);
  }

  /** A scene in which a service died with everything that it accepted on its disk. */
  private Scene killedService() throws Exception {
    Scene scene = scene().spooling("always");
    scene.serviceToRedis.blackHole();
    scene.serviceToStore.blackHole();
    ServiceProcess service = scene.serviceProcess(PACE, Long.MAX_VALUE);
    service.go();
    service.awaitAccepted(500);
    service.process().kill();
    scene.forwardAll();
    return scene;
  }

  private static void give(Scene scene, String fault, String proof, long mayLose) throws Exception {
    Verdict.give(scene, fault, proof, Expected.mayLose(mayLose));
  }
}
