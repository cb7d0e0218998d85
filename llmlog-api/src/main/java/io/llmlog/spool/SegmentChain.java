package io.llmlog.spool;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The segments in the order of delivery, and the counts of their events. Guarded by the lock of the
 * spool; touches mapped memory and no files.
 */
final class SegmentChain {
  /** The first segments are small, so that a spool that is hardly used costs little. */
  private static final int FIRST_BYTES = 1 << 20;

  private static final int LEAST_BYTES = 64 << 10;

  private final SpoolOptions options;
  private final boolean syncAlways;

  /** What dead processes left; delivered first. */
  private final List<Segment> adopted = new ArrayList<>();

  private final List<Segment> own = new ArrayList<>();

  /** Delivered, and still on disk. */
  private List<Segment> retired = new ArrayList<>();

  /** The last of {@link #own}, if it may be written. */
  @Nullable Segment active;

  /** Made ahead, so that callers need not wait for the disk. */
  @Nullable Segment next;

  private int made;

  /** The largest segment to try, after the disk had no room for a larger one. */
  private int makeable = Integer.MAX_VALUE;

  private long appendedEvents;
  private long movedEvents;
  private long adoptedEvents;
  private long removedEvents;
  private long lostEvents;
  private long pendingEvents;
  private long bytes;
  private long quarantined;

  SegmentChain(SpoolOptions options) {
    this.options = options;
    this.syncAlways = options.sync().isAlways();
  }

  /** Whether the last segment takes a frame of this size. */
  boolean fits(int frame) {
    return active != null && active.fits(frame);
  }

  /** Makes sure that the last segment takes a frame of this size; false where none is ready. */
  boolean makeWritable(int frame) {
    if (fits(frame)) {
      return true;
    }
    Segment prepared = next;
    if (prepared == null || !prepared.fits(frame)) {
      return false;
    }
    sealActive();
    own.add(prepared);
    active = prepared;
    next = null;
    retireDone();
    return true;
  }

  /** The segment that was made writable. */
  Segment current() {
    return Objects.requireNonNull(active);
  }

  void sealActive() {
    if (active != null) {
      active.seal();
      active = null;
    }
  }

  /** Writes no more to a segment that cannot be forced. */
  void seal(Segment segment) {
    if (segment == active) {
      sealActive();
    }
  }

  /** The own files are no longer there: what is in them moves to others. */
  void breakOwn() {
    sealActive();
    if (next != null) {
      bytes -= next.capacity;
      next = null;
    }
    own.forEach(each -> each.broken = true);
    retireDone();
  }

  /** Writes no more where the file has gone from under the mapping. */
  void abandonActive() {
    if (active != null) {
      active.sealed = true;
      active.gone = true;
      markDamaged(active);
      active = null;
      retireDone();
    }
  }

  /**
   * Frees the last segment when all of it is delivered and the limit leaves no room for another.
   */
  boolean retireActive() {
    if (active == null || !active.isDone()) {
      return false;
    }
    sealActive();
    return retireDone();
  }

  /**
   * How large the next segment may be.
   *
   * @param frame what must fit; 0: nothing certain
   * @return 0 where the limit leaves no room
   */
  int sizeToMake(int frame) {
    long room = options.maxBytes() - bytes + (next == null ? 0 : next.capacity);
    int usual = (int) Math.min(options.segmentBytes(), (long) FIRST_BYTES << Math.min(made, 10));
    usual = Math.min(usual, makeable);
    long least = frame > 0 ? (long) Segment.HEADER_BYTES + frame : Math.min(LEAST_BYTES, usual);
    long size = Math.min(Math.max(usual, least), room) & -8L;
    return size >= least && size <= Integer.MAX_VALUE - 8 ? (int) size : 0;
  }

  /**
   * The disk has no room for a segment of that size: the next try asks for half of it. Else a disk
   * that has room again would have too little for ever, as the full segment goes only when there is
   * another to write to.
   */
  void couldNotMake(int size) {
    makeable = Math.max(FIRST_BYTES, size / 2);
  }

  /** Takes a new segment; answers the one that it replaces because that was too small. */
  @Nullable Segment prepared(Segment segment) {
    Segment tooSmall = next;
    next = segment;
    made++;
    makeable = Integer.MAX_VALUE;
    return tooSmall;
  }

  /** One event that need not wait for a force. */
  void accepted(Segment segment, boolean moved) {
    accepted(segment, 1, moved ? 1 : 0);
  }

  /** Those whose force succeeded. */
  void settled(Segment segment) {
    accepted(segment, segment.settling.events, segment.settling.moved);
    segment.settling.clear();
  }

