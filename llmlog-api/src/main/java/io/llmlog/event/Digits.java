package io.llmlog.event;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Eight ASCII characters at a time, held in a {@code long} whose lowest byte is the first of them.
 *
 * <p>An event is mostly numbers, ids and keys. Digit by digit each waits for the one before; here
 * all digits of a number come out of a few multiplications, without a loop or a branch.
 */
final class Digits {
  private static final VarHandle EIGHT =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** The first number that has more than eight digits. */
  static final int END = 100_000_000;

  private static final long ZEROS = 0x3030_3030_3030_3030L;

  /** From the digit after '9' to the letter that stands for ten. */
  private static final long TO_LETTERS = 'a' - '0' - 10;

  private Digits() {}

  /**
   * Writes eight characters, the spare ones as NUL.
   *
   * @throws IndexOutOfBoundsException if there is no room for all eight
   */
  static void put(byte[] to, int at, long characters) {
    EIGHT.set(to, at, characters);
  }

  /** The characters from that place on; those past the end are NUL. */
  static long of(byte[] ascii, int from) {
    long characters = 0;
    for (int i = Math.min(ascii.length, from + Long.BYTES) - 1; i >= from; i--) {
      characters = (characters << Byte.SIZE) | ascii[i];
    }
    return characters;
  }

  /** The characters of an ASCII text of at most eight. */
  static long of(String ascii) {
    return of(ascii.getBytes(StandardCharsets.US_ASCII), 0);
  }

  /** The eight decimal digits of a number from 0 to below {@link #END}, zeros in front. */
  static long decimal(int number) {
    return values(number) | ZEROS;
  }

  /**
   * Writes a number from 0 to below {@link #END} without zeros in front, and up to seven bytes of
   * no meaning behind it.
   *
   * @return where it ends
   */
  static int putShort(byte[] to, int at, int number) {
    long values = values(number);
    // The last digit stays, be it a zero.
    int zeros = Long.numberOfTrailingZeros(values | 1L << 56) & -Byte.SIZE;
    put(to, at, (values | ZEROS) >>> zeros);
    return at + Long.BYTES - (zeros >>> 3);
  }

  /**
   * The digits as numbers from 0 to 9, one in each byte. Halves of four digits are split into
   * pairs, and those into digits, all of a step at once: v / 100 is v * 5243 >> 19 for every v
   * below 10,000, and v / 10 is v * 103 >> 10 for every v below 100.
   */
  private static long values(int number) {
    int high = number / 10_000;
    long halves = high | ((long) (number - high * 10_000) << 32);
    long hundreds = ((halves * 5243) >>> 19) & 0x0000_007F_0000_007FL;
    long pairs = hundreds | ((halves - hundreds * 100) << 16);
    long tens = ((pairs * 103) >>> 10) & 0x000F_000F_000F_000FL;
    return tens | ((pairs - tens * 10) << 8);
  }

  /** The eight hexadecimal digits of the bits. */
  static long hex(int bits) {
    long nibbles = Integer.toUnsignedLong(bits);
    nibbles = (nibbles | nibbles << 16) & 0x0000_FFFF_0000_FFFFL;
    nibbles = (nibbles | nibbles << 8) & 0x00FF_00FF_00FF_00FFL;
    nibbles = (nibbles | nibbles << 4) & 0x0F0F_0F0F_0F0F_0F0FL;
    // Six more than a nibble has its fifth bit set from ten on.
    long letters = ((nibbles + 0x0606_0606_0606_0606L) >>> 4) & 0x0101_0101_0101_0101L;
    return Long.reverseBytes(nibbles + ZEROS + letters * TO_LETTERS);
  }
}
