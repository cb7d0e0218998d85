package io.llmlog.faults;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The victim is Redis. */
class QueueFaultsIT extends FaultTests {
  @RegisterExtension static final Store STORE = new Store();

  @Override
  Store store() {
    return STORE;
  }

  @Test
  void redisKilledAndRestarted_losesNothing() throws Exception {
    Scene scene = scene();
    FaultCase.of(scene, new RedisFaults(scene).killedWithData()).run();
  }
}