  private void accepted(Segment segment, int events, int moved) {
    segment.pending += events;
    pendingEvents += events;
    appendedEvents += events - moved;
    movedEvents += moved;
  }

  void adopt(Segment segment) {
    adopted.add(segment);
    adoptedEvents += segment.pending;
    pendingEvents += segment.pending;
  }

  /**
   * What one segment holds for the consumer at one moment.
   *
   * @param bytes its file; another one may take its place, with the same frames
   * @param offset where reading begins
   * @param limit where it ends; the bytes before it stay as they are
   * @param events how many there are between the two
   */
  record Stretch(Segment segment, ByteBuffer bytes, int offset, int limit, int events) {}

  /**
   * What there is to read, in order, up to a count of events. One snapshot of all segments: an
   * event that is written later stands behind those that are answered, whatever segment it is in.
   */
  List<Stretch> readable(int maxEvents) {
    List<Stretch> found = new ArrayList<>();
    int left = addReadable(found, adopted, maxEvents);
    addReadable(found, own, left);
    return found;
  }

  private int addReadable(List<Stretch> found, List<Segment> segments, int maxEvents) {
    int left = maxEvents;
    for (int i = 0; i < segments.size() && left > 0; i++) {
      Segment each = segments.get(i);
      if (each.pending > 0) {
        found.add(new Stretch(each, each.bytes, each.ackOffset, readableTo(each), each.pending));
        left -= each.pending;
      }
    }
    return left;
  }

  /** What may be delivered ends here: with {@code always}, nothing that is not on disk. */
  int readableTo(Segment segment) {
    return syncAlways ? segment.forcedOffset : segment.writeOffset;
  }

  /** One event of a segment is delivered; it ended at this offset. */
  void removed(Segment segment, int end) {
    try {
      segment.ack(end);
    } catch (InternalError e) {
      // The file has gone from under the mapping; this process still knows.
      markDamaged(segment);
    }
    segment.pending--;
    pendingEvents--;
    removedEvents++;
  }

  /**
   * Passes over what has become unreadable.
   *
   * @param found what is readable behind the damage
   * @param limit how far that was looked for
   * @param lost events that are no longer there
   * @return whether it is the first damage of this segment
   */
  boolean damaged(Segment segment, FrameScan.Found found, int limit, int lost) {
    segment.gaps.addAll(found.gaps());
    segment.gaps.add(new FrameScan.Gap(found.end(), limit));
    segment.pending -= lost;
    pendingEvents -= lost;
    lostEvents += lost;
    boolean first = markDamaged(segment);
    retireDone();
    return first;
  }

  private boolean markDamaged(Segment segment) {
    boolean first = !segment.damaged;
    if (first) {
      segment.damaged = true;
      quarantined++;
    }
    return first;
  }

  /** Takes out what is delivered; answers whether that was anything. */
  boolean retireDone() {
    boolean any = retireDone(adopted);
    return retireDone(own) || any;
  }

  private boolean retireDone(List<Segment> segments) {
    boolean any = false;
    // Nearly always none or the first: the consumer goes in order.
    for (int i = 0; i < segments.size(); i++) {
      Segment each = segments.get(i);
      if (each.sealed && each.isDone()) {
        segments.remove(i--);
        retired.add(each);
        any = true;
      } else if (each.pending > 0) {
        break;
      }
    }
    return any;
  }

  List<Segment> takeRetired() {
    List<Segment> taken = retired;
    retired = new ArrayList<>();
    return taken;
  }

  /** Its own segments that are not yet delivered, oldest first. */
  List<Segment> own() {
    return List.copyOf(own);
  }

  /** Nothing more is written; answers the segment made ahead, which is not needed. */
  @Nullable Segment end() {
    Segment unused = next;
    next = null;
    sealActive();
    retireDone();
    return unused;
  }

  /** Whether callers still wait for a force. */
  boolean hasUnsettled() {
    return own.stream().anyMatch(each -> each.unsettled.events > 0);
  }

  /** What dead processes left: the size of it, and files that are already set aside. */
  void claimed(long addedBytes, int setAside) {
    bytes += addedBytes;
    quarantined += setAside;
  }

  void addBytes(long added) {
    bytes += added;
  }

  void addQuarantined() {
    quarantined++;
  }

  long pending() {
    return pendingEvents;
  }

  SpoolCounts counts() {
    return new SpoolCounts(
        appendedEvents,
        movedEvents,
        adoptedEvents,
        removedEvents,
        lostEvents,
        pendingEvents,
        bytes,
        quarantined);
  }
}
