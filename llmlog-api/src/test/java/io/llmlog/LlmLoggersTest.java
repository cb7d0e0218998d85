package io.llmlog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.config.ConfigException;
import io.llmlog.delivery.LedgerSnapshot;
import io.llmlog.event.LlmEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** From the environment to a logger: which parts it gets, and what is refused. */
@Timeout(30)
class LlmLoggersTest {
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final String QUEUE = "test://queue";
  private static final String STORE = "test://store/db";
  private static final LlmEvent EVENT = LlmEvent.builder("cv.parse").model("m").build();

  @TempDir Path directory;

  @Test
  void aDatabase_isTheFallback() {
    try (LlmLogger llm =
        LlmLogger.fromEnvironment(Map.of("REDIS_URL", QUEUE, "ANALYTICS_DATABASE_URL", STORE))) {
      assertTrue(llm.log(EVENT));
      assertTrue(llm.flush(LONG));
      assertEquals(1, llm.counts().fallback());
    }
  }

  @Test
  void withoutAQueue_theDatabaseIsTheOnlyRoad() {
    try (LlmLogger llm =
        LlmLogger.fromEnvironment(
            Map.of("LLMLOG_QUEUE_URL", "none", "ANALYTICS_DATABASE_URL", STORE))) {
      assertTrue(llm.log(EVENT));
      assertTrue(llm.flush(LONG));
      assertEquals(1, llm.counts().fallback());
    }
  }

  @Test
  void neitherQueueNorDatabase_isRefused() {
    assertEquals(
        List.of("ANALYTICS_DATABASE_URL is not set: LLMLOG_QUEUE_URL=none makes it the only road"),
        problems(Map.of("LLMLOG_QUEUE_URL", "none")));
  }

  @Test
  void aDatabaseThatTheFallbackCannotUse_isRefused() {
    assertEquals(
        List.of("ANALYTICS_DATABASE_URL=test://store/bad: a database named bad is not allowed"),
        problems(Map.of("REDIS_URL", QUEUE, "ANALYTICS_DATABASE_URL", "test://store/bad")));
  }

  @Test
  void aDatabaseWhoseJarIsMissing_isNoFallback_andNoError() {
    try (LlmLogger llm =
        LlmLogger.fromEnvironment(
            Map.of("REDIS_URL", QUEUE, "ANALYTICS_DATABASE_URL", "postgresql://db/x"))) {
      assertTrue(llm.log(EVENT));
      assertFalse(llm.flush(Duration.ofMillis(10)));
      // An interrupted caller of close() waits for no delivery.
      Thread.currentThread().interrupt();
    }
    assertTrue(Thread.interrupted());
  }

  @Test
  void aDatabaseWhoseJarIsMissing_isAnErrorWhereItIsTheOnlyRoad() {
    assertEquals(
        List.of(
            "ANALYTICS_DATABASE_URL=postgresql://db/x: the scheme 'postgresql' needs"
                + " io.llmlog:llmlog-jdbc on the class path"),
        problems(
            Map.of("LLMLOG_QUEUE_URL", "none", "ANALYTICS_DATABASE_URL", "postgresql://db/x")));
  }

  @Test
  void theModeAlways_needsADirectory() {
    assertEquals(
        List.of("LLMLOG_SPOOL_MODE=always: needs LLMLOG_SPOOL_DIR"),
        problems(Map.of("REDIS_URL", QUEUE, "LLMLOG_SPOOL_MODE", "always")));
  }

  @Test
  void aMissingSpoolDirectory_isRefusedWithItsPathAndReason() {
    Path missing = directory.resolve("missing");
    assertEquals(
        List.of(
            "LLMLOG_SPOOL_DIR=" + missing + ": Spool directory " + missing + ": does not exist"),
        problems(Map.of("REDIS_URL", QUEUE, "LLMLOG_SPOOL_DIR", missing.toString())));
  }

  @Test
  void aForeignSpoolDirectory_isRefused_andStaysAsItIs() throws IOException {
    Path foreign = Files.writeString(directory.resolve("thesis.txt"), "years of work");
    List<String> problems =
        problems(Map.of("REDIS_URL", QUEUE, "LLMLOG_SPOOL_DIR", directory.toString()));
    assertEquals(1, problems.size());
    assertTrue(problems.get(0).contains("thesis.txt"), problems.get(0));
    try (var entries = Files.list(directory)) {
      assertEquals(List.of(foreign), entries.toList());
    }
  }

  @Test
  void aBadSpoolDirectory_disablesTheLoggerWhereThatIsWanted() {
    try (LlmLogger llm =
        LlmLogger.fromEnvironment(
            Map.of(
                "REDIS_URL",
                QUEUE,
                "LLMLOG_SPOOL_DIR",
                directory.resolve("missing").toString(),
                "LLMLOG_ON_BAD_CONFIG",
                "disable"))) {
      assertFalse(llm.log(EVENT));
      assertEquals(Map.of("disabled", 1L), llm.counts().refusedBy());
    }
  }

  @Test
  void aDisabledLogger_opensNoSpool() throws IOException {
    try (LlmLogger llm =
        LlmLogger.fromEnvironment(
            Map.of("LLMLOG_ENABLED", "false", "LLMLOG_SPOOL_DIR", directory.toString()))) {
      assertFalse(llm.log(EVENT));
    }
    try (var entries = Files.list(directory)) {
      assertEquals(List.of(), entries.toList());
    }
  }

  @Test
  void theSpool_isUsedAsTheEnvironmentSays_andAdoptedByTheNextLogger() {
    Map<String, String> spooling =
        Map.of(
            "REDIS_URL",
            QUEUE,
            "LLMLOG_SPOOL_DIR",
            directory.toString(),
            "LLMLOG_SPOOL_MODE",
            "always");
    LlmLogger first = LlmLogger.fromEnvironment(spooling);
    for (int i = 0; i < 100; i++) {
      assertTrue(first.log(EVENT));
    }
    assertEquals(100, first.counts().spooled());
    Thread.currentThread().interrupt();
    first.close();
    assertTrue(Thread.interrupted());

    try (LlmLogger next =
        LlmLogger.fromEnvironment(
            Map.of(
                "LLMLOG_QUEUE_URL",
                "none",
                "ANALYTICS_DATABASE_URL",
                STORE,
                "LLMLOG_SPOOL_DIR",
                directory.toString()))) {
      assertTrue(next.flush(LONG));
      LedgerSnapshot counts = next.counts();
      assertEquals(100, counts.adopted());
      assertEquals(100, counts.fallback());
      assertTrue(counts.balances());
    }
  }

  @Test
  void aBuilderWithoutAnyRoad_isRefused() {
    assertThrows(IllegalStateException.class, () -> LlmLogger.builder().build());
  }

  private static List<String> problems(Map<String, String> variables) {
    return assertThrows(ConfigException.class, () -> LlmLogger.fromEnvironment(variables))
        .problems();
  }
}
