package io.llmlog.delivery;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Large blocks of memory: those that were read and may be written again, and a few made ahead.
 *
 * <p>Callers that are faster than the road fill one after the other. Made by the thread of a call,
 * each would be cleared by it, which takes up to a millisecond, and on heaps whose regions are
 * large the garbage collector would carry it about. So whoever takes the last has the next ones
 * made by a thread that ends by itself once no more are wanted. Thread-safe: the publisher gives
 * what callers take.
 */
final class SpareBlocks {
  /**
   * Heaps of up to 2 GiB have regions of 1 MiB in G1, which gives what takes more than half of one
   * a region of its own and never moves it. Smaller blocks would be copied by the next collections,
   * 16 ms for 25 MB.
   */
  static final int BLOCK_BYTES = 1_000_000;

  /** To wake the thread that makes them takes a caller as long as hundreds of calls. */
  static final int AHEAD = 4;

  private static final long IDLE_SECONDS = 2;

  private final List<byte[]> spares = new ArrayList<>();

  private final Executor ahead;

  /** Blocks made ahead by a daemon of their own. */
  SpareBlocks() {
    this(
        new ThreadPoolExecutor(
            0,
            1,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            task -> {
              Thread thread = new Thread(task, "llmlog-memory");
              thread.setDaemon(true);
              return thread;
            },
            // While some are being made nothing waits: callers make their own where it is late.
            new ThreadPoolExecutor.DiscardPolicy()));
  }

  /**
   * @param ahead makes blocks while nobody waits for them, or does not
   */
  SpareBlocks(Executor ahead) {
    this.ahead = ahead;
  }

  /** A block with anything in it; a new one where none is left. */
  byte[] take() {
    byte[] spare = takeSpare();
    return spare == null ? new byte[BLOCK_BYTES] : spare;
  }

  private byte @Nullable [] takeSpare() {
    byte[] spare;
    synchronized (this) {
      spare = spares.isEmpty() ? null : spares.remove(spares.size() - 1);
      if (!spares.isEmpty()) {
        return spare;
      }
    }
    try {
      ahead.execute(this::makeAhead);
    } catch (OutOfMemoryError e) {
      // No thread can be started; the next caller makes its own block, or hears the same.
    }
    return spare;
  }

  private void makeAhead() {
    try {
      while (size() < AHEAD) {
        give(new byte[BLOCK_BYTES]);
      }
    } catch (OutOfMemoryError e) {
      // Whoever needs it hears so too.
    }
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
