package io.llmlog.event;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;

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

  /** How much room beyond its limit the buffer may have: callers ask for more than they need. */
  static final int SLACK = 16 << 10;

  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] NULL = "null".getBytes(StandardCharsets.US_ASCII);

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

  /** Forgets what was written after that size, or takes over what was written up to it. */
  void endAt(int size) {
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
    room(Scalars.MAX_BYTES);
    size = Scalars.bool(bytes, size, value);
  }

  void text(String text) {
    room(text.length() + 2L);
    bytes[size] = '"';
    int plain = plain(bytes, size + 1, text);
    size += 1 + plain;
    if (plain < text.length()) {
      rest(text, plain);
    }
    raw('"');
  }

  /**
   * Writes characters, without quotes, up to the first that JSON writes in another way.
   *
   * @param to has room for all of the text
   * @return how many it has written
   */
  static int plain(byte[] to, int at, String text) {
    int length = text.length();
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (c >= 0x80 || ESCAPES[c] != 0) {
        return i;
      }
      to[at + i] = (byte) c;
    }
    return length;
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
    room(Scalars.MAX_BYTES);
    size = Scalars.integer(bytes, size, value);
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

  void cost(BigDecimal cost) {
    room(Scalars.MAX_BYTES);
    int end = Scalars.cost(bytes, size, cost);
    if (end == Scalars.NONE) {
      ascii(NumberText.ofCost(cost));
    } else {
      size = end;
    }
  }

  /** A time as {@code "2023-11-16T18:17:03.979960Z"}; nanoseconds are cut. */
  void instant(Instant time) {
    room(Scalars.MAX_BYTES);
    int end = Scalars.instant(bytes, size, time.getEpochSecond(), time.getNano() / 1_000);
    if (end == Scalars.NONE) {
      text(time.toString());
    } else {
      size = end;
    }
  }

  /**
   * Makes room for that many bytes more.
   *
   * @return the buffer in use from now on
   */
  byte[] room(long more) {
    if (size + more > bytes.length) {
      grow(size + more);
    }
    return bytes;
  }

  private void grow(long needed) {
    long most = Math.min((long) limit + SLACK, Integer.MAX_VALUE - 8);
    if (needed > most) {
      throw new Full();
    }
    bytes = Arrays.copyOf(bytes, (int) Math.min(Math.max(needed, bytes.length * 2L), most));
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
