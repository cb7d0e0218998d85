package io.llmlog.spool;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * One mapped file: a header, then frames. Its fields are guarded by the lock of the spool; bytes
 * that are written are never written again, and may be read without it.
 */
final class Segment {
  static final int HEADER_BYTES = 64;
  static final int VERSION = 1;

  /** "LLMSPOOL", read as little-endian. */
  static final long MAGIC = 0x4c4f4f50534d4c4cL;

  private static final VarHandle LONGS =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final int VERSION_AT = 8;
  private static final int VERSION_CHECK_AT = 12;
  private static final int SALT_AT = 16;
  private static final int CAPACITY_AT = 24;
  private static final int CHECK_AT = 28;
  private static final int ACK_AT = 32;

  final SpoolDirectory home;
  final Path path;
  int capacity;
  final long salt;

  MappedByteBuffer bytes;

  /** What will take the place of {@link #bytes}: it gets what changes meanwhile. */
  @Nullable MappedByteBuffer copy;

  /** Where the next frame goes. */
  int writeOffset = HEADER_BYTES;

  /** What is before it is on disk. */
  int forcedOffset;

  /** What is before it is delivered. */
  int ackOffset = HEADER_BYTES;

  /** Events that are accepted and not delivered. */
  int pending;

  /** Events that are written, and whose callers wait for a force that has not begun. */
  final Waiting unsettled = new Waiting();

  /** Those whose force is under way, all of them before {@link #settlingTo}. */
  final Waiting settling = new Waiting();

  int settlingTo;

  /** No more is written. */
  boolean sealed;

  /** A force failed: the system may have thrown the bytes away and will not say so again. */
  boolean broken;

  /** The file has gone from under the mapping, and nothing in it will settle. */
  boolean gone;

  /** Kept in the quarantine instead of deleted. */
  boolean damaged;

  /** What readers pass over. */
  final List<FrameScan.Gap> gaps = new ArrayList<>();

  Segment(SpoolDirectory home, Path path, MappedByteBuffer bytes, long salt) {
    this.home = home;
    this.path = path;
    this.bytes = bytes;
    this.capacity = bytes.capacity();
    this.salt = salt;
  }

  /** Writes the header of a new segment. */
  void begin() {
    bytes.putLong(0, MAGIC);
    bytes.putInt(VERSION_AT, VERSION);
    bytes.putInt(VERSION_CHECK_AT, checksum(bytes, 0, VERSION_CHECK_AT));
    bytes.putLong(SALT_AT, salt);
    bytes.putInt(CAPACITY_AT, capacity);
    bytes.putInt(CHECK_AT, checksum(bytes, SALT_AT, CHECK_AT));
    ack(HEADER_BYTES);
  }

  /** The version that a header names; 0 where it is no header or a damaged one. */
  static int versionOf(ByteBuffer header) {
    boolean intact =
        header.limit() >= SALT_AT
            && header.getLong(0) == MAGIC
            && header.getInt(VERSION_CHECK_AT) == checksum(header, 0, VERSION_CHECK_AT);
    return intact ? header.getInt(VERSION_AT) : 0;
  }

  /** Whether salt and capacity of a header can be trusted. */
  static boolean isIntact(ByteBuffer header) {
    return header.limit() >= HEADER_BYTES
        && versionOf(header) == VERSION
        && header.getInt(CHECK_AT) == checksum(header, SALT_AT, CHECK_AT);
  }

  static long saltOf(ByteBuffer header) {
    return header.getLong(SALT_AT);
  }

  static int capacityOf(ByteBuffer header) {
    return header.getInt(CAPACITY_AT);
  }

  /**
   * The offset up to which a dead process had delivered; the first frame where it is unreadable.
   */
  static int ackOf(ByteBuffer header, int limit) {
    int offset = header.getInt(ACK_AT);
    boolean readable =
        header.getInt(ACK_AT + 4) == ~offset && offset >= HEADER_BYTES && offset <= limit;
    return readable ? offset : HEADER_BYTES;
  }

  private static int checksum(ByteBuffer header, int from, int to) {
    CRC32C crc = new CRC32C();
    crc.update(header.slice(from, to - from));
    return (int) crc.getValue();
  }

  boolean fits(int frame) {
    return !sealed && frame <= capacity - writeOffset;
  }

  /**
   * Writes a frame that fits, and answers its offset.
   *
   * @throws InternalError where the file has gone from under the mapping
   */
  int write(byte[] buffer, int length, int checksum) {
    int offset = writeOffset;
    bytes.put(offset + Frame.HEADER_BYTES, buffer, 0, length);
    // The length comes last: what a killed process left half-written has none.
    store(offset, (long) checksum << Integer.SIZE | length);
    writeOffset = offset + Frame.sizeOf(length);
    return offset;
  }

  /** Takes back a frame that is not settled: readers pass over it. */
  void withdraw(int offset, boolean moved) {
    (offset < settlingTo ? settling : unsettled).remove(moved);
    try {
      long header = bytes.getLong(offset);
      store(offset, (header & ~0xffff_ffffL) | (-(int) header & 0xffff_ffffL));
    } catch (InternalError e) {
      // A frame that is not there needs no mark.
      gone = true;
    }
  }

  /** Ends it: a later reader then knows that nothing is missing behind the last frame. */
  void seal() {
    if (!sealed) {
      sealed = true;
      if (writeOffset <= capacity - Frame.HEADER_BYTES) {
        try {
          store(
              writeOffset,
              (long) Frame.endChecksum(salt) << Integer.SIZE | (Frame.END & 0xffff_ffffL));
          writeOffset += Frame.HEADER_BYTES;
        } catch (InternalError e) {
          // Whoever wanted another segment is not to hear of this one.
          gone = true;
        }
      }
    }
  }

  /** Remembers what is delivered: one aligned store of 8 bytes, which no kill can halve. */
  void ack(int offset) {
    ackOffset = offset;
    store(ACK_AT, (long) ~offset << Integer.SIZE | offset);
  }

  /** One store of 8 bytes; and into the copy. */
  private void store(int at, long value) {
    bytes.putLong(at, value);
    if ((long) LONGS.getOpaque(bytes, at) != value) {
      // The JVM throws for a store that failed too, but some time later, and anywhere.
      throw new InternalError(path + " was cut short");
    }
    if (copy != null) {
      copy.putLong(at, value);
    }
  }

  /** Its copy is complete, and has its name; answers how many bytes that saves. */
  int takeCopy() {
    int before = capacity;
    if (copy != null) {
      bytes = copy;
      capacity = copy.capacity();
      copy = null;
    }
    return before - capacity;
  }

  /** Whether no event in it is wanted any more. */
  boolean isDone() {
    return pending == 0 && unsettled.events == 0 && settling.events == 0;
  }

  /** Where reading goes on when it stands at a gap; the same offset elsewhere. */
  int behindGap(int offset) {
    for (FrameScan.Gap gap : gaps) {
      if (gap.from() == offset) {
        return gap.to();
      }
    }
    return offset;
  }
}
