package io.llmlog.jdbc.usage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.OptionalDouble;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LatencyHistogramTest {
  private static final long[] BOUNDS = LatencyHistogram.bounds();

  @Test
  void percentile_ofAnyLatency_isWithinTheErrorThatIsPromised() {
    double worst = 0;
    for (long latency = 1; latency <= 4_194_304; latency++) {
      double found = of(latency).percentile(0.5).orElseThrow();
      worst = Math.max(worst, Math.abs(found - latency) / latency * 100);
    }
    assertTrue(worst <= LatencyHistogram.ERROR_PERCENT, "off by " + worst + " %");
    assertTrue(worst > 9, "the promise could be narrower: " + worst + " %");
  }

  @Test
  void percentile_isOfTheNearestRank() {
    Random random = new Random(7);
    long[] latencies = random.longs(999, 0, 100_000).sorted().toArray();
    LatencyHistogram histogram = of(latencies);
    for (double share : new double[] {0.001, 0.5, 0.95, 0.99, 1}) {
      long exact = latencies[(int) Math.ceil(share * latencies.length) - 1];
      double found = histogram.percentile(share).orElseThrow();
      double allowed = Math.max(1, exact * LatencyHistogram.ERROR_PERCENT / 100);
      assertEquals((double) exact, found, allowed, "share " + share);
    }
    assertEquals(1, of(0).percentile(1).orElseThrow());
    assertEquals(1, of(-5).percentile(1).orElseThrow());
    assertEquals(4_194_304, of(Long.MAX_VALUE).percentile(1).orElseThrow());
    assertEquals(OptionalDouble.empty(), LatencyHistogram.of().percentile(0.5));
    assertThrows(IllegalArgumentException.class, () -> histogram.percentile(0));
    assertThrows(IllegalArgumentException.class, () -> histogram.percentile(95));
    assertThrows(IllegalArgumentException.class, () -> histogram.percentile(Double.NaN));
  }

  @Test
  void histograms_addUp_andEmptyClassesAtTheEndDoNotCount() {
    LatencyHistogram sum = LatencyHistogram.of(1, 0, 2).plus(LatencyHistogram.of(0, 3));
    assertEquals(LatencyHistogram.of(1, 3, 2, 0, 0), sum);
    assertEquals(6, sum.count());
    assertEquals(LatencyHistogram.of(1, 3, 2).hashCode(), sum.hashCode());
    assertThrows(IllegalArgumentException.class, () -> LatencyHistogram.of(-1));
    assertThrows(IllegalArgumentException.class, () -> LatencyHistogram.of(new long[85]));
  }

  /** As the server makes it. */
  static LatencyHistogram of(long... latencies) {
    long[] counts = new long[BOUNDS.length];
    for (long latency : latencies) {
      int place = Arrays.binarySearch(BOUNDS, latency);
      counts[Math.max(0, place < 0 ? -place - 2 : place)]++;
    }
    return LatencyHistogram.of(counts);
  }
}
