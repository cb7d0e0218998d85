package io.llmlog.delivery;

import java.util.ArrayList;
import java.util.List;

/**
 * Large blocks of memory that were read and may be written again.
 *
 * <p>Callers that are faster than the road fill one after the other. Made anew, each would be
 * cleared by the thread of a call, and on heaps whose regions are large the garbage collector would
 * carry it about. Thread-safe: the publisher gives what callers take.
 */
final class SpareBlocks {
  /**
   * Heaps of up to 2 GiB have regions of 1 MiB in G1, which gives what takes more than half of one
   * a region of its own and never moves it. Smaller blocks would be copied by the next collections,
   * 16 ms for 25 MB.
   */
  static final int BLOCK_BYTES = 1_000_000;

  private final List<byte[]> spares = new ArrayList<>();

  /** A block with anything in it; a new one where none is left. */
  byte[] take() {
    synchronized (this) {
      if (!spares.isEmpty()) {
        return spares.remove(spares.size() - 1);
      }
    }
    return new byte[BLOCK_BYTES];
  }

  /** Takes back a block that nobody reads any more. */
  synchronized void give(byte[] block) {
    spares.add(block);
  }

  /** Leaves those above a number to the garbage collector. */
  synchronized void keep(int most) {
    if (spares.size() > most) {
      spares.subList(most, spares.size()).clear();
    }
  }

  synchronized int size() {
    return spares.size();
  }
}
