package io.llmlog;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.config.ConfigException;
import io.llmlog.delivery.LedgerSnapshot;
import io.llmlog.event.Column;
import io.llmlog.event.LlmEvent;
import io.llmlog.spi.EventSender;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class LlmCallTest {
  private final Recorder llm = new Recorder();

  @Test
  void aCallThatSucceeds_becomesOneEventWithIdTimeAndLatency() {
    Instant before = Instant.now();
    try (LlmCall call = llm.start("interview.question").companyId(7).model("gpt-4o-mini")) {
      call.tokens(812, 90).succeed();
    }
    LlmEvent event = llm.only();

    assertEquals("interview.question", event.action());
    assertEquals(7, event.integer(Column.COMPANY_ID));
    assertEquals("gpt-4o-mini", event.model());
    assertEquals(812, event.integer(Column.TOKENS_INPUT));
    assertEquals(90, event.integer(Column.TOKENS_OUTPUT));
    assertEquals(7, event.eventId().version());
    assertFalse(event.createdAt().isBefore(before.minusMillis(1)));
    assertTrue(event.has(Column.LATENCY_MS));
    assertFalse(event.has(Column.ERROR_TYPE));
  }

  @Test
  void aCallThatIsOnlyClosed_isAnErrorOfItsOwnType() {
    llm.start("cv.parse").close();

    assertEquals("not_completed", llm.only().text(Column.ERROR_TYPE));
  }

  @Test
  void aCallThatFails_saysTheCauseWithoutItsWrappers() {
    try (LlmCall call = llm.start("cv.parse")) {
      call.fail(new CompletionException(new IOException("connection reset")));
    }

    assertEquals("java.io.IOException", llm.only().text(Column.ERROR_TYPE));
    assertEquals("connection reset", llm.only().text(Column.ERROR_MESSAGE));
  }

  @Test
  void whatTheClientDoesNotReport_mayBeNull() {
    try (LlmCall call = llm.start(null).model(null).userId((Long) null)) {
      call.tokens((Integer) null, (Integer) null).costUsd(null).succeed();
    }

    assertFalse(llm.only().has(Column.TOKENS_INPUT));
    assertNull(llm.only().costUsd());
    assertEquals("unknown", llm.only().action());
  }

  @Test
  void theFirstToken_setsItsTimeOnce() {
    try (LlmCall call = llm.start("chat")) {
      call.firstToken().firstToken().succeed();
    }

    assertTrue(llm.only().streaming());
    assertTrue(llm.only().has(Column.TTFT_MS));
  }

  @Test
  void aFractionOfATokenCount_isKeptAsInvalid() {
    try (LlmCall call = llm.start("chat")) {
      call.tokensInput(1.5).tokensOutput(2.0).succeed();
    }

    assertFalse(llm.only().has(Column.TOKENS_INPUT));
    assertEquals(2, llm.only().integer(Column.TOKENS_OUTPUT));
    assertEquals(Map.of("tokens_input", 1.5), llm.only().metadata().get("invalid"));
  }

  @Test
  void aDisabledLogger_refusesEverything() {
    try (LlmLogger off = LlmLogger.fromEnvironment(Map.of("LLMLOG_ENABLED", "false"))) {
      assertFalse(off.log(LlmEvent.builder("a").build()));
      assertEquals(Map.of("disabled", 1L), off.counts().refusedBy());
      assertTrue(off.counts().balances());
      assertTrue(off.flush(Duration.ZERO));
    }
  }

  @Test
  void badConfiguration_throwsWithAllErrors_orDisables() {
    Map<String, String> bad =
        Map.of("LLMLOG_BUFFER_MAX_BYTES", "1", "REDIS_URL", "amqp://user:secret@host");
    ConfigException e = assertThrows(ConfigException.class, () -> LlmLogger.fromEnvironment(bad));
    assertEquals(2, e.problems().size());
    assertFalse(e.problems().toString().contains("secret"));

    Map<String, String> disabling =
        Map.of("LLMLOG_BUFFER_MAX_BYTES", "1", "LLMLOG_ON_BAD_CONFIG", "disable");
    try (LlmLogger off = LlmLogger.fromEnvironment(disabling)) {
      assertFalse(off.log(LlmEvent.builder("a").build()));
    }
  }

  @Test
  void aSchemeWithoutItsJar_namesTheArtifact() {
    ConfigException e =
        assertThrows(
            ConfigException.class,
            () -> LlmLogger.fromEnvironment(Map.of("REDIS_URL", "redis://localhost")));

    assertEquals(
        List.of(
            "REDIS_URL=redis://localhost: the scheme 'redis' needs io.llmlog:llmlog-redis on the"
                + " class path"),
        e.problems());
  }

  @Test
  void anEventThatNeverFitsTheBuffer_isAConfigurationError() {
    Map<String, String> variables =
        Map.of("LLMLOG_MAX_EVENT_BYTES", "2MiB", "LLMLOG_BUFFER_MAX_BYTES", "1MiB");
    ConfigException e =
        assertThrows(ConfigException.class, () -> LlmLogger.fromEnvironment(variables));

    assertTrue(
        e.problems()
            .contains("LLMLOG_MAX_EVENT_BYTES=2MiB: must be less than LLMLOG_BUFFER_MAX_BYTES"),
        e.problems().toString());
  }

  @Test
  @SuppressWarnings("NullAway") // what a careless caller does
  void log_neverThrows() {
    EventSender sender =
        new EventSender() {
          @Override
          public long send(List<byte[]> batch) {
            return batch.size();
          }

          @Override
          public void close() {}
        };
    try (LlmLogger logger = LlmLogger.builder().sender(sender).build()) {
      assertFalse(logger.log(null));
      Object nasty =
          new Object() {
            @Override
            public String toString() {
              throw new IllegalStateException("no");
            }
          };
      LlmEvent event = LlmEvent.builder("a").metadata("key", nasty).build();
      assertDoesNotThrow(() -> logger.log(event));
      assertTrue(logger.counts().balances());
    }
  }

  /** Keeps what was logged. */
  private static final class Recorder implements LlmLogger {
    private final List<LlmEvent> events = new ArrayList<>();

    LlmEvent only() {
      assertEquals(1, events.size());
      return events.get(0);
    }

    @Override
    public boolean log(LlmEvent event) {
      return events.add(event);
    }

    @Override
    public boolean flush(Duration timeout) {
      return true;
    }

    @Override
    public LedgerSnapshot counts() {
      return new LedgerSnapshot(0, 0, 0, 0, 0, 0, 0, 0, 0, Map.of(), Map.of());
    }

    @Override
    public void close() {}
  }
}
