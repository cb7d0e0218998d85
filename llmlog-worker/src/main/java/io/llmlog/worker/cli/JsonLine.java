package io.llmlog.worker.cli;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One JSON object on one line, keys in the order they were put. */
final class JsonLine {
  private final StringBuilder text = new StringBuilder("{");

  /** A number as it is, or null. */
  JsonLine put(String key, @Nullable Number value) {
    key(key);
    text.append(value instanceof java.math.BigDecimal d ? d.toPlainString() : value);
    return this;
  }

  JsonLine put(String key, @Nullable String value) {
    key(key);
    if (value == null) {
      text.append("null");
    } else {
      quote(value);
    }
    return this;
  }

  JsonLine put(String key, Map<String, Long> counts) {
    JsonLine inner = new JsonLine();
    counts.forEach(inner::put);
    key(key);
    text.append(inner);
    return this;
  }

  /** Complete JSON, as it is. */
  JsonLine putJson(String key, String json) {
    key(key);
    text.append(json);
    return this;
  }

  /** A text as JSON. */
  static String quoted(String text) {
    JsonLine line = new JsonLine();
    line.quote(text);
    return line.text.substring(1);
  }

  private void key(String key) {
    if (text.length() > 1) {
      text.append(", ");
    }
    quote(key);
    text.append(": ");
  }

  private void quote(String value) {
    text.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '"' || c == '\\') {
        text.append('\\').append(c);
      } else if (mustNotBeRaw(c)) {
        // A surrogate pair as two escapes is the same character; a lone one stays readable.
        text.append(String.format("\\u%04x", (int) c));
      } else {
        text.append(c);
      }
    }
    text.append('"');
  }

  /** What steers a terminal, U+009B (CSI) as well as ESC, and what turns or hides text there. */
  private static boolean mustNotBeRaw(char c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          true;
      default -> false;
    };
  }

  @Override
  public String toString() {
    return text + "}";
  }
}
