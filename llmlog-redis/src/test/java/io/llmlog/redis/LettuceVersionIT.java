package io.llmlog.redis;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lettuce.core.RedisClient;
import org.junit.jupiter.api.Test;

/** Whether the run is on the client that the build means. */
final class LettuceVersionIT {
  @Test
  void client_isTheOneThatTheBuildNames() {
    String wanted = System.getProperty("llmlog.test.lettuce", "nothing");
    String jar = RedisClient.class.getProtectionDomain().getCodeSource().getLocation().getPath();
    assertTrue(jar.endsWith("lettuce-core-" + wanted + ".jar"), jar);
  }
}
