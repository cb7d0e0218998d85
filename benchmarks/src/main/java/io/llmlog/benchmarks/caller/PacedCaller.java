package io.llmlog.benchmarks.caller;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/**
 * A thread that has other things to do: bursts of 20 calls every millisecond, more than the busiest
 * service, and less than any part is saturated by.
 *
 * <p>Each call is timed by itself; the two looks at the clock are part of it. Corrected for
 * coordinated omission as {@code HdrHistogram.recordValueWithExpectedInterval} does: a call that
 * takes longer than a millisecond holds back the bursts that were due meanwhile, so 20 further
 * calls are recorded for each of them, with what was left of the long one when they were due.
 */
final class PacedCaller implements Runnable {
  static final int BURST = 20;
  static final long PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private static final long LONGEST_NANOS = TimeUnit.MINUTES.toNanos(10);
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final Subject subject;
  private final Turns turns;
  private final long measureFrom;
  private final long until;
  private final Histogram nanos = new Histogram(1, LONGEST_NANOS, 3);
  private long calls;
  private long taken;
  private long measuredCalls;
  private long measuredTaken;
  private long allocated;

  /**
   * @param measureFrom when the warm-up ends, by {@link System#nanoTime}
   */
  PacedCaller(Subject subject, Turns turns, long measureFrom, long until) {
    this.subject = subject;
    this.turns = turns;
    this.measureFrom = measureFrom;
    this.until = until;
  }

  @Override
  public void run() {
    bursts(measureFrom, false);
    long before = THREADS.getCurrentThreadAllocatedBytes();
    bursts(until, true);
    allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
  }

  private void bursts(long end, boolean measured) {
    long next = System.nanoTime();
    for (long now = next; now - end < 0; now = System.nanoTime()) {
      // Who is more than a burst behind does not catch up: the pace is a service's, not a test's.
      next = turns.from(Math.max(next + PERIOD_NANOS, now - PERIOD_NANOS));
      while (next - now > 0) {
        LockSupport.parkNanos(next - now);
        now = System.nanoTime();
      }
      burst(measured);
    }
  }

  private void burst(boolean measured) {
    for (int i = 0; i < BURST; i++) {
      long start = System.nanoTime();
      boolean accepted = subject.makeAndLog();
      long took = System.nanoTime() - start;
      calls++;
      taken += accepted ? 1 : 0;
      if (measured) {
        measuredCalls++;
        measuredTaken += accepted ? 1 : 0;
        record(took);
      }
    }
  }

  private void record(long took) {
    nanos.recordValue(Math.max(1, took));
    for (long missed = took - PERIOD_NANOS; missed > 0; missed -= PERIOD_NANOS) {
      nanos.recordValueWithCount(missed, BURST);
    }
  }

  // What follows is for whoever has joined its thread.

  Histogram nanos() {
    return nanos;
  }

  long calls() {
    return calls;
  }

  long taken() {
    return taken;
  }

  long measuredCalls() {
    return measuredCalls;
  }

  long measuredTaken() {
    return measuredTaken;
  }

  /** What the thread allocated meanwhile, in bytes. */
  long allocated() {
    return allocated;
  }
}
