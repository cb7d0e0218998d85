package io.llmlog.event;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Reads ids and times in the one form that {@link EventEncoder} writes, from the bytes of a
 * message: what {@link ColumnValues} makes of their texts, or nothing at all. Not thread-safe.
 */
final class EncodedForms {
  /** What an id takes, quotes included. */
  static final int UUID_BYTES = 38;

  /** What a time takes, quotes included. */
  static final int TIME_BYTES = 29;

  private static final int DATE_BYTES = 10;

  /** The value of each hexadecimal digit; -1 for all other bytes. */
  private static final byte[] HEX = hexDigits();

  /** The date read last, and its midnight: calls of one batch are of one day, mostly. */
  private final byte[] date = new byte[DATE_BYTES];

  private long midnight;

  /** The id with hyphens and quotes at the index, or null if there is none. */
  static @Nullable UUID uuid(byte[] json, int at) {
    if (at + UUID_BYTES > json.length
        || json[at] != '"'
        || json[at + 9] != '-'
        || json[at + 14] != '-'
        || json[at + 19] != '-'
        || json[at + 24] != '-'
        || json[at + 37] != '"') {
      return null;
    }
    long first = hex(json, at + 1, 8);
    long second = hex(json, at + 10, 4);
    long third = hex(json, at + 15, 4);
    long fourth = hex(json, at + 20, 4);
    long fifth = hex(json, at + 25, 12);
    return (first | second | third | fourth | fifth) < 0
        ? null
        : new UUID(first << 32 | second << 16 | third, fourth << 48 | fifth);
  }

  /** The number of these hexadecimal digits, at most 15; negative if they are none. */
  static long hex(byte[] json, int from, int digits) {
    if (from + digits > json.length) {
      return -1;
    }
    long value = 0;
    int all = 0;
    for (int i = from; i < from + digits; i++) {
      int digit = HEX[json[i] & 0xFF];
      all |= digit;
      value = value << 4 | digit;
    }
    return all < 0 ? -1 : value;
  }

  private static byte[] hexDigits() {
    byte[] hex = new byte[256];
    for (int i = 0; i < hex.length; i++) {
      hex[i] = (byte) (i < 0x80 ? Character.digit(i, 16) : -1);
    }
    return hex;
  }

  /**
   * The time at the index, as {@code "2023-11-16T18:17:03.979960Z"}, or null if there is none in
   * that form: 24:00 and second 60 are in another.
   */
  @Nullable Instant time(byte[] json, int at) {
    if (at + TIME_BYTES > json.length
        || json[at] != '"'
        || json[at + 5] != '-'
        || json[at + 8] != '-'
        || json[at + 11] != 'T'
        || json[at + 14] != ':'
        || json[at + 17] != ':'
        || json[at + 20] != '.'
        || json[at + 27] != 'Z'
        || json[at + 28] != '"'
        || !isDate(json, at + 1)) {
      return null;
    }
    int hour = twoDigits(json, at + 12);
    int minute = twoDigits(json, at + 15);
    int second = twoDigits(json, at + 18);
    int micros1 = twoDigits(json, at + 21);
    int micros2 = twoDigits(json, at + 23);
    int micros3 = twoDigits(json, at + 25);
    if ((hour | minute | second | micros1 | micros2 | micros3) < 0
        || hour > 23
        || minute > 59
        || second > 59) {
      return null;
    }
    return Instant.ofEpochSecond(
        midnight + hour * 3_600L + minute * 60L + second,
        (micros1 * 10_000 + micros2 * 100 + micros3) * 1_000L);
  }

  /** Whether a date stands at the index, whose midnight is known then. */
  private boolean isDate(byte[] json, int from) {
    if (Arrays.equals(json, from, from + DATE_BYTES, date, 0, DATE_BYTES)) {
      return true;
    }
    Instant time = Instants.parse(new String(json, from, DATE_BYTES, StandardCharsets.ISO_8859_1));
    if (time == null) {
      return false;
    }
    System.arraycopy(json, from, date, 0, DATE_BYTES);
    midnight = time.getEpochSecond();
    return true;
  }

  /** Negative if they are no digits. */
  private static int twoDigits(byte[] json, int index) {
    int tens = json[index] - '0';
    int ones = json[index + 1] - '0';
    return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1 : tens * 10 + ones;
  }
}
