package io.llmlog.event;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import io.llmlog.event.JsonReader.RawNumber;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The members of a message as they were written, before anyone asks whether they fit. */
final class RawMessage {
  private final @Nullable Object[] columns = new @Nullable Object[Column.values().length];
  private final Map<String, Object> others = new LinkedHashMap<>();

  private RawMessage() {}

  static RawMessage read(byte[] message) throws MalformedMessageException {
    if (message.length > JsonReader.MAX_MESSAGE_BYTES) {
      throw new MalformedMessageException(
          "longer than 16 MiB: %,d bytes".formatted(message.length));
    }
    rejectOtherEncodings(message);
    try (JsonParser parser = JsonReader.parser(message)) {
      RawMessage raw = new RawMessage();
      raw.read(parser);
      return raw;
    } catch (IOException e) {
      throw new MalformedMessageException(reason(e));
    }
  }

  /** The parser would guess UTF-16 and UTF-32 by their zeros and byte order marks. */
  private static void rejectOtherEncodings(byte[] message) throws MalformedMessageException {
    for (int i = 0; i < Math.min(4, message.length); i++) {
      if (message[i] == 0 || message[i] == (byte) 0xFE || message[i] == (byte) 0xFF) {
        throw new MalformedMessageException(
            "no UTF-8: byte 0x%02X at byte %d".formatted(message[i] & 0xFF, i));
      }
    }
  }

  private void read(JsonParser parser) throws IOException, MalformedMessageException {
    JsonToken first = parser.nextToken();
    if (first == null) {
      throw new MalformedMessageException("empty");
    }
    if (first != JsonToken.START_OBJECT) {
      throw new MalformedMessageException("no JSON object but " + name(first));
    }
    for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
      parser.nextToken();
      String key = TextLimits.clean(name);
      Column column = Column.of(key);
      if (column != null) {
        columns[column.ordinal()] =
            parser.currentToken().isNumeric()
                ? JsonReader.number(parser)
                : JsonReader.value(parser);
      } else {
        Object value = JsonReader.value(parser);
        if (value == null) {
          others.remove(key);
        } else {
          others.put(key, value);
        }
      }
    }
    long end = parser.currentLocation().getByteOffset();
    if (parser.nextToken() != null) {
      throw new MalformedMessageException("more text after the JSON object, at byte " + end);
    }
  }

  private static String name(JsonToken token) {
    return switch (token) {
      case START_ARRAY -> "an array";
      case VALUE_STRING -> "a string";
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> "a number";
      default -> token.asString();
    };
  }

  /** What is wrong and where; the parser's own words quote the message. */
  private static String reason(IOException cause) {
    String at =
        cause instanceof JsonProcessingException e && e.getLocation() != null
            ? " at byte " + e.getLocation().getByteOffset()
            : "";
    if (cause instanceof StreamConstraintsException) {
      return "nested deeper than 1,000 levels" + at;
    }
    if (cause instanceof JsonEOFException) {
      return "ends before the JSON object does," + at;
    }
    String words =
        cause instanceof JsonProcessingException e ? e.getOriginalMessage() : cause.getMessage();
    boolean utf8 = words != null && words.startsWith("Invalid UTF-8");
    return (utf8 ? "invalid UTF-8" : "no valid JSON") + at;
  }

  /** The value of the column's key, a number as a {@link RawNumber}; null where it is absent. */
  @Nullable Object value(Column column) {
    return columns[column.ordinal()];
  }

  @Nullable Object metadata() {
    Object metadata = value(Column.METADATA);
    return metadata == null ? null : plain(metadata);
  }

  /** The values under keys that are no columns; none is null. */
  Map<String, Object> others() {
    return others;
  }

  /** The value as free JSON. */
  static Object plain(Object value) {
    return value instanceof RawNumber number ? number.value() : value;
  }
}
