package io.llmlog.spool;

import io.llmlog.spool.SegmentChain.Stretch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

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
    List<Stretch> stretches;
    lock.lock();
    try {
      stretches = chain.readable(maxCount);
    } finally {
      lock.unlock();
    }
    long size = 0;
    // Without the lock: a segment with pending events stays mapped, and only this thread removes.
    for (Stretch stretch : stretches) {
      Segment segment = stretch.segment();
      int offset = stretch.offset();
      int limit = stretch.limit();
      int before = 0;
      while (before < stretch.events() && events.size() < maxCount) {
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
        before++;
      }
    }
    return true;
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
