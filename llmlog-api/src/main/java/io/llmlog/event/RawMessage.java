package io.llmlog.event;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import io.llmlog.event.JsonReader.RawNumber;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The members of a message as they were written, before anyone asks whether they fit. */
final class RawMessage {
  private final @Nullable Object[] columns = new @Nullable Object[Column.values().length];
  private final Map<String, Object> others = new LinkedHashMap<>();

  private RawMessage() {}

  /**
   * Reads a message.
   *
   * @param withContent whether request and response are wanted: otherwise they are passed over
   */
  static RawMessage read(byte[] message, boolean withContent) throws MalformedMessageException {
    if (message.length > JsonReader.MAX_MESSAGE_BYTES) {
      throw new MalformedMessageException(
          "longer than 16 MiB: %,d bytes".formatted(message.length));
    }
    String json = Utf8.decode(message);
    // A byte order mark is no JSON, but some writers begin with one.
    String object = json.startsWith("\uFEFF") ? json.substring(1) : json;
    try {
      return parse(object, withContent);
    } catch (IOException e) {
      String mended = TextLimits.cleanEscapes(object);
      if (mended.equals(object)) {
        throw new MalformedMessageException(reason(e, object));
      }
      return readMended(mended, withContent);
    }
  }

  /** The parser takes lone surrogates in values, but not in keys. */
  private static RawMessage readMended(String object, boolean withContent)
      throws MalformedMessageException {
    try {
      return parse(object, withContent);
    } catch (IOException e) {
      throw new MalformedMessageException(reason(e, object));
    }
  }

  private static RawMessage parse(String object, boolean withContent)
      throws IOException, MalformedMessageException {
    try (JsonParser parser = JsonReader.parser(object)) {
      RawMessage raw = new RawMessage();
      raw.read(parser, object, withContent);
      return raw;
    }
  }

  private void read(JsonParser parser, String json, boolean withContent)
      throws IOException, MalformedMessageException {
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
      if (column != null && !column.inRow() && !withContent) {
        parser.skipChildren();
      } else if (column != null) {
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
    JsonLocation end = parser.currentLocation();
    if (parser.nextToken() != null) {
      throw new MalformedMessageException("more text after the JSON object," + at(end, json));
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
  private static String reason(IOException cause, String json) {
    String at = cause instanceof JsonProcessingException e ? at(e.getLocation(), json) : "";
    if (cause instanceof StreamConstraintsException) {
      return "nested deeper than 1,000 levels" + at;
    }
    return (cause instanceof JsonEOFException
            ? "ends before the JSON object does,"
            : "no valid JSON")
        + at;
  }

  private static String at(@Nullable JsonLocation location, String json) {
    if (location == null) {
      return "";
    }
    int end = (int) Math.min(location.getCharOffset(), json.length());
    return " at byte " + json.substring(0, end).getBytes(StandardCharsets.UTF_8).length;
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
