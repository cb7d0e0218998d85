package io.llmlog.benchmarks.caller;

import java.util.List;

/** The middle of several rounds: one that something else disturbed does not count. */
final class Medians {
  private Medians() {}

  /** Of an even number of figures the upper of the two in the middle. */
  static double of(List<Double> figures) {
    if (figures.isEmpty()) {
      throw new IllegalStateException("nothing was measured");
    }
    List<Double> sorted = figures.stream().sorted().toList();
    return sorted.get(sorted.size() / 2);
  }
}
