package io.llmlog.metrics;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.LlmLogger;
import io.llmlog.event.LlmEvent;
import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A service without Micrometer misses its metrics and nothing else. */
final class OptionalMicrometerTest {
  @Test
  void withoutMicrometer_aLoggerDoesAllThatItDoes() throws Exception {
    try (URLClassLoader classes =
        new URLClassLoader(withoutMicrometer(), ClassLoader.getPlatformClassLoader())) {
      assertThrows(
          ClassNotFoundException.class,
          () -> classes.loadClass("io.micrometer.core.instrument.MeterRegistry"));
      Runnable service =
          (Runnable)
              classes.loadClass(Service.class.getName()).getDeclaredConstructor().newInstance();
      service.run();
    }
  }

  private static URL[] withoutMicrometer() throws Exception {
    List<URL> urls = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      if (!entry.contains("micrometer")) {
        urls.add(new File(entry).toURI().toURL());
      }
    }
    return urls.toArray(URL[]::new);
  }

  /** Runs where there is no Micrometer. */
  public static final class Service implements Runnable {
    @Override
    public void run() {
      try (LlmLogger llm =
          LlmLogger.fromEnvironment(
              Map.of("REDIS_URL", "test://queue", "ANALYTICS_DATABASE_URL", "test://store/db"))) {
        assertTrue(llm.log(LlmEvent.builder("cv.parse").model("m").build()));
        assertTrue(llm.flush(Duration.ofSeconds(20)));
        assertTrue(llm.counts().balances());
        assertTrue(llm.delivery().fallback() != null);
      }
    }
  }
}
