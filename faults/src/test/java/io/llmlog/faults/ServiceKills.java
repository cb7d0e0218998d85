package io.llmlog.faults;

import io.llmlog.faults.Invariants.Expected;
import java.time.Duration;
import java.util.Random;

/** Kills service after service in mode {@code always}, at moments from the seed. */
final class ServiceKills {
  private static final Duration PACE = Duration.ofNanos(50_000);
  private static final int MOST_BEFORE_KILL = 1500;

  private final Scene scene;

  ServiceKills(Scene scene) {
    this.scene = scene.spooling("always");
  }

  void run(int kills) throws Exception {
    Random random = new Random(scene.seed());
    scene.worker();
    ServiceProcess next = scene.serviceProcess(PACE, Long.MAX_VALUE);
    int killed = 0;
    long left = 0;
    for (int i = 0; i < kills; i++) {
      ServiceProcess victim = next;
      if (i + 1 < kills) {
        // It starts while the other is killed.
        next = scene.serviceProcess(PACE, Long.MAX_VALUE);
      }
      // A third of them find no road, and leave everything on the disk.
      boolean cutOff = random.nextInt(3) == 0;
      if (cutOff) {
        scene.serviceToRedis.blackHole();
        scene.serviceToStore.blackHole();
      }
      victim.go();
      victim.awaitAccepted(1 + random.nextInt(MOST_BEFORE_KILL));
      victim.process().kill();
      killed += victim.process().awaitEnd() == 137 ? 1 : 0;
      left += SpoolFolder.of(scene.spool()).segments().isEmpty() ? 0 : 1;
      scene.serviceToRedis.forward();
      scene.serviceToStore.forward();
    }
    if (killed != kills) {
      throw new AssertionError(killed + " of " + kills + " ended by SIGKILL");
    }
    Verdict.give(
        scene,
        "service killed (SIGKILL) " + kills + " times, mode always",
        "exit code 137 × " + killed + ", files left in the spool after " + left,
        Expected.NOTHING_LOST);
  }
}
