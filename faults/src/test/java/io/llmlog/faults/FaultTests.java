package io.llmlog.faults;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.testkit.RedisServer;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What all classes of cases have in common: a seed and scenes for each, and a verdict at its end.
 */
@ExtendWith(Suite.class)
@Timeout(value = 10, unit = TimeUnit.MINUTES)
abstract class FaultTests {
  private @Nullable Scene scene;
  private long seed;

  @BeforeEach
  void derive(TestInfo test) {
    seed = Report.seed() * 31 + test.getDisplayName().hashCode();
  }

  /** The case's seed. */
  long seed() {
    return seed;
  }

  /** A scene whose Redis keeps every write on disk. */
  Scene scene() {
    return scene(RedisServer.Builder::appendOnly);
  }

  Scene scene(UnaryOperator<RedisServer.Builder> options) {
    Scene opened = Scene.open(Suite.store(getClass()), seed, options);
    scene = opened;
    return opened;
  }

  @AfterEach
  void close() {
    Scene opened = scene;
    if (opened != null) {
      scene = null;
      try (opened) {
        Suite.keep(getClass(), opened.output());
        assertTrue(opened.verdicts() > 0, "the case ended without a verdict");
      }
    }
  }
}
