package io.llmlog.examples.demo;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Calls whose tokens and distances in time are spread like those of a production service.
 *
 * <p>The figures are quantiles of the trace {@code AzureLLMInferenceTrace_code.csv} (8,819 calls of
 * 2023-11-16) of the Azure Public Dataset, licensed CC-BY 4.0 and described in Patel et al.,
 * "Splitwise: Efficient generative LLM inference using phase splitting", ISCA 2024. A call draws
 * each of the three by itself: in the trace the rank correlation of input and output is -0.02.
 */
final class GeneratedCalls {
  /** Where the quantiles below are taken, in percent of the calls. */
  private static final double[] PERCENT = {
    0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90, 95, 96, 97, 98, 99,
    99.5, 99.7, 99.8, 99.9, 99.95, 100
  };

  private static final double[] TOKENS_INPUT = {
    3, 75, 147, 232, 386, 578, 770, 938, 1075, 1261, 1469, 1690, 1909, 2164, 2433, 2745, 3192, 3919,
    5186, 7302, 7430, 7435, 7436, 7436, 7436, 7436, 7436, 7437, 7437, 7437
  };

  private static final double[] TOKENS_OUTPUT = {
    6, 6, 7, 7, 8, 9, 9, 10, 11, 12, 13, 14, 16, 18, 20, 24, 29, 39, 55, 90, 105, 128, 172, 252,
    361, 519, 666, 824, 895, 1899
  };

  /** From one call to the next, in microseconds. */
  private static final double[] GAP_MICROS = {
    6, 88, 209, 885, 1184, 2077, 3292, 5345, 15117, 38222, 63784, 89551, 94988, 97943, 100130,
    103998, 160092, 198814, 272778, 400764, 489094, 596977, 798791, 2205167, 10124387, 28090834,
    40301603, 78444134, 138720782, 217168952
  };

  private GeneratedCalls() {}

  /**
   * As many calls, the same for the same seed but for their common end.
   *
   * @param end the time of the last call
   */
  static List<Usage> upTo(Instant end, int calls, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    long[] offsets = new long[calls];
    for (int i = 1; i < calls; i++) {
      offsets[i] = offsets[i - 1] + draw(random, GAP_MICROS);
    }
    Instant start =
        end.truncatedTo(ChronoUnit.MICROS)
            .minus(Duration.of(offsets[calls - 1], ChronoUnit.MICROS));
    List<Usage> usages = new ArrayList<>(calls);
    for (long offset : offsets) {
      usages.add(
          new Usage(
              start.plus(offset, ChronoUnit.MICROS),
              draw(random, TOKENS_INPUT),
              draw(random, TOKENS_OUTPUT)));
    }
    return usages;
  }

  /** A value by inverting the distribution, which is linear between two quantiles. */
  private static long draw(SplittableRandom random, double[] quantiles) {
    double percent = random.nextDouble(100);
    int upper = 1;
    while (PERCENT[upper] < percent) {
      upper++;
    }
    double share = (percent - PERCENT[upper - 1]) / (PERCENT[upper] - PERCENT[upper - 1]);
    return Math.round(quantiles[upper - 1] + share * (quantiles[upper] - quantiles[upper - 1]));
  }
}
