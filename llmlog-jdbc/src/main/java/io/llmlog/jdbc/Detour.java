package io.llmlog.jdbc;

/**
 * How long the fast road is left alone after it has failed: for {@value #FIRST} batches, and for
 * twice as many each time that the next try fails too, up to {@value #LONGEST}. So a producer that
 * pushes much of what it pushed before costs next to no tries in vain, each of which would leave
 * dead rows in the table, and a worker that has died costs one. Safe for use by several threads.
 */
final class Detour {
  static final int FIRST = 16;
  static final int LONGEST = 1024;

  private int next = FIRST;
  private int left;

  /** Whether this batch may try the fast road; each that may not shortens the detour. */
  synchronized boolean over() {
    if (left == 0) {
      return true;
    }
    left--;
    return false;
  }

  /** The fast road has stored a batch. */
  synchronized void succeeded() {
    next = FIRST;
  }

  /** The fast road could not store a batch. */
  synchronized void failed() {
    // Of several threads that were on it one counts.
    if (left == 0) {
      left = next;
      next = Math.min(LONGEST, 2 * next);
    }
  }
}
