package io.llmlog.benchmarks.flow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RateSearchTest {
  private static final long MOST = 1_000_000;

  @Test
  void highest_withALimitAboveTheFirst_isJustBelowIt() throws Exception {
    long found = RateSearch.highest(4000, MOST, 0.04, rate -> rate <= 21_300);

    assertTrue(found <= 21_300 && found >= 0.96 * 21_300, "found " + found);
  }

  @Test
  void highest_withALimitBelowTheFirst_isJustBelowIt() throws Exception {
    long found = RateSearch.highest(4000, MOST, 0.1, rate -> rate <= 700);

    assertTrue(found <= 700 && found >= 0.9 * 700, "found " + found);
  }

  @Test
  void highest_whereAllHold_triesNothingBeyondTheMost() throws Exception {
    List<Long> tried = new ArrayList<>();

    long found =
        RateSearch.highest(
            4000,
            10_000,
            0.1,
            rate -> {
              tried.add(rate);
              return true;
            });

    assertEquals(10_000, found);
    assertEquals(List.of(4000L, 8000L, 10_000L), tried);
  }

  @Test
  void highest_whereNoneHolds_saysSo() {
    IllegalStateException thrown =
        assertThrows(
            IllegalStateException.class, () -> RateSearch.highest(4000, MOST, 0.1, rate -> false));

    assertEquals("not even 15 calls a second are held", thrown.getMessage());
  }
}
