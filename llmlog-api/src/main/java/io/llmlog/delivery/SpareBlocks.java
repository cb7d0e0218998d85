package io.llmlog.delivery;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Large blocks of memory that were read and may be written again. Thread-safe: the publisher gives
 * what callers take.
 */
final class SpareBlocks {
  /**
   * Heaps of up to 2 GiB have regions of 1 MiB in G1, which gives what takes more than half of one
   * a region of its own and never moves it. Smaller blocks would be copied by the next collections,
   * 16 ms for 25 MB.
   */
  static final int BLOCK_BYTES = 1_000_000;

  private final Deque<byte[]> spares = new ArrayDeque<>();

  /** A block with anything in it; a new one where none is left. */
  byte[] take() {
    byte[] spare;
    synchronized (this) {
      spare = spares.poll();
    }
    return spare == null ? new byte[BLOCK_BYTES] : spare;
  }

  /** Takes back a block that nobody reads any more. */
  synchronized void give(byte[] block) {
    spares.push(block);
  }

  /** Leaves those above a number to the garbage collector. */
  synchronized void keep(int most) {
    while (spares.size() > most) {
      spares.remove();
    }
  }

  synchronized int size() {
    return spares.size();
  }
}
