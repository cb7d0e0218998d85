package io.llmlog.benchmarks.flow;

import java.util.List;

/**
 * How far rows were behind calls while a service logged at one rate.
 *
 * @param rate wanted, calls a second
 * @param seconds that it took
 * @param logged calls in that time
 * @param middle the mean in the second quarter of the time, seconds of calls at that rate
 * @param end the mean in the last quarter
 * @param longest after the first quarter
 * @param refused calls that the service did not accept
 * @param gaveUp whether the time was cut short, because the lag was beyond all bounds
 */
record Lag(
    long rate,
    double seconds,
    long logged,
    double middle,
    double end,
    double longest,
    long refused,
    boolean gaveUp) {
  /** Beyond this a rate is not held, however it came about. */
  static final double TOO_LONG_SECONDS = 3;

  private static final double LONGEST_AT_END_SECONDS = 1;
  private static final double MOST_GROWTH_SECONDS = 0.3;
  private static final double MOST_BEHIND_SECONDS = 0.1;
  private static final double MOST_BEHIND_PART = 0.01;

  /**
   * @param looks backlogs of that many calls, in the order of time
   */
  static Lag of(
      long rate, double seconds, long logged, List<Long> looks, long refused, boolean gaveUp) {
    int quarter = looks.size() / 4;
    return new Lag(
        rate,
        seconds,
        logged,
        mean(looks.subList(quarter, 2 * quarter)) / rate,
        mean(looks.subList(3 * quarter, looks.size())) / rate,
        looks.subList(quarter, looks.size()).stream().mapToLong(Long::longValue).max().orElse(0)
            / (double) rate,
        refused,
        gaveUp);
  }

  /** Calls that the service logged a second. */
  double achieved() {
    return logged / seconds;
  }

  /** Whether the service was not slower than it was told, but for a moment. */
  private boolean loggedAll() {
    double behind = seconds - logged / (double) rate;
    return behind <= Math.max(MOST_BEHIND_SECONDS, MOST_BEHIND_PART * seconds);
  }

  /** Whether rows kept up with calls: what waited did not become more. */
  boolean bounded() {
    return !gaveUp
        && refused == 0
        && loggedAll()
        && end <= LONGEST_AT_END_SECONDS
        && end - middle <= MOST_GROWTH_SECONDS;
  }

  private static double mean(List<Long> values) {
    return values.stream().mapToLong(Long::longValue).average().orElse(0);
  }
}
