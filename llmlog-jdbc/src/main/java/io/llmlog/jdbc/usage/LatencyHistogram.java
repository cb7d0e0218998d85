package io.llmlog.jdbc.usage;

import java.util.Arrays;
import java.util.OptionalDouble;

/**
 * How many calls took how long, in the fixed classes of the rollup: four to a doubling, from 1 ms
 * to 70 minutes. Immutable.
 *
 * <p>A percentile is that of the calls themselves to within {@value #ERROR_PERCENT} % (1 ms, where
 * that is more): the call of that rank is found exactly, and the middle of its class, by ratio,
 * stands for it. Only calls of more than 70 minutes are all taken for 70 minutes.
 */
public final class LatencyHistogram {
  /** How far a percentile may be from the exact one, in per cent of that. */
  public static final double ERROR_PERCENT = 9.5;

  /** The lower bounds in milliseconds, those of {@code llm_log_latency_bounds()}. */
  private static final long[] BOUNDS = {
    1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 13, 16, 19, 23, 27, 32, 38, 45, 54, 64, 76, 91, 108, 128, 152,
    181, 215, 256, 304, 362, 431, 512, 609, 724, 861, 1024, 1218, 1448, 1722, 2048, 2435, 2896,
    3444, 4096, 4871, 5793, 6889, 8192, 9742, 11585, 13777, 16384, 19484, 23170, 27554, 32768,
    38968, 46341, 55109, 65536, 77936, 92682, 110218, 131072, 155872, 185364, 220436, 262144,
    311744, 370728, 440872, 524288, 623487, 741455, 881744, 1048576, 1246974, 1482910, 1763488,
    2097152, 2493948, 2965821, 3526975, 4194304
  };

  private final long[] counts;
  private final long count;

  private LatencyHistogram(long[] counts) {
    this.counts = counts;
    this.count = Arrays.stream(counts).sum();
  }

  /**
   * Counts by class, from the lowest; classes that are left out are empty.
   *
   * @throws IllegalArgumentException if there are more than there are classes, or one is negative
   */
  public static LatencyHistogram of(long... counts) {
    if (counts.length > BOUNDS.length) {
      throw new IllegalArgumentException(
          counts.length + " classes: must be at most " + BOUNDS.length);
    }
    int length = counts.length;
    while (length > 0 && counts[length - 1] == 0) {
      length--;
    }
    long[] copy = Arrays.copyOf(counts, length);
    for (long number : copy) {
      if (number < 0) {
        throw new IllegalArgumentException("a class of " + number + " calls: must be 0 or more");
      }
    }
    return new LatencyHistogram(copy);
  }

  /** The lower bounds of the classes in milliseconds; the first counts what is below it too. */
  public static long[] bounds() {
    return BOUNDS.clone();
  }

  /** How many calls told their latency. */
  public long count() {
    return count;
  }

  /** How many calls each class holds, from the lowest to the highest that holds one. */
  public long[] counts() {
    return counts.clone();
  }

  /** The two together. */
  public LatencyHistogram plus(LatencyHistogram other) {
    long[] sum = Arrays.copyOf(counts, Math.max(counts.length, other.counts.length));
    for (int i = 0; i < other.counts.length; i++) {
      sum[i] += other.counts[i];
    }
    return of(sum);
  }

  /**
   * The latency that a share of the calls does not exceed, in milliseconds: of the nearest rank, as
   * {@code percentile_disc} has it.
   *
   * @param share above 0, at most 1: 0.95 asks for the 95th percentile
   * @return empty where no call told its latency
   * @throws IllegalArgumentException if the share is another
   */
  public OptionalDouble percentile(double share) {
    if (!(share > 0 && share <= 1)) {
      throw new IllegalArgumentException("share " + share + ": must be above 0 and at most 1");
    }
    if (count == 0) {
      return OptionalDouble.empty();
    }
    long rank = (long) Math.ceil(share * count);
    long seen = 0;
    int found = 0;
    while (found < counts.length - 1 && (seen += counts[found]) < rank) {
      found++;
    }
    return OptionalDouble.of(middle(found));
  }

  /** Of a class: as far from its least latency as from its greatest, by ratio. */
  private static double middle(int found) {
    long least = BOUNDS[found];
    long greatest = found + 1 < BOUNDS.length ? BOUNDS[found + 1] - 1 : least;
    return least == greatest ? least : Math.sqrt((double) least * greatest);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LatencyHistogram histogram && Arrays.equals(counts, histogram.counts);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(counts);
  }

  @Override
  public String toString() {
    return "LatencyHistogram" + Arrays.toString(counts);
  }
}
