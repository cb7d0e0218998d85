package io.llmlog.event;

import java.nio.charset.StandardCharsets;

/**
 * Decodes messages: UTF-8, and surrogates in bytes of their own, as some writers leave them.
 *
 * <p>Jackson's parser of bytes refuses such surrogates, and escaped ones in keys.
 */
final class Utf8 {
  private Utf8() {}

  /**
   * @throws MalformedMessageException if the bytes are neither; the reason tells the place
   */
  static String decode(byte[] bytes) throws MalformedMessageException {
    String text = new String(bytes, StandardCharsets.UTF_8);
    return text.indexOf(TextLimits.REPLACEMENT) < 0 ? text : decodeStrictly(bytes);
  }

  private static String decodeStrictly(byte[] bytes) throws MalformedMessageException {
    StringBuilder text = new StringBuilder(bytes.length);
    for (int i = 0; i < bytes.length; ) {
      int first = bytes[i] & 0xFF;
      int length = first < 0x80 ? 1 : first < 0xC0 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
      int codePoint = length == 1 ? first : first & (0x7F >> length);
      boolean valid = length > 0 && i + length <= bytes.length;
      for (int k = 1; valid && k < length; k++) {
        valid = (bytes[i + k] & 0xC0) == 0x80;
        codePoint = codePoint << 6 | (bytes[i + k] & 0x3F);
      }
      if (!valid || codePoint > Character.MAX_CODE_POINT || length != length(codePoint)) {
        throw new MalformedMessageException("invalid UTF-8 at byte " + i);
      }
      text.appendCodePoint(codePoint);
      i += length;
    }
    return text.toString();
  }

  /** How many bytes the code point takes. */
  private static int length(int codePoint) {
    return codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
  }
}
