package io.llmlog.event;

import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes free values as JSON: what a service put into metadata, request and response.
 *
 * <p>Never fails because of a value: one that cannot be read, or lies deeper than {@link
 * #MAX_LEVELS}, becomes a short text that says so. The limit of the {@link JsonOut} ends a
 * structure that is endless.
 */
final class ValueWriter {
  /** How deep a message may be nested; the message itself is level 1. */
  static final int MAX_LEVELS = 1_000;

  static final String TOO_DEEP = "[nested too deep]";

  private ValueWriter() {}

  /**
   * @param level the level of the value, were it an object or an array
   */
  static void write(JsonOut out, @Nullable Object value, int level) {
    if (value instanceof String text) {
      out.text(text);
    } else if (value instanceof Number number) {
      out.number(number);
    } else if (value instanceof Map<?, ?> map) {
      container(out, map, level);
    } else if (value instanceof Collection<?> list) {
      container(out, list, level);
    } else if (value instanceof Boolean bool) {
      out.bool(bool);
    } else if (value == null) {
      out.nothing();
    } else {
      write(out, PlainValues.of(value), level);
    }
  }

  /** The JSON of a value that was read from JSON. */
  static String toText(Object value) {
    JsonOut out = new JsonOut(new byte[64], Integer.MAX_VALUE - 1_024);
    write(out, value, 1);
    return new String(out.buffer(), 0, out.size(), StandardCharsets.UTF_8);
  }

  private static void container(JsonOut out, Object container, int level) {
    if (level > MAX_LEVELS) {
      out.text(TOO_DEEP);
      return;
    }
    int start = out.size();
    try {
      if (container instanceof Map<?, ?> map) {
        object(out, map, level);
      } else if (container instanceof Collection<?> list) {
        array(out, list, level);
      }
    } catch (JsonOut.Full e) {
      throw e;
    } catch (RuntimeException | StackOverflowError e) {
      // A map that another thread changes, a lazy list whose source is closed.
      out.endAt(start);
      out.text(PlainValues.unreadable(e));
    }
  }

  private static void object(JsonOut out, Map<?, ?> map, int level) {
    int start = out.size();
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      out.raw(',');
      out.text(String.valueOf(entry.getKey()));
      out.raw(':');
      write(out, entry.getValue(), level + 1);
    }
    end(out, start, '{', '}');
  }

  private static void array(JsonOut out, Collection<?> list, int level) {
    int start = out.size();
    for (Object element : list) {
      out.raw(',');
      write(out, element, level + 1);
    }
    end(out, start, '[', ']');
  }

  /** The first comma becomes the opening bracket. */
  private static void end(JsonOut out, int start, char opening, char closing) {
    if (out.size() == start) {
      out.raw(opening);
    } else {
      out.set(start, opening);
    }
    out.raw(closing);
  }
}
