package io.llmlog.benchmarks.flow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class LagTest {
  private static final long RATE = 1000;

  @Test
  void bounded_withASteadyBacklog_isTrue() {
    Lag lag = Lag.of(RATE, 10, 10 * RATE, backlogs(0, 100, 100, 200, 100, 90, 100, 110), 0, false);

    assertTrue(lag.bounded(), lag.toString());
    assertEquals(0.105, lag.end(), 1e-9);
    assertEquals(0.2, lag.longest(), 1e-9);
  }

  @Test
  void bounded_withAGrowingBacklog_isFalse() {
    List<Long> growing = LongStream.range(0, 100).map(i -> 8 * i).boxed().toList();

    Lag lag = Lag.of(RATE, 10, 10 * RATE, growing, 0, false);

    assertTrue(lag.end() < 1, lag.toString());
    assertFalse(lag.bounded(), lag.toString());
  }

  @Test
  void bounded_withALongBacklogThatStays_isFalse() {
    assertFalse(Lag.of(RATE, 10, 10 * RATE, backlogs(1500, 1500, 1500, 1500), 0, false).bounded());
  }

  @Test
  void bounded_ofAServiceThatLoggedLessOrWasRefused_isFalse() {
    assertFalse(Lag.of(RATE, 10, 9_800, backlogs(0, 0, 0, 0), 0, false).bounded());
    assertFalse(Lag.of(RATE, 10, 10 * RATE, backlogs(0, 0, 0, 0), 1, false).bounded());
    assertFalse(Lag.of(RATE, 10, 10 * RATE, backlogs(0, 0, 0, 0), 0, true).bounded());
  }

  @Test
  void bounded_ofAServiceThatWasLateForAMoment_isTrue() {
    assertTrue(Lag.of(RATE, 1, 950, backlogs(0, 0, 0, 0), 0, false).bounded());
  }

  private static List<Long> backlogs(long... values) {
    return LongStream.of(values).boxed().toList();
  }
}
