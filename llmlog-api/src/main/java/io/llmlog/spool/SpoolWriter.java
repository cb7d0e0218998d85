package io.llmlog.spool;

import java.util.List;

/** The writing end. For any thread; no I/O, and no wait beyond what its caller allows. */
final class SpoolWriter {
  /** Longer events would overflow the size of a file. */
  private static final int MAX_EVENT = 1 << 30;

  private final SpoolMonitor monitor;
  private final SegmentChain chain;
  private final boolean always;
  private final long salt;

  SpoolWriter(SpoolMonitor monitor, SegmentChain chain, SyncPolicy sync, long salt) {
    this.monitor = monitor;
    this.chain = chain;
    this.always = sync.isAlways();
    this.salt = salt;
  }

  AppendResult append(byte[] buffer, int length, long maxWait, long maxRoom) {
    int checksum = Frame.checksum(salt, buffer, length);
    // As a rule there is nothing to wait for, and no need to look at the clock.
    boolean locked = monitor.lock.tryLock();
    long start = locked && !always && chain.fits(Frame.sizeOf(length)) ? 0 : System.nanoTime();
    if (!locked && !monitor.lockWithin(start, maxWait)) {
      return AppendResult.SLOW;
    }
    try {
      AppendResult result = awaitSegment(length, start, maxWait, maxRoom, false);
      if (result != AppendResult.ACCEPTED) {
        return result;
      }
      Segment segment = chain.current();
      int offset = write(segment, buffer, length, checksum, false);
      if (offset < 0) {
        return AppendResult.FAILED;
      }
      if (!always || awaitForce(segment, offset, false, start, maxWait)) {
        return AppendResult.ACCEPTED;
      }
      return AppendResult.SLOW;
    } finally {
      monitor.lock.unlock();
    }
  }

  int appendAll(List<byte[]> events, long maxWait) {
    long start = System.nanoTime();
    int count = events.size();
    int[] checksums = new int[count];
    for (int i = 0; i < count; i++) {
      checksums[i] = Frame.checksum(salt, events.get(i));
    }
    Segment[] segments = new Segment[count];
    int[] offsets = new int[count];
    if (!monitor.lockWithin(start, maxWait)) {
      return 0;
    }
    try {
      int written = 0;
      for (; written < count; written++) {
        byte[] event = events.get(written);
        if (awaitSegment(event.length, start, maxWait, 0, true) != AppendResult.ACCEPTED) {
          break;
        }
        Segment segment = chain.current();
        int offset = write(segment, event, event.length, checksums[written], true);
        if (offset < 0) {
          break;
        }
        segments[written] = segment;
        offsets[written] = offset;
      }
      int accepted = 0;
      boolean all = true;
      for (int i = 0; i < written; i++) {
        // After one that came too late, those behind it are withdrawn, or the order would break.
        all = !always || awaitForce(segments[i], offsets[i], true, start, all ? maxWait : 0);
        accepted += all ? 1 : 0;
      }
      return accepted;
    } finally {
      monitor.lock.unlock();
    }
  }

  /** Waits until there is a segment that the event fits. */
  private AppendResult awaitSegment(
      int length, long start, long maxWait, long maxRoom, boolean moved) {
    if (length == 0) {
      throw new IllegalArgumentException("an event without bytes");
    }
    if (length > MAX_EVENT) {
      return AppendResult.FULL;
    }
    int frame = Frame.sizeOf(length);
    while (moved ? !monitor.closed : !monitor.noAppends) {
      Segment before = chain.active;
      if (chain.makeWritable(frame)) {
        if (chain.active != before) {
          // Whoever fills this one should find the next one made.
          monitor.wakeThread();
        }
        return AppendResult.ACCEPTED;
      }
      boolean full = chain.sizeToMake(frame) == 0;
      if (full) {
        chain.retireActive();
      } else {
        monitor.wantedFrame = Math.max(monitor.wantedFrame, frame);
      }
      monitor.wakeThread();
      long wait = full || monitor.creationFails ? maxRoom : maxWait;
      if (!monitor.awaitRoom(start, wait)) {
        return full
            ? AppendResult.FULL
            : monitor.creationFails ? AppendResult.FAILED : AppendResult.SLOW;
      }
    }
    return AppendResult.CLOSED;
  }

  /** Writes; answers the offset, or -1 where the file has gone from under the mapping. */
  private int write(Segment segment, byte[] buffer, int length, int checksum, boolean moved) {
    int offset;
    try {
      offset = segment.write(buffer, length, checksum);
    } catch (InternalError e) {
      chain.abandonActive();
      monitor.wakeThread();
      return -1;
    }
    if (always) {
      segment.unsettled.add(moved);
      monitor.wakeThread();
    } else {
      chain.accepted(segment, moved);
      if (!monitor.dirty) {
        monitor.dirty = true;
        monitor.wakeThread();
      }
      monitor.wakeConsumer(chain.pending());
    }
    return offset;
  }

  /** Waits until a frame is on disk; one that came too late is withdrawn. */
  private boolean awaitForce(Segment segment, int offset, boolean moved, long start, long maxWait) {
    boolean inTime = true;
    while (segment.forcedOffset <= offset) {
      if (!inTime || monitor.settlingOver) {
        segment.withdraw(offset, moved);
        chain.retireDone();
        monitor.wakeThread();
        return false;
      }
      inTime = monitor.awaitSettled(start, maxWait);
    }
    return true;
  }
}
