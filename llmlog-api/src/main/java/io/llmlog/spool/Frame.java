package io.llmlog.spool;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * One event as it stands in a segment: length, checksum, bytes, padded to a multiple of 8.
 *
 * <p>The checksum covers the bytes, the salt of the subdirectory and the length. With the salt, no
 * text inside an event can pass for a frame when frames are searched for behind damage.
 */
final class Frame {
  static final int HEADER_BYTES = 8;

  /** The length that stands where a full segment ends. */
  static final int END = Integer.MIN_VALUE;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private Frame() {}

  /** Room that an event of this length takes; negative where it fits no segment. */
  static int sizeOf(int length) {
    return (HEADER_BYTES + length + 7) & -8;
  }

  static int checksum(long salt, byte[] event) {
    return checksum(salt, event, event.length);
  }

  /**
   * That of the event that the buffer begins with. Writes salt and length behind it where there is
   * room: all at once is faster than byte by byte at the end.
   */
  static int checksum(long salt, byte[] buffer, int length) {
    CRC32C crc = new CRC32C();
    if (buffer.length - length < Long.BYTES + Integer.BYTES) {
      crc.update(buffer, 0, length);
      return finish(crc, salt, length);
    }
    LONG.set(buffer, length, salt);
    INT.set(buffer, length + Long.BYTES, length);
    crc.update(buffer, 0, length + Long.BYTES + Integer.BYTES);
    return (int) crc.getValue();
  }

  static int endChecksum(long salt) {
    return finish(new CRC32C(), salt, END);
  }

  private static int finish(CRC32C crc, long salt, int length) {
    for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
      crc.update((int) (salt >>> shift));
    }
    for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
      crc.update(length >>> shift);
    }
    return (int) crc.getValue();
  }

  /** Whether the end mark stands here. */
  static boolean isEnd(ByteBuffer segment, int offset, int limit, long salt) {
    return offset <= limit - HEADER_BYTES
        && segment.getInt(offset) == END
        && segment.getInt(offset + 4) == endChecksum(salt);
  }

  /** Length of the event whose header stands here, withdrawn or not; 0 where none can stand. */
  static int plausibleLength(ByteBuffer segment, int offset, int limit) {
    if (offset > limit - HEADER_BYTES) {
      return 0;
    }
    int length = Math.abs(segment.getInt(offset));
    return length > 0 && length <= limit - offset - HEADER_BYTES ? length : 0;
  }

  /** Whether a whole frame stands here, withdrawn or not. */
  static boolean isValid(ByteBuffer segment, int offset, int limit, long salt) {
    int length = plausibleLength(segment, offset, limit);
    if (length == 0) {
      return false;
    }
    CRC32C crc = new CRC32C();
    crc.update(segment.slice(offset + HEADER_BYTES, length));
    return finish(crc, salt, length) == segment.getInt(offset + 4);
  }
}
