package io.llmlog.event;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Looks at eight bytes of a message at once: most of what reading one takes is such looking. */
final class EightBytes {
  /** The first of them lowest. */
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final long ONES = 0x0101_0101_0101_0101L;
  private static final long HIGH_BITS = 0x8080_8080_8080_8080L;

  private EightBytes() {}

  /**
   * Whether the bytes stand at the index.
   *
   * @param bytes eight or more
   */
  static boolean areAt(byte[] json, int index, byte[] bytes) {
    if (index + bytes.length > json.length) {
      return false;
    }
    int last = bytes.length - Long.BYTES;
    for (int i = 0; i < last; i += Long.BYTES) {
      if ((long) LONG.get(json, index + i) != (long) LONG.get(bytes, i)) {
        return false;
      }
    }
    // The last eight, of which the loop may have seen some.
    return (long) LONG.get(json, index + last) == (long) LONG.get(bytes, last);
  }

  /** The first byte from the index on that is a quote, a backslash or no printable ASCII. */
  static int plainEnd(byte[] json, int from) {
    int i = from;
    for (; i <= json.length - Long.BYTES; i += Long.BYTES) {
      long bytes = (long) LONG.get(json, i);
      long quotes = bytes ^ '"' * ONES;
      long escapes = bytes ^ '\\' * ONES;
      // Sets the high bit of the lowest byte that is wanted, and maybe of some above it: Henry S.
      // Warren, "Hacker's Delight", 6-1, and Sean Anderson, "Bit Twiddling Hacks", hasless.
      long found =
          (bytes
                  | ((bytes - ' ' * ONES) & ~bytes)
                  | ((quotes - ONES) & ~quotes)
                  | ((escapes - ONES) & ~escapes))
              & HIGH_BITS;
      if (found != 0) {
        return i + (Long.numberOfTrailingZeros(found) >>> 3);
      }
    }
    while (i < json.length && json[i] >= ' ' && json[i] != '"' && json[i] != '\\') {
      i++;
    }
    return i;
  }
}
