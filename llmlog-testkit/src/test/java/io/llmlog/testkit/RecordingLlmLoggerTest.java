package io.llmlog.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.event.LlmEvent;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RecordingLlmLoggerTest {
  private final RecordingLlmLogger llm = new RecordingLlmLogger();

  @Test
  void only_answersTheOneEvent() {
    assertThrows(AssertionError.class, llm::only);
    llm.start("cv.parse").model("gpt-4o-mini").succeed();

    assertEquals("gpt-4o-mini", llm.only().model());
    assertTrue(llm.counts().balances());

    llm.clear();
    assertEquals(0, llm.events().size());
  }

  @Test
  void afterClose_nothingIsAccepted() {
    llm.close();

    assertFalse(llm.log(LlmEvent.builder("cv.parse").build()));
    assertEquals(Map.of("closed", 1L), llm.counts().refusedBy());
    assertTrue(llm.counts().balances());
  }
}
