package io.llmlog.event;

/** What PostgreSQL cannot store in a text, and how a text is cut. */
final class TextLimits {
  static final char REPLACEMENT = '\uFFFD';

  private TextLimits() {}

  /** The text with U+FFFD in place of each NUL and each lone surrogate; itself if it has none. */
  static String clean(String text) {
    int length = text.length();
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (c == 0 || Character.isSurrogate(c)) {
        if (isPair(text, i)) {
          i++;
        } else {
          return cleanFrom(text, i);
        }
      }
    }
    return text;
  }

  private static String cleanFrom(String text, int from) {
    StringBuilder clean = new StringBuilder(text);
    for (int i = from; i < clean.length(); i++) {
      if (isPair(clean, i)) {
        i++;
      } else if (clean.charAt(i) == 0 || Character.isSurrogate(clean.charAt(i))) {
        clean.setCharAt(i, REPLACEMENT);
      }
    }
    return clean.toString();
  }

  /** The JSON with {@code \\uFFFD} in place of the escape of each lone surrogate. */
  static String cleanEscapes(String json) {
    StringBuilder clean = new StringBuilder(json);
    for (int i = json.indexOf('\\'); i >= 0; ) {
      int unit = escapedUnit(json, i);
      int length = unit < 0 ? 2 : 6;
      if (unit >= 0 && Character.isSurrogate((char) unit)) {
        int next = escapedUnit(json, i + 6);
        if (next >= 0 && Character.isSurrogatePair((char) unit, (char) next)) {
          length = 12;
        } else {
          clean.replace(i, i + 6, "\\uFFFD");
        }
      }
      i = json.indexOf('\\', i + length);
    }
    return clean.toString();
  }

  /** The char whose escape stands at the index, or -1. */
  private static int escapedUnit(String json, int index) {
    if (index + 6 > json.length() || !json.startsWith("\\u", index)) {
      return -1;
    }
    int unit = 0;
    for (int i = index + 2; i < index + 6; i++) {
      char c = json.charAt(i);
      int digit = c < 0x80 ? Character.digit(c, 16) : -1;
      if (digit < 0) {
        return -1;
      }
      unit = unit << 4 | digit;
    }
    return unit;
  }

  /** Whether a surrogate pair stands at the index. */
  static boolean isPair(CharSequence text, int index) {
    return Character.isHighSurrogate(text.charAt(index))
        && index + 1 < text.length()
        && Character.isLowSurrogate(text.charAt(index + 1));
  }

  static int codePoints(String text) {
    return text.codePointCount(0, text.length());
  }

  /** The first code points of the text; itself if it has no more than that. */
  static String cut(String text, int maxCodePoints) {
    if (text.length() <= maxCodePoints || codePoints(text) <= maxCodePoints) {
      return text;
    }
    return text.substring(0, text.offsetByCodePoints(0, maxCodePoints));
  }
}
