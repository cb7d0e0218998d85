package io.llmlog.spool;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Finds the frames in a segment that this process did not write, or no longer trusts. */
final class FrameScan {
  /**
   * How many bytes the search behind damage may checksum: about a second's worth. Events are text,
   * where hardly a word passes for a length; only a large range of noise comes near it.
   */
  private static final long SEARCH_BYTES = 4L << 30;

  private final ByteBuffer bytes;
  private final int limit;
  private final long salt;
  private final boolean cut;
  private final List<Gap> gaps = new ArrayList<>();

  private FrameScan(ByteBuffer bytes, int limit, long salt, boolean cut) {
    this.cut = cut;
    this.bytes = bytes;
    this.limit = limit;
    this.salt = salt;
  }

  /** Where damage begins, and where the next frame was found. */
  record Gap(int from, int to) {}

  /**
   * @param end where the last readable frame ends
   * @param events how many there are, withdrawn ones not counted
   * @param gaps what is passed over
   * @param damagedAt where damage begins first; -1 where there is none
   * @param tornAt where an unfinished frame was cut; -1 where there was none
   */
  record Found(int end, int events, List<Gap> gaps, int damagedAt, int tornAt) {
    boolean damaged() {
      return damagedAt >= 0;
    }
  }

  /**
   * @param bytes the segment, or as much of it as there is
   * @param from where to begin
   * @param limit where to end
   * @param open whether the end may be unfinished: no later segment holds frames
   * @param cut whether the file is shorter than it was made
   */
  static Found scan(ByteBuffer bytes, int from, int limit, long salt, boolean open, boolean cut) {
    return new FrameScan(bytes, limit, salt, cut).run(from, open);
  }

  private Found run(int from, boolean open) {
    int offset = from;
    int events = 0;
    int damagedAt = -1;
    int tornAt = -1;
    while (offset < limit && !Frame.isEnd(bytes, offset, limit, salt)) {
      if (Frame.isValid(bytes, offset, limit, salt)) {
        int length = bytes.getInt(offset);
        events += length > 0 ? 1 : 0;
        offset += Frame.sizeOf(Math.abs(length));
        continue;
      }
      int next = search(offset);
      if (next < 0 && open && isUnfinished(offset)) {
        tornAt = isZero(offset) ? -1 : offset;
        break;
      }
      damagedAt = damagedAt < 0 ? offset : damagedAt;
      if (next < 0) {
        break;
      }
      gaps.add(new Gap(offset, next));
      offset = next;
    }
    return new Found(Math.min(offset, limit), events, gaps, damagedAt, tornAt);
  }

  /** Where the next frame, or the end mark, stands behind damage; -1 where none is found. */
  private int search(int damaged) {
    long budget = SEARCH_BYTES;
    for (int offset = damaged + 8; offset <= limit - Frame.HEADER_BYTES; offset += 8) {
      if (bytes.getInt(offset) == 0) {
        continue;
      }
      budget -= Frame.plausibleLength(bytes, offset, limit);
      if (budget < 0) {
        return -1;
      }
      if (stands(offset)) {
        return offset;
      }
    }
    return -1;
  }

  /**
   * Whether the frame here was never accepted, or is what a power loss took: length and checksum
   * are one store, and the last one; or the file ends before the frame does.
   */
  private boolean isUnfinished(int offset) {
    if (offset > limit - Frame.HEADER_BYTES) {
      return cut;
    }
    return bytes.getLong(offset) == 0 || (cut && Frame.plausibleLength(bytes, offset, limit) == 0);
  }

  private boolean stands(int offset) {
    return Frame.isValid(bytes, offset, limit, salt) || Frame.isEnd(bytes, offset, limit, salt);
  }

  private boolean isZero(int from) {
    int offset = from;
    for (; offset <= limit - 8; offset += 8) {
      if (bytes.getLong(offset) != 0) {
        return false;
      }
    }
    for (; offset < limit; offset++) {
      if (bytes.get(offset) != 0) {
        return false;
      }
    }
    return true;
  }
}
