package io.llmlog.benchmarks.caller;

import java.util.concurrent.TimeUnit;

/**
 * When a caller calls: always, or in turns with those of other JVMs.
 *
 * @param own the number of its turn, from 0
 * @param all how many take turns; 1: nobody else
 * @param origin a moment at which the turn of number 0 begins, by {@link System#nanoTime}
 */
record Turns(int own, int all, long origin) {
  static final Turns ALONE = new Turns(0, 1, 0);

  /** A hundred bursts, and short beside what the neighbours of a shared machine do. */
  static final long NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** That moment if it is in a turn of its own, else the beginning of the next. */
  long from(long time) {
    long turn = Math.floorDiv(time - origin, NANOS);
    int others = Math.floorMod(own - turn, all);
    return others == 0 ? time : origin + (turn + others) * NANOS;
  }
}
