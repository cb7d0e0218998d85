package io.llmlog.delivery;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Large blocks of memory: those that were read and may be written again, and a few made ahead.
 *
 * <p>Callers that are faster than the road fill one after the other. Made by the thread of a call,
 * each would be cleared by it, which takes up to a millisecond, and on heaps whose regions are
 * large the garbage collector would carry it about. So whoever leaves few says so, and another
 * thread makes more. Thread-safe: the publisher gives what callers take.
 */
final class SpareBlocks {
  /**
   * Heaps of up to 2 GiB have regions of 1 MiB in G1, which gives what takes more than half of one
   * a region of its own and never moves it. Smaller blocks would be copied by the next collections,
   * 16 ms for 25 MB.
   */
  static final int BLOCK_BYTES = 1_000_000;

  /** What saturated callers take while the thread that makes them has two turns. */
  static final int AHEAD = 4;

  private static final int FEW = 1;

  private final Deque<byte[]> spares = new ArrayDeque<>();

  /**
   * Whether somebody left no more than a {@link #FEW}. Those that {@link #keep} has thrown away are
   * missed by nobody: made again at once, they would be thrown away again.
   */
  private boolean fewLeft;

  private final Runnable wanted;

  /**
   * @param wanted is told that few are left, on the thread of a caller
   */
  SpareBlocks(Runnable wanted) {
    this.wanted = wanted;
  }

  /** A block with anything in it; a new one where none is left. */
  byte[] take() {
    byte[] spare;
    boolean few;
    synchronized (this) {
      spare = poll();
      few = fewLeft;
    }
    if (few) {
      wanted.run();
    }
    return spare == null ? new byte[BLOCK_BYTES] : spare;
  }

  /** A block with anything in it, if one is left. */
  synchronized byte @Nullable [] poll() {
    byte[] spare = spares.poll();
    fewLeft |= spares.size() <= FEW;
    return spare;
  }

  /** Makes blocks if few were left since the last time; answers whether that was so. */
  boolean makeAhead() {
    synchronized (this) {
      if (!fewLeft) {
        return false;
      }
      fewLeft = false;
    }
    while (size() < AHEAD) {
      give(new byte[BLOCK_BYTES]);
    }
    return true;
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
