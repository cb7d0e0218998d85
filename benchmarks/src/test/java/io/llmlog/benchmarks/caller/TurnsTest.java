package io.llmlog.benchmarks.caller;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** When callers of several JVMs have their turns. */
class TurnsTest {
  private static final long ORIGIN = -5_000;

  @Test
  void whoIsAlone_alwaysHasATurn() {
    assertEquals(Long.MIN_VALUE, Turns.ALONE.from(Long.MIN_VALUE));
    assertEquals(17, Turns.ALONE.from(17));
  }

  @Test
  void inItsOwnTurn_aCallerDoesNotWait() {
    Turns second = new Turns(1, 3, ORIGIN);
    for (long turn : new long[] {-2, 1, 4}) {
      long begin = ORIGIN + turn * Turns.NANOS;
      assertEquals(begin, second.from(begin));
      assertEquals(begin + Turns.NANOS - 1, second.from(begin + Turns.NANOS - 1));
    }
  }

  @Test
  void inTheTurnsOfOthers_aCallerWaitsForItsNext() {
    Turns second = new Turns(1, 3, ORIGIN);
    long next = ORIGIN + 4 * Turns.NANOS;
    assertEquals(next, second.from(ORIGIN + 2 * Turns.NANOS));
    assertEquals(next, second.from(next - 1));
    assertEquals(ORIGIN + Turns.NANOS, second.from(ORIGIN - 1));
  }
}
