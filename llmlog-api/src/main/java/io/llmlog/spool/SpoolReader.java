package io.llmlog.spool;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The reading end. For one thread, but for what it shares under the lock of the spool. */
final class SpoolReader {
  private final ReentrantLock lock;
  private final SegmentChain chain;

  /** Where each event that was last looked at came from, and where it ended. */
  private final List<Segment> segments = new ArrayList<>();

  private int[] ends = {};

  SpoolReader(ReentrantLock lock, SegmentChain chain) {
    this.lock = lock;
    this.chain = chain;
  }

  List<byte[]> peek(int maxCount, long maxBytes) {
    List<byte[]> events = new ArrayList<>();
    while (!read(events, maxCount, maxBytes)) {
      // Damage was found and marked as a gap; what is behind it may be readable.
      events.clear();
    }
    return Collections.unmodifiableList(events);
  }

  /** Reads from the start; false where it met damage. */
  private boolean read(List<byte[]> events, int maxCount, long maxBytes) {
    segments.clear();
    Segment segment = null;
    long size = 0;
    while (events.size() < maxCount) {
      int offset;
      int limit;
      int left;
      lock.lock();
      try {
        segment = nextToRead(segment);
        if (segment == null) {
          return true;
        }
        offset = segment.ackOffset;
        limit = chain.readableTo(segment);
        left = segment.pending;
      } finally {
        lock.unlock();
      }
      // Bytes up to the limit stay as they are, and a segment with pending events stays mapped.
      int before = 0;
      while (left > 0 && limit > Segment.HEADER_BYTES && events.size() < maxCount) {
        int behind = segment.behindGap(offset);
        if (behind != offset) {
          offset = behind;
          continue;
        }
        byte[] event;
        int length;
        try {
          length = Frame.plausibleLength(segment.bytes, offset, limit);
          if (length == 0) {
            return damaged(segment, offset, before);
          }
          if (segment.bytes.getInt(offset) < 0) {
            offset += Frame.sizeOf(length);
            continue;
          }
          if (size + length > maxBytes && !events.isEmpty()) {
            return true;
          }
          event = new byte[length];
          segment.bytes.get(offset + Frame.HEADER_BYTES, event);
          if (Frame.checksum(segment.salt, event) != segment.bytes.getInt(offset + 4)) {
            return damaged(segment, offset, before);
          }
        } catch (InternalError e) {
          return damaged(segment, offset, before);
        }
        size += length;
        offset = Math.min(offset + Frame.sizeOf(length), limit);
        found(events, event, segment, offset);
        left--;
        before++;
      }
    }
    return true;
  }

  private @Nullable Segment nextToRead(@Nullable Segment previous) {
    Segment segment = previous;
    do {
      while (segment != null && segment.successor != null) {
        segment = segment.successor;
      }
      segment = chain.after(segment);
    } while (segment != null && segment.pending == 0);
    return segment;
  }

  private void found(List<byte[]> events, byte[] event, Segment segment, int end) {
    if (ends.length == events.size()) {
      ends = Arrays.copyOf(ends, Math.max(64, ends.length * 2));
    }
    ends[events.size()] = end;
    events.add(event);
    segments.add(segment);
  }

  private boolean damaged(Segment segment, int offset, int before) {
    lock.lock();
    try {
      if (segment.successor == null) {
        chain.damagedAt(segment, offset, before);
      }
      return false;
    } finally {
      lock.unlock();
    }
  }

  /** Counts the oldest ones of the last look as delivered. Under the lock. */
  void remove(int count) {
    if (count < 0 || count > segments.size()) {
      throw new IllegalArgumentException(
          "remove(" + count + "): the last peek answered " + segments.size());
    }
    for (int i = 0; i < count; i++) {
      chain.removed(segments.get(i), ends[i]);
    }
    // What is left of the look must be looked at again.
    segments.clear();
  }
}
