package io.llmlog.delivery;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;

/**
 * A queue of events, one behind the other in blocks of bytes.
 *
 * <p>An array for each event would cost its caller more than encoding half of it, and the garbage
 * collector, during an outage, a hundred thousand objects to carry from place to place. Blocks are
 * written again after {@link #clear}, so that a steady flow makes no garbage here at all.
 *
 * <p>Not thread-safe. Where memory ends in the middle of a call, nothing has changed but what is
 * said.
 */
final class EventBlocks {
  /** Longer events are kept in the array they came in: copying them would take microseconds. */
  static final int MAX_SHARED_BYTES = 4 << 10;

  /**
   * How many blocks are small: a steady flow fills one or two between two turns. They outlive
   * {@link #clear} if they were needed since the one before. Those behind them are large, and
   * needed only while callers are faster than the road.
   */
  private static final int SMALL_BLOCKS = 8;

  private static final int BLOCK_BYTES = 64 << 10;

  /**
   * How many large blocks stand ready where callers fill them. Made by the thread of a call, each
   * would be cleared by it, which takes up to a millisecond.
   */
  static final int READY = 4;

  /** The length of an event, in front of it. */
  private static final int HEADER_BYTES = 2;

  /** Stands for the length of an event that is kept in its own array, among {@link #whole}. */
  private static final int WHOLE = 0xFFFF;

  private static final class Block {
    private final byte[] bytes;
    private int written;
    private int read;

    Block(byte[] bytes) {
      this.bytes = bytes;
    }

    boolean large() {
      return bytes.length == SpareBlocks.BLOCK_BYTES;
    }
  }

  /** Stands where a block was that is read and not kept. */
  private static final Block GONE = new Block(new byte[0]);

  private final SpareBlocks spares;
  private final Runnable wanted;

  /** Those up to {@link #last} hold events, those behind it wait to be written. */
  private final List<Block> blocks = new ArrayList<>();

  /** Long events, oldest first; where each belongs among the others is said in the blocks. */
  private final Queue<byte[]> whole = new ArrayDeque<>();

  private int first;
  private int last = -1;
  private int events;

  /**
   * @param spares where large blocks come from, and where they go
   * @param wanted is told, by whoever adds an event, that no block stands behind the last, and that
   *     the next one would be large
   */
  EventBlocks(SpareBlocks spares, Runnable wanted) {
    this.spares = spares;
    this.wanted = wanted;
  }

  /** How many large blocks hold, or held, events since {@link #clear}. */
  int largeBlocks() {
    return Math.max(0, last + 1 - SMALL_BLOCKS);
  }

  int size() {
    return events;
  }

  boolean isEmpty() {
    return events == 0;
  }

  /** Adds a copy of an event of at most {@link #MAX_SHARED_BYTES}. */
  void add(byte[] from, int length) {
    Block block = blockFor(length);
    System.arraycopy(from, 0, block.bytes, block.written + HEADER_BYTES, length);
    putHeader(block, length);
    block.written += length;
  }

  /** Adds an event of any length, in its own array. */
  void addWhole(byte[] event) {
    Block block = blockFor(0);
    whole.add(event);
    putHeader(block, WHOLE);
  }

  private void putHeader(Block block, int length) {
    block.bytes[block.written] = (byte) (length >> 8);
    block.bytes[block.written + 1] = (byte) length;
    block.written += HEADER_BYTES;
    events++;
  }

  /**
   * The last block if it has room for an event of that length in it, else the one behind it. Where
   * that one stands ready, to go on to it is a part of this method, and compiled with it; what is
   * called once in thousands of events never is, and takes their caller twenty microseconds.
   */
  private Block blockFor(int length) {
    if (last >= 0) {
      Block block = blocks.get(last);
      if (block.bytes.length - block.written >= HEADER_BYTES + length) {
        return block;
      }
    }
    if (last + 1 == blocks.size()) {
      byte[] bytes = last + 1 < SMALL_BLOCKS ? new byte[BLOCK_BYTES] : spares.take();
      blocks.add(new Block(bytes));
    }
    last++;
    if (last + 1 == blocks.size() && last + 1 >= SMALL_BLOCKS) {
      wanted.run();
    }
    return blocks.get(last);
  }

  /**
   * Whether the next blocks would be large, and fewer than {@link #READY} stand behind the last.
   */
  boolean wantsBlock() {
    return last + 1 >= SMALL_BLOCKS && blocks.size() - (last + 1) < READY;
  }

  /** Has a large block stand behind the last, to be written when that one is full, or gives it. */
  void ready(byte[] block) {
    if (wantsBlock()) {
      blocks.add(new Block(block));
    } else {
      spares.give(block);
    }
  }

  /**
   * Moves the oldest events to the list: up to a count and a size, but at least one if there are
   * any. Those that are moved stay so when memory ends for the next.
   *
   * @param to has room for that many
   */
  void moveTo(List<byte[]> to, int maxEvents, long maxBytes) {
    long size = 0;
    for (int moved = 0; moved < maxEvents && events > 0; moved++) {
      Block block = blocks.get(first);
      if (block.read == block.written) {
        drop(block);
        block = blocks.get(first);
      }
      int at = block.read + HEADER_BYTES;
      int header = (block.bytes[at - 2] & 0xFF) << 8 | (block.bytes[at - 1] & 0xFF);
      boolean isWhole = header == WHOLE;
      int length = isWhole ? whole.element().length : header;
      size += length;
      if (size > maxBytes && moved > 0) {
        return;
      }
      to.add(isWhole ? whole.remove() : Arrays.copyOfRange(block.bytes, at, at + length));
      block.read = isWhole ? at : at + length;
      events--;
    }
  }

  /** Goes on to the block behind one that is read. */
  private void drop(Block block) {
    if (block.large()) {
      blocks.set(first, GONE);
      spares.give(block.bytes);
    }
    first++;
  }

  /** Forgets all events; the small blocks that were needed stay, to be written again. */
  void clear() {
    for (Block block : blocks) {
      if (block.large()) {
        spares.give(block.bytes);
      }
    }
    blocks.subList(last + 1, blocks.size()).clear();
    blocks.removeIf(block -> block == GONE || block.large());
    whole.clear();
    for (Block block : blocks) {
      block.written = 0;
      block.read = 0;
    }
    first = 0;
    last = -1;
    events = 0;
  }
}
