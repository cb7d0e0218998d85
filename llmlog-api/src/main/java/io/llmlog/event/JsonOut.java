package io.llmlog.event;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.UUID;

/**
 * Writes JSON as bytes, each part where the one before ended. Written by hand, because it runs on
 * the threads of the service: no allocation but for a growing buffer, and no library to load when
 * the first event is logged.
 *
 * <p>Strings come out as valid UTF-8 without NUL: see {@link TextLimits#clean}.
 */
final class JsonOut {
  /** The limit was passed; what was written so far is of no use. */
  static final class Full extends RuntimeException {
    private Full() {
      super("the limit was passed", null, false, false);
    }
  }

  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] NULL = "null".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] TRUE = "true".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] FALSE = "false".getBytes(StandardCharsets.US_ASCII);

  /** The digits that every long has room for. */
  private static final int MAX_LONG_DIGITS = 18;

  /** Those that the column of costs keeps after the point. */
  private static final int MAX_SHORT_SCALE = 12;

  /** For each ASCII character: 0 as it is, 'u' by its number, else the letter of its escape. */
  private static final byte[] ESCAPES = escapes();

  private final int limit;
  private byte[] bytes;
  private int size;

  /**
   * Writes into the buffer, and into larger ones when it is full.
   *
   * @param limit past this size {@link Full} is thrown, sooner or later
   */
  JsonOut(byte[] buffer, int limit) {
    this.bytes = buffer;
    this.limit = limit;
  }

  int size() {
    return size;
  }

  /** The buffer in use now. */
  byte[] buffer() {
    return bytes;
  }

  byte[] toByteArray() {
    return Arrays.copyOf(bytes, size);
  }

  /** Forgets what was written after that size. */
  void cutTo(int size) {
    this.size = size;
  }

  void set(int index, char ascii) {
    bytes[index] = (byte) ascii;
  }

  void raw(byte[] json) {
    room(json.length);
    System.arraycopy(json, 0, bytes, size, json.length);
    size += json.length;
  }

  void raw(char ascii) {
    room(1);
    bytes[size++] = (byte) ascii;
  }

  /** Text that is ASCII and needs no escape, without quotes. */
  void ascii(String text) {
    int length = text.length();
    room(length);
    for (int i = 0; i < length; i++) {
      bytes[size + i] = (byte) text.charAt(i);
    }
    size += length;
  }

  void nothing() {
    raw(NULL);
  }

  void bool(boolean value) {
    raw(value ? TRUE : FALSE);
  }

  void text(String text) {
    int length = text.length();
    room(length + 2L);
    byte[] to = bytes;
    int at = size;
    to[at++] = '"';
    int i = 0;
    for (; i < length; i++) {
      char c = text.charAt(i);
      if (c >= 0x80 || ESCAPES[c] != 0) {
        break;
      }
      to[at++] = (byte) c;
    }
    size = at;
    if (i < length) {
      rest(text, i);
    }
    raw('"');
  }

  private void rest(String text, int from) {
    int length = text.length();
    for (int i = from; i < length; i++) {
      // The most that one code point takes, and the least that the others do.
      room(6L + (length - i));
      char c = text.charAt(i);
      if (c < 0x80 && ESCAPES[c] == 0) {
        bytes[size++] = (byte) c;
      } else if (c == 0) {
        utf8(TextLimits.REPLACEMENT);
      } else if (c < 0x80) {
        escape(c);
      } else if (!Character.isSurrogate(c)) {
        utf8(c);
      } else if (TextLimits.isPair(text, i)) {
        utf8(Character.toCodePoint(c, text.charAt(++i)));
      } else {
        utf8(TextLimits.REPLACEMENT);
      }
    }
  }

  private void escape(char c) {
    byte letter = ESCAPES[c];
    bytes[size++] = '\\';
    bytes[size++] = letter;
    if (letter == 'u') {
      bytes[size++] = '0';
      bytes[size++] = '0';
      bytes[size++] = HEX[c >> 4];
      bytes[size++] = HEX[c & 15];
    }
  }

  private void utf8(int c) {
    if (c < 0x800) {
      bytes[size++] = (byte) (0xC0 | c >> 6);
    } else {
      if (c < 0x10000) {
        bytes[size++] = (byte) (0xE0 | c >> 12);
      } else {
        bytes[size++] = (byte) (0xF0 | c >> 18);
        bytes[size++] = (byte) (0x80 | (c >> 12 & 0x3F));
      }
      bytes[size++] = (byte) (0x80 | (c >> 6 & 0x3F));
    }
    bytes[size++] = (byte) (0x80 | (c & 0x3F));
  }

  /** How many bytes the code point at the index takes inside quotes. */
  static int width(String text, int index) {
    char c = text.charAt(index);
    if (c < 0x80 && c != 0) {
      return ESCAPES[c] == 0 ? 1 : ESCAPES[c] == 'u' ? 6 : 2;
    }
    return c == 0 ? 3 : c < 0x800 ? 2 : TextLimits.isPair(text, index) ? 4 : 3;
  }

  void integer(long value) {
    if (value < 0) {
      raw('-');
    } else {
      value = -value;
    }
    // Negative all along, because the smallest long has no positive counterpart.
    int digits = 1;
    for (long rest = value; rest <= -10; rest /= 10) {
      digits++;
    }
    room(digits);
    byte[] to = bytes;
    int start = size;
    size = start + digits;
    for (int i = start + digits - 1; i >= start; i--) {
      to[i] = (byte) ('0' - value % 10);
      value /= 10;
    }
  }

  void number(Number number) {
    if (number instanceof Long || number instanceof Integer) {
      integer(number.longValue());
      return;
    }
    String text = NumberText.of(number);
    if (text != null) {
      ascii(text);
    } else if (number instanceof Double || number instanceof Float) {
      nothing();
    } else if (number instanceof BigInteger || number instanceof BigDecimal) {
      text("[number too long]");
    } else {
      text(String.valueOf(number));
    }
  }

  /** As {@link NumberText#ofCost}, without a text in between where it is as short as costs are. */
  void cost(BigDecimal cost) {
    int scale = cost.scale();
    int precision = cost.precision();
    if (scale < 0 || scale > MAX_SHORT_SCALE || precision > MAX_LONG_DIGITS) {
      ascii(NumberText.ofCost(cost));
      return;
    }
    long rest = cost.unscaledValue().longValue();
    if (rest < 0) {
      raw('-');
      rest = -rest;
    }
    int before = Math.max(1, precision - scale);
    int length = before + (scale > 0 ? scale + 1 : 0);
    room(length);
    byte[] to = bytes;
    int start = size;
    int point = start + before;
    for (int i = start + length - 1; i >= start; i--) {
      if (i == point) {
        to[i] = '.';
      } else {
        to[i] = (byte) ('0' + rest % 10);
        rest /= 10;
      }
    }
    size = start + length;
  }

  void uuid(UUID id) {
    room(38);
    byte[] to = bytes;
    int at = size;
    long high = id.getMostSignificantBits();
    long low = id.getLeastSignificantBits();
    to[at] = '"';
    hex(to, at + 1, high >>> 32, 8);
    to[at + 9] = '-';
    hex(to, at + 10, high >>> 16, 4);
    to[at + 14] = '-';
    hex(to, at + 15, high, 4);
    to[at + 19] = '-';
    hex(to, at + 20, low >>> 48, 4);
    to[at + 24] = '-';
    hex(to, at + 25, low, 12);
    to[at + 37] = '"';
    size = at + 38;
  }

  /** The last digits of the bits. */
  private static void hex(byte[] to, int at, long bits, int digits) {
    long rest = bits;
    for (int i = at + digits - 1; i >= at; i--) {
      to[i] = HEX[(int) rest & 15];
      rest >>>= 4;
    }
  }

  /** A time as {@code "2023-11-16T18:17:03.979960Z"}; nanoseconds are cut. */
  void instant(Instant time) {
    if (!Instants.isInRange(time)) {
      text(time.toString());
      return;
    }
    long second = time.getEpochSecond();
    long days = Math.floorDiv(second, 86_400L);
    int secondOfDay = (int) (second - days * 86_400L);
    // Days to year, month and day: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms",
    // civil_from_days; years start in March there.
    int shifted = (int) days + 719_468;
    int era = Math.floorDiv(shifted, 146_097);
    int dayOfEra = shifted - era * 146_097;
    int yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
    int dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
    int month = (5 * dayOfYear + 2) / 153;
    int day = dayOfYear - (153 * month + 2) / 5 + 1;
    int year = yearOfEra + era * 400 + (month < 10 ? 0 : 1);

    room(29);
    byte[] to = bytes;
    int at = size;
    to[at] = '"';
    twoDigits(to, at + 1, year / 100);
    twoDigits(to, at + 3, year % 100);
    to[at + 5] = '-';
    twoDigits(to, at + 6, month < 10 ? month + 3 : month - 9);
    to[at + 8] = '-';
    twoDigits(to, at + 9, day);
    to[at + 11] = 'T';
    twoDigits(to, at + 12, secondOfDay / 3_600);
    to[at + 14] = ':';
    twoDigits(to, at + 15, secondOfDay / 60 % 60);
    to[at + 17] = ':';
    twoDigits(to, at + 18, secondOfDay % 60);
    to[at + 20] = '.';
    int micros = time.getNano() / 1_000;
    twoDigits(to, at + 21, micros / 10_000);
    twoDigits(to, at + 23, micros / 100 % 100);
    twoDigits(to, at + 25, micros % 100);
    to[at + 27] = 'Z';
    to[at + 28] = '"';
    size = at + 29;
  }

  private static void twoDigits(byte[] to, int at, int value) {
    to[at] = (byte) ('0' + value / 10);
    to[at + 1] = (byte) ('0' + value % 10);
  }

  private void room(long more) {
    if (size + more > bytes.length) {
      grow(size + more);
    }
  }

  private void grow(long needed) {
    // Callers ask for a few bytes more than they may need.
    if (needed > limit + 64L) {
      throw new Full();
    }
    bytes = Arrays.copyOf(bytes, (int) Math.min(Math.max(needed, bytes.length * 2L), limit + 64L));
  }

  private static byte[] escapes() {
    byte[] escapes = new byte[0x80];
    Arrays.fill(escapes, 0, 0x20, (byte) 'u');
    escapes['"'] = '"';
    escapes['\\'] = '\\';
    escapes['\b'] = 'b';
    escapes['\f'] = 'f';
    escapes['\n'] = 'n';
    escapes['\r'] = 'r';
    escapes['\t'] = 't';
    return escapes;
  }
}
