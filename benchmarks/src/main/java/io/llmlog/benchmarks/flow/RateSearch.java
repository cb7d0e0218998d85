package io.llmlog.benchmarks.flow;

/** Looks for the highest rate that is held: doubles it until it is not, then halves the gap. */
final class RateSearch {
  private static final long LEAST = 10;

  private RateSearch() {}

  /** Tries a rate. */
  interface Probe {
    boolean holds(long rate) throws Exception;
  }

  /**
   * The highest rate found to hold.
   *
   * @param first where the search begins; lower ones are tried where it does not hold
   * @param most beyond which no rate is tried
   * @param precision the gap to the next higher rate that was tried, as a part of it: 0.05
   * @throws IllegalStateException if no rate holds
   */
  static long highest(long first, long most, double precision, Probe probe) throws Exception {
    long held = 0;
    long failed = first;
    while (probe.holds(failed)) {
      held = failed;
      if (held == most) {
        return held;
      }
      failed = Math.min(most, 2 * held);
    }
    while (held == 0 && failed / 2 >= LEAST) {
      long lower = failed / 2;
      if (probe.holds(lower)) {
        held = lower;
      } else {
        failed = lower;
      }
    }
    if (held == 0) {
      throw new IllegalStateException("not even " + failed + " calls a second are held");
    }
    while (failed - held > precision * failed) {
      long between = (held + failed) / 2;
      if (probe.holds(between)) {
        held = between;
      } else {
        failed = between;
      }
    }
    return held;
  }
}
