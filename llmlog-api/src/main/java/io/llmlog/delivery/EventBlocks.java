package io.llmlog.delivery;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

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

  /** How many blocks are small: a steady flow fills one or two between two turns. */
  private static final int SMALL_BLOCKS = 8;

  /** How many blocks outlive {@link #clear} if they were needed since the one before. */
  private static final int KEPT_BLOCKS = SMALL_BLOCKS + 2;

  private static final int BLOCK_BYTES = 64 << 10;

  /**
   * Those behind them, most of which are needed only while nothing can be delivered. Heaps of up to
   * 2 GiB have regions of 1 MiB in G1, which gives what takes more than half of one a region of its
   * own and never moves it. Smaller blocks would be copied by the next collections, 16 ms for 25
   * MB.
   */
  private static final int LARGE_BLOCK_BYTES = 1_000_000;

  /** The length of an event, in front of it. */
  private static final int HEADER_BYTES = 2;

  private static final class Block {
    private final byte[] bytes;

    /** Whether one event has all of it, without a header. */
    private final boolean whole;

    private int written;
    private int read;

    Block(byte[] bytes, boolean whole) {
      this.bytes = bytes;
      this.whole = whole;
      this.written = whole ? bytes.length : 0;
    }
  }

  /** Stands where a block was that is read and not kept. */
  private static final Block GONE = new Block(new byte[0], true);

  /** Those up to {@link #last} hold events, those behind it wait to be written. */
  private final List<Block> blocks = new ArrayList<>();

  private int first;
  private int last = -1;
  private int events;

  int size() {
    return events;
  }

  boolean isEmpty() {
    return events == 0;
  }

  /** Adds a copy of an event of at most {@link #MAX_SHARED_BYTES}. */
  void add(byte[] from, int length) {
    Block block = last < 0 ? null : blocks.get(last);
    if (block == null
        || block.whole
        || block.bytes.length - block.written < HEADER_BYTES + length) {
      block = nextBlock();
    }
    byte[] to = block.bytes;
    int at = block.written;
    to[at] = (byte) (length >> 8);
    to[at + 1] = (byte) length;
    System.arraycopy(from, 0, to, at + HEADER_BYTES, length);
    block.written = at + HEADER_BYTES + length;
    events++;
  }

  /** Adds an event of any length, in its own array. */
  void addWhole(byte[] event) {
    blocks.add(last + 1, new Block(event, true));
    last++;
    events++;
  }

  private Block nextBlock() {
    if (last + 1 == blocks.size()) {
      int size = last + 1 < SMALL_BLOCKS ? BLOCK_BYTES : LARGE_BLOCK_BYTES;
      blocks.add(new Block(new byte[size], false));
    }
    last++;
    return blocks.get(last);
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
      int at = block.whole ? 0 : block.read + HEADER_BYTES;
      int length =
          block.whole
              ? block.bytes.length
              : (block.bytes[at - 2] & 0xFF) << 8 | (block.bytes[at - 1] & 0xFF);
      size += length;
      if (size > maxBytes && moved > 0) {
        return;
      }
      to.add(block.whole ? block.bytes : Arrays.copyOfRange(block.bytes, at, at + length));
      block.read = at + length;
      events--;
    }
  }

  /** Goes on to the block behind one that is read, which is needed only where it can be reused. */
  private void drop(Block block) {
    if (block.whole || first >= KEPT_BLOCKS) {
      blocks.set(first, GONE);
    }
    first++;
  }

  /** Forgets all events; some blocks stay, to be written again, of those that were needed. */
  void clear() {
    blocks.subList(last + 1, blocks.size()).clear();
    blocks.removeIf(block -> block.whole);
    if (blocks.size() > KEPT_BLOCKS) {
      blocks.subList(KEPT_BLOCKS, blocks.size()).clear();
    }
    for (Block block : blocks) {
      block.written = 0;
      block.read = 0;
    }
    first = 0;
    last = -1;
    events = 0;
  }
}
