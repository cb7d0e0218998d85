package io.llmlog.spool;

import io.llmlog.spool.SegmentChain.Stretch;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The reading end. For one thread, but for what it shares under the lock of the spool. */
final class SpoolReader {
  private static final Logger LOG = LoggerFactory.getLogger(Spool.class);

  private final SpoolMonitor monitor;
  private final SegmentChain chain;

  /** Where each event that was last looked at came from, and where it ended. */
  private final List<Segment> segments = new ArrayList<>();

  private int[] ends = {};

  SpoolReader(SpoolMonitor monitor, SegmentChain chain) {
    this.monitor = monitor;
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
    List<Stretch> stretches =
        monitor.in(() -> monitor.closed ? List.of() : chain.readable(maxCount));
    long size = 0;
    // Without the lock: a segment with pending events stays mapped, and only this thread removes.
    for (Stretch stretch : stretches) {
      Segment segment = stretch.segment();
      ByteBuffer bytes = stretch.bytes();
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
          length = Frame.plausibleLength(bytes, offset, limit);
          if (length == 0) {
            return damaged(stretch, offset, before);
          }
          if (bytes.getInt(offset) < 0) {
            offset += Frame.sizeOf(length);
            continue;
          }
          if (size + length > maxBytes && !events.isEmpty()) {
            return true;
          }
          event = new byte[length];
          bytes.get(offset + Frame.HEADER_BYTES, event);
          if (Frame.checksum(segment.salt, event) != bytes.getInt(offset + 4)) {
            return damaged(stretch, offset, before);
          }
        } catch (InternalError e) {
          return damaged(stretch, offset, before);
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

  /** Searches behind damage, without the lock: callers need not wait for that. */
  private boolean damaged(Stretch stretch, int offset, int before) {
    Segment segment = stretch.segment();
    int limit = stretch.limit();
    FrameScan.Found found = behind(stretch, offset);
    int lost = stretch.events() - before - found.events();
    boolean first = monitor.in(() -> chain.damaged(segment, found, limit, lost));
    if (first) {
      LOG.warn(
          "{} is damaged at offset {}: {} events are lost; the file goes to the quarantine",
          segment.path,
          offset,
          lost);
    }
    return false;
  }

  private static FrameScan.Found behind(Stretch stretch, int offset) {
    try {
      return FrameScan.scan(
          stretch.bytes(), offset, stretch.limit(), stretch.segment().salt, false, false);
    } catch (InternalError e) {
      // The file was cut short, or its disk cannot be read: nothing behind this offset is left.
      return new FrameScan.Found(offset, 0, List.of(), offset, -1);
    }
  }

  /** Counts the oldest ones of the last look as delivered. */
  void remove(int count) {
    monitor.run(
        () -> {
          if (monitor.closed) {
            return;
          }
          if (count < 0 || count > segments.size()) {
            throw new IllegalArgumentException(
                "remove(" + count + "): the last peek answered " + segments.size());
          }
          for (int i = 0; i < count; i++) {
            chain.removed(segments.get(i), ends[i]);
          }
          // What is left of the look must be looked at again.
          segments.clear();
          if (chain.retireDone()) {
            monitor.wakeThread();
          }
        });
  }
}
