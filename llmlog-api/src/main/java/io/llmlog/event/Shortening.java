package io.llmlog.event;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Makes a smaller event of one whose message is too large.
 *
 * <p>All texts are cut to one length in bytes, the largest that suffices, so the longest text loses
 * first and short ones lose nothing. {@code metadata.truncated} says the full length of each text
 * that was cut. Where that does not suffice without cutting texts below {@value #SHORT_TEXT} bytes,
 * the largest of request, response and metadata goes as a whole, and truncated says the length of
 * its JSON.
 */
final class Shortening {
  /** Texts up to that size are names and ids rather than prose: cut last. */
  private static final int SHORT_TEXT = 200;

  /** The frame of {@code "metadata":{"truncated":{}}} and two commas. */
  private static final int NOTES_FRAME = 32;

  /** What prices need survives the rest of the metadata, unless it is large itself. */
  private static final int MAX_KEPT_USAGE = 400;

  private static final int MAX_MEASURED = 16 << 20;

  private final int maxBytes;
  private final ToIntFunction<LlmEvent> sizer;
  private final Map<Column, @Nullable Object> values = new LinkedHashMap<>();
  private final Map<String, Long> notes = new LinkedHashMap<>();
  private final List<Text> texts = new ArrayList<>();

  private Shortening(int maxBytes, ToIntFunction<LlmEvent> sizer) {
    this.maxBytes = maxBytes;
    this.sizer = sizer;
  }

  /**
   * @param sizer answers the size of an event's message, or -1 if it is larger than {@code
   *     maxBytes}
   */
  static LlmEvent of(LlmEvent event, int maxBytes, ToIntFunction<LlmEvent> sizer) {
    return new Shortening(maxBytes, sizer).shorten(event);
  }

  private LlmEvent shorten(LlmEvent event) {
    for (Column column : Column.values()) {
      if (event.has(column) && column.type() == Column.Type.TEXT) {
        values.put(column, event.object(column));
      }
    }
    for (Column column : List.of(Column.METADATA, Column.REQUEST, Column.RESPONSE)) {
      if (event.has(column)) {
        copy(event, column);
      }
    }
    for (int floor = SHORT_TEXT; ; ) {
      LlmEvent shorter = cutTexts(event, floor);
      if (shorter != null) {
        return shorter;
      }
      if (floor == 0) {
        return figures(event);
      }
      Column largest = largest();
      if (largest == null) {
        floor = 0;
      } else {
        drop(event, largest);
      }
    }
  }

  private void copy(LlmEvent event, Column column) {
    try {
      values.put(column, new Copy(maxBytes).of(event.object(column), 2));
    } catch (TooMany e) {
      drop(event, column);
    }
  }

  private void drop(LlmEvent event, Column column) {
    values.remove(column);
    notes.put(column.key(), measure(event.object(column)));
    if (column == Column.METADATA
        && event.metadata().get(Reserved.USAGE) instanceof Map<?, ?> map) {
      try {
        Object usage = new Copy(MAX_KEPT_USAGE).of(map, 3);
        if (jsonBytes(usage) <= MAX_KEPT_USAGE) {
          Map<String, @Nullable Object> kept = new LinkedHashMap<>();
          kept.put(Reserved.USAGE, usage);
          values.put(column, kept);
        }
      } catch (TooMany e) {
        // Not what the key is for.
      }
    }
  }

  /** The length of the JSON in code points, as far as it is measured. */
  private static long measure(@Nullable Object value) {
    JsonOut out = new JsonOut(new byte[1_024], MAX_MEASURED);
    try {
      ValueWriter.write(out, value, 2);
    } catch (JsonOut.Full e) {
      return MAX_MEASURED;
    }
    long codePoints = 0;
    for (int i = 0; i < out.size(); i++) {
      codePoints += (out.buffer()[i] & 0xC0) == 0x80 ? 0 : 1;
    }
    return Math.min(codePoints, MAX_MEASURED);
  }

  private @Nullable Column largest() {
    Column largest = null;
    long most = -1;
    for (Column column : List.of(Column.RESPONSE, Column.REQUEST, Column.METADATA)) {
      if (values.containsKey(column) && !notes.containsKey(column.key())) {
        long bytes = jsonBytes(values.get(column));
        if (bytes > most) {
          largest = column;
          most = bytes;
        }
      }
    }
    return largest;
  }

  private static long jsonBytes(@Nullable Object tree) {
    JsonOut out = new JsonOut(new byte[1_024], Integer.MAX_VALUE - 1_024);
    try {
      ValueWriter.write(out, tree, 2);
    } catch (JsonOut.Full e) {
      return Integer.MAX_VALUE;
    }
    return out.size();
  }

  /** The event with its texts cut, none below the floor; null if that is not small enough. */
  private @Nullable LlmEvent cutTexts(LlmEvent event, int floor) {
    texts.clear();
    values.forEach(
        (column, value) -> {
          if (value instanceof String text) {
            found(text, null, column, column.key(), floor);
          } else {
            collect(value, column.key(), floor);
          }
        });
    texts.forEach(text -> text.replace(values, ""));
    int rest = sizer.applyAsInt(build(event, notes));
    int length = rest < 0 ? -1 : longest(rest + NOTES_FRAME, floor);
    if (length < 0) {
      texts.forEach(text -> text.replace(values, text.full));
      return null;
    }
    Map<String, Long> all = new LinkedHashMap<>(notes);
    for (Text text : texts) {
      if (text.isCutAt(length)) {
        all.put(text.path, (long) TextLimits.codePoints(text.full));
        text.replace(values, text.cut(length));
      } else {
        text.replace(values, text.full);
      }
    }
    return build(event, all);
  }

  /** The largest length in bytes that texts may keep; -1 if the floor is too large already. */
  private int longest(int rest, int floor) {
    int low = floor;
    int high = maxBytes;
    if (size(rest, floor) > maxBytes) {
      return -1;
    }
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (size(rest, middle) <= maxBytes) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  private long size(int rest, int length) {
    long size = rest;
    for (Text text : texts) {
      size += text.isCutAt(length) ? length + text.note : text.bytes;
    }
    return size;
  }

  private void collect(@Nullable Object tree, String path, int floor) {
    if (tree instanceof Map<?, ?> map) {
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        child(map, entry.getKey(), entry.getValue(), path, floor);
      }
    } else if (tree instanceof List<?> list) {
      for (int i = 0; i < list.size(); i++) {
        child(list, i, list.get(i), path, floor);
      }
    }
  }

  private void child(
      Object parent, @Nullable Object key, @Nullable Object value, String path, int floor) {
    if (value instanceof String text && key != null) {
      if (text.length() > floor / 6) {
        found(text, parent, key, path + '.' + key, floor);
      }
    } else if (value instanceof Map || value instanceof List) {
      collect(value, path + '.' + key, floor);
    }
  }

  private void found(String full, @Nullable Object parent, Object key, String path, int floor) {
    int bytes = 0;
    // More than fits is cut anyway, however long it is.
    for (int i = 0; i < full.length() && bytes <= maxBytes; i++) {
      int width = JsonOut.width(full, i);
      bytes += width;
      i += width == 4 ? 1 : 0;
    }
    if (bytes > floor) {
      texts.add(new Text(full, parent, key, path, bytes, noteBytes(path)));
    }
  }

  /** The most that {@code ,"path":1234567890} takes. */
  private static int noteBytes(String path) {
    int bytes = 4 + 10;
    for (int i = 0; i < path.length(); i++) {
      bytes += JsonOut.width(path, i);
    }
    return bytes;
  }

  private LlmEvent build(LlmEvent event, Map<String, Long> truncated) {
    LlmEvent.Builder shorter = event.toBuilder();
    for (Column column : Column.values()) {
      if (column.type() == Column.Type.TEXT || column.type() == Column.Type.JSON) {
        shorter.setValue(column, values.get(column));
      }
    }
    if (!truncated.isEmpty()) {
      Map<String, @Nullable Object> merged = new LinkedHashMap<>();
      if (values.get(Column.METADATA) instanceof Map<?, ?> metadata
          && metadata.get(Reserved.TRUNCATED) instanceof Map<?, ?> before) {
        before.forEach((key, value) -> merged.put(String.valueOf(key), value));
      }
      truncated.forEach(
          (key, length) -> {
            if (!(merged.get(key) instanceof Number before) || before.longValue() < length) {
              merged.put(key, length);
            }
          });
      shorter.metadata(Reserved.TRUNCATED, merged);
    }
    return shorter.build();
  }

  /** Ids, time and figures alone, where not even the keys of the texts find room. */
  private static LlmEvent figures(LlmEvent event) {
    LlmEvent.Builder figures = event.toBuilder();
    for (Column column : Column.values()) {
      if (column.type() == Column.Type.TEXT || column.type() == Column.Type.JSON) {
        figures.setValue(column, null);
      }
    }
    return figures.build();
  }

  /** A text that may be cut, and where it stands: in a map or list, or as a column. */
  private record Text(
      String full, @Nullable Object parent, Object key, String path, int bytes, int note) {
    boolean isCutAt(int length) {
      return bytes > length + note;
    }

    String cut(int length) {
      int end = 0;
      for (int left = length; ; ) {
        int width = JsonOut.width(full, end);
        if (width > left) {
          return full.substring(0, end);
        }
        left -= width;
        end += width == 4 ? 2 : 1;
      }
    }

    @SuppressWarnings("unchecked")
    void replace(Map<Column, @Nullable Object> columns, String text) {
      if (parent instanceof Map<?, ?>) {
        ((Map<Object, Object>) parent).put(key, text);
      } else if (parent instanceof List<?>) {
        ((List<Object>) parent).set((Integer) key, text);
      } else {
        columns.put((Column) key, text);
      }
    }
  }

  /** There is more than texts can make up for. */
  private static final class TooMany extends Exception {
    TooMany() {
      super("too many values", null, false, false);
    }
  }

  /** Copies a value into maps and lists of its own, without the texts' characters. */
  private static final class Copy {
    private long left;

    Copy(int maxBytes) {
      this.left = maxBytes;
    }

    @Nullable Object of(@Nullable Object value, int level) throws TooMany {
      Object plain = PlainValues.of(value);
      spend(2);
      boolean container = plain instanceof Map || plain instanceof Collection;
      if (container && level > ValueWriter.MAX_LEVELS) {
        return ValueWriter.TOO_DEEP;
      }
      try {
        if (plain instanceof Map<?, ?> map) {
          Map<String, @Nullable Object> copy = new LinkedHashMap<>();
          for (Map.Entry<?, ?> entry : map.entrySet()) {
            String key = String.valueOf(entry.getKey());
            spend(key.length());
            copy.put(key, of(entry.getValue(), level + 1));
          }
          return copy;
        }
        if (plain instanceof Collection<?> list) {
          List<@Nullable Object> copy = new ArrayList<>();
          for (Object element : list) {
            copy.add(of(element, level + 1));
          }
          return copy;
        }
        return plain;
      } catch (RuntimeException | StackOverflowError e) {
        return PlainValues.unreadable(e);
      }
    }

    private void spend(long bytes) throws TooMany {
      left -= bytes;
      if (left < 0) {
        throw new TooMany();
      }
    }
  }
}
