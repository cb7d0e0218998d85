package io.llmlog.jdbc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

final class DetourTest {
  private final Detour detour = new Detour();

  @Test
  void withoutAFailure_thereIsNone() {
    assertTrue(detour.over());
    detour.succeeded();
    assertTrue(detour.over());
  }

  @Test
  void afterEachFailureOfANewTry_itIsTwiceAsLong_upToItsGreatest() {
    for (int expected : new int[] {16, 32, 64, 128, 256, 512, 1024, 1024}) {
      detour.failed();
      assertEquals(expected, length());
    }
  }

  @Test
  void afterASuccess_itBeginsShortAgain() {
    detour.failed();
    assertEquals(16, length());
    detour.failed();
    assertEquals(32, length());
    detour.succeeded();
    assertTrue(detour.over());
    detour.failed();
    assertEquals(16, length());
  }

  @Test
  void ofSeveralThreadsThatFailTogether_oneCounts() {
    detour.failed();
    detour.failed();
    detour.failed();
    assertEquals(16, length());
    detour.failed();
    assertEquals(32, length());
  }

  /** How many batches go another way. */
  private int length() {
    int batches = 0;
    while (!detour.over()) {
      batches++;
    }
    return batches;
  }
}
