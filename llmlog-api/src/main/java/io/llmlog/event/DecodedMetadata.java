package io.llmlog.event;

import java.math.BigDecimal;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The metadata of a message that is read: what the producer put there, all that has no column, and
 * the notes on what did not fit.
 */
final class DecodedMetadata {
  private static final String SERVICE_TIER = "service_tier";
  private static final Set<String> USAGE_NUMBERS =
      Set.of("cache_write_1h", "audio_input", "audio_output", "images", "requests");

  private final Map<String, @Nullable Object> all;

  /** Whether the message had metadata, be it empty. */
  private final boolean given;

  /**
   * @param metadata the message's, or null; a map is changed here, and becomes the event's
   * @param others what stands in the message under keys that are no columns
   */
  @SuppressWarnings("unchecked") // JsonReader makes no other maps
  DecodedMetadata(@Nullable Object metadata, Map<String, Object> others) {
    given = metadata instanceof Map;
    if (metadata instanceof Map<?, ?> map) {
      all = (Map<String, @Nullable Object>) map;
    } else {
      all = new LinkedHashMap<>();
    }
    Map<String, Object> taken = new LinkedHashMap<>();
    others.forEach((key, value) -> (all.containsKey(key) ? taken : all).put(key, value));
    checkReserved();
    if (metadata != null && !given) {
      invalid(Column.METADATA.key(), metadata);
    }
    taken.forEach(this::invalid);
  }

  private void checkReserved() {
    Object invalid = all.remove(Reserved.INVALID);
    Object truncated = all.remove(Reserved.TRUNCATED);
    Object usage = all.remove(Reserved.USAGE);
    if (invalid instanceof Map) {
      all.put(Reserved.INVALID, invalid);
    } else if (invalid != null) {
      misused(Reserved.INVALID, null, invalid);
    }
    if (truncated != null) {
      keepGood(Reserved.TRUNCATED, truncated);
    }
    if (usage != null) {
      keepGood(Reserved.USAGE, usage);
    }
  }

  private void keepGood(String key, Object value) {
    if (!(value instanceof Map<?, ?> members)) {
      misused(key, null, value);
      return;
    }
    Map<String, @Nullable Object> good = new LinkedHashMap<>();
    members.forEach(
        (name, member) -> {
          if (member == null) {
            return;
          }
          Object kept = key.equals(Reserved.USAGE) ? usage((String) name, member) : length(member);
          if (kept == null) {
            misused(key, (String) name, member);
          } else {
            good.put((String) name, kept);
          }
        });
    if (!good.isEmpty()) {
      all.put(key, good);
    }
  }

  private static @Nullable Object usage(String name, Object value) {
    if (name.equals(SERVICE_TIER)) {
      return value instanceof String ? value : null;
    }
    if (!USAGE_NUMBERS.contains(name)) {
      return null;
    }
    if (!(value instanceof String text)) {
      return value instanceof Number ? value : null;
    }
    Object number = NumberText.jsonValue(text);
    return number instanceof Number ? number : null;
  }

  private static @Nullable Long length(Object value) {
    if (!(value instanceof Number number)) {
      return null;
    }
    try {
      BigDecimal exact = new BigDecimal(number.toString());
      return exact.signum() < 0 ? null : (Long) exact.longValueExact();
    } catch (ArithmeticException e) {
      return null;
    }
  }

  /** Keeps a producer's own use of a reserved key, or of one member of its object. */
  private void misused(String key, @Nullable String member, Object value) {
    Map<String, @Nullable Object> moved =
        object(object(all, Reserved.INVALID), Column.METADATA.key());
    putFirst(member == null ? moved : object(moved, key), member == null ? key : member, value);
  }

  /** Notes the original of a value that did not become one of a column. */
  void invalid(String key, Object value) {
    putFirst(object(all, Reserved.INVALID), key, value);
  }

  /** Notes the full length of a text that was cut, unless a longer one was noted by its writer. */
  void truncated(Column column, long codePoints) {
    Map<String, @Nullable Object> lengths = object(all, Reserved.TRUNCATED);
    if (!(lengths.get(column.key()) instanceof Long before) || before < codePoints) {
      lengths.put(column.key(), codePoints);
    }
  }

  /** The object at the key; what else stands there moves to another name. */
  @SuppressWarnings("unchecked") // JsonReader makes no other maps
  private static Map<String, @Nullable Object> object(
      Map<String, @Nullable Object> in, String key) {
    if (in.get(key) instanceof Map<?, ?> object) {
      return (Map<String, @Nullable Object>) object;
    }
    Map<String, @Nullable Object> object = new LinkedHashMap<>();
    putFirst(in, key, object);
    return object;
  }

  /**
   * Puts the value under the key itself; what stands there moves to the first free key_2, key_3.
   */
  private static void putFirst(
      Map<String, @Nullable Object> into, String key, @Nullable Object value) {
    Object before = into.put(key, value);
    if (before != null && !before.equals(value)) {
      int number = 2;
      while (into.containsKey(key + '_' + number)) {
        number++;
      }
      into.put(key + '_' + number, before);
    }
  }

  /** The metadata of the event, or null if there is none. */
  @Nullable Map<String, @Nullable Object> result() {
    for (String key : List.of(Reserved.INVALID, Reserved.TRUNCATED, Reserved.USAGE)) {
      // One order, so that an event that is read and written again is the same bytes.
      Object value = all.remove(key);
      if (value != null) {
        all.put(key, value);
      }
    }
    return all.isEmpty() && !given ? null : Collections.unmodifiableMap(all);
  }
}
