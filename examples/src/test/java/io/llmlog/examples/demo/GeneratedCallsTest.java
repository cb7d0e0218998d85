package io.llmlog.examples.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class GeneratedCallsTest {
  private static final Instant END = Instant.parse("2026-05-04T03:02:01.123456Z");

  @Test
  void upTo_ofOneSeed_isRepeatableAndEndsAtTheEnd() {
    List<Usage> calls = GeneratedCalls.upTo(END, 500, 7);

    assertEquals(calls, GeneratedCalls.upTo(END, 500, 7));
    assertNotEquals(calls, GeneratedCalls.upTo(END, 500, 8));
    assertEquals(END, calls.get(499).at());
  }

  @Test
  void upTo_ofManyCalls_hasTheMeansOfTheTrace() {
    List<Usage> calls = GeneratedCalls.upTo(END, 100_000, 1);

    // The trace's own means are 2047.8 and 27.9; straight lines between quantiles add a little.
    assertEquals(2048, calls.stream().mapToLong(Usage::tokensInput).average().orElseThrow(), 60);
    assertEquals(28, calls.stream().mapToLong(Usage::tokensOutput).average().orElseThrow(), 1.5);
  }

  @Test
  void upTo_ofOneCall_isThatCallAtTheEnd() {
    assertEquals(END, GeneratedCalls.upTo(END, 1, 1).get(0).at());
  }
}
