package io.llmlog.event;

import java.lang.reflect.Array;
import java.net.URI;
import java.net.URL;
import java.time.Instant;
import java.time.temporal.TemporalAccessor;
import java.time.temporal.TemporalAmount;
import java.util.AbstractList;
import java.util.Base64;
import java.util.Collection;
import java.util.Date;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which JSON value a Java value is: one step, not into its members.
 *
 * <p>The types of the JDK are known here, so that Jackson is loaded for foreign types alone.
 */
final class PlainValues {
  private PlainValues() {}

  /** Null, or the value as a String, Boolean, Number, Map or Collection. Never throws. */
  static @Nullable Object of(@Nullable Object value) {
    try {
      Object plain = convert(value);
      return plain == null || isPlain(plain) ? plain : foreign(plain);
    } catch (RuntimeException | StackOverflowError e) {
      return unreadable(e);
    }
  }

  static String unreadable(Throwable cause) {
    return "[unreadable: " + cause.getClass().getSimpleName() + "]";
  }

  private static boolean isPlain(@Nullable Object value) {
    return value == null
        || value instanceof String
        || value instanceof Boolean
        || value instanceof Number
        || value instanceof Map
        || value instanceof Collection;
  }

  private static @Nullable Object convert(@Nullable Object value) {
    if (isPlain(value)) {
      return value;
    }
    if (value instanceof Optional<?> optional) {
      return optional.isPresent() ? convert(optional.get()) : null;
    }
    if (value instanceof Enum<?> constant) {
      return constant.name();
    }
    if (value instanceof CharSequence
        || value instanceof Character
        || value instanceof UUID
        || value instanceof TemporalAccessor
        || value instanceof TemporalAmount
        || value instanceof URI
        || value instanceof URL
        || value instanceof Locale
        || value instanceof Throwable) {
      return value.toString();
    }
    if (value instanceof Date date) {
      return text(date);
    }
    if (value instanceof byte[] bytes) {
      return Base64.getEncoder().encodeToString(bytes);
    }
    if (value instanceof char[] chars) {
      return new String(chars);
    }
    if (value instanceof OptionalInt optional) {
      return optional.isPresent() ? optional.getAsInt() : null;
    }
    if (value instanceof OptionalLong optional) {
      return optional.isPresent() ? optional.getAsLong() : null;
    }
    if (value instanceof OptionalDouble optional) {
      return optional.isPresent() ? optional.getAsDouble() : null;
    }
    return value != null && value.getClass().isArray() ? new ArrayView(value) : value;
  }

  @SuppressWarnings("JavaUtilDate") // services log what they have
  private static String text(Date date) {
    return Instant.ofEpochMilli(date.getTime()).toString();
  }

  private static @Nullable Object foreign(Object value) {
    try {
      return ForeignValues.of(value);
    } catch (LinkageError e) {
      // Jackson, or a class that the value needs, is not there or of another version.
      return String.valueOf(value);
    }
  }

  private static final class ArrayView extends AbstractList<@Nullable Object> {
    private final Object array;

    ArrayView(Object array) {
      this.array = array;
    }

    @Override
    public @Nullable Object get(int index) {
      return Array.get(array, index);
    }

    @Override
    public int size() {
      return Array.getLength(array);
    }
  }
}
