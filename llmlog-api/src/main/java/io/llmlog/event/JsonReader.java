package io.llmlog.event;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads JSON into maps, lists, clean strings, exact numbers, booleans and nulls.
 *
 * <p>Strict, but for NaN and Infinity, which are null, and for duplicate keys, of which the last
 * one wins.
 */
final class JsonReader {
  static final int MAX_MESSAGE_BYTES = 16 << 20;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          // Keys come from outside: interned, they would stay for ever.
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.FAIL_ON_SYMBOL_HASH_OVERFLOW)
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(ValueWriter.MAX_LEVELS)
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNumberLength(Integer.MAX_VALUE)
                  .maxNameLength(Integer.MAX_VALUE)
                  .build())
          .build();

  private JsonReader() {}

  static JsonParser parser(String json) throws IOException {
    return FACTORY.createParser(json.toCharArray());
  }

  /** The value whose first token is the current one. */
  static @Nullable Object value(JsonParser parser) throws IOException {
    JsonToken token = parser.currentToken();
    if (token == null) {
      return null;
    }
    return switch (token) {
      case START_OBJECT -> object(parser);
      case START_ARRAY -> array(parser);
      case VALUE_STRING -> TextLimits.clean(parser.getText());
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> {
        RawNumber number = number(parser);
        yield number == null ? null : number.value();
      }
      default -> null;
    };
  }

  private static Map<String, @Nullable Object> object(JsonParser parser) throws IOException {
    Map<String, @Nullable Object> object = new LinkedHashMap<>();
    for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
      parser.nextToken();
      object.put(TextLimits.clean(name), value(parser));
    }
    return object;
  }

  private static List<@Nullable Object> array(JsonParser parser) throws IOException {
    List<@Nullable Object> array = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      array.add(value(parser));
    }
    return array;
  }

  /** The number at the current token, or null for NaN and Infinity. */
  static @Nullable RawNumber number(JsonParser parser) throws IOException {
    if (parser.currentToken() == JsonToken.VALUE_NUMBER_INT && parser.getTextLength() <= 18) {
      long value = parser.getLongValue();
      return new RawNumber(value, value == 0 ? parser.getText() : null);
    }
    String text = parser.getText();
    char last = text.charAt(text.length() - 1);
    return last >= '0' && last <= '9' ? new RawNumber(0, text) : null;
  }

  /**
   * A number as it was written.
   *
   * @param integer the value, where there is no text
   * @param text how it was written, where {@code integer} does not tell
   */
  record RawNumber(long integer, @Nullable String text) {
    /** How it was written, to the letter. */
    @Override
    public String toString() {
      return text == null ? Long.toString(integer) : text;
    }

    Object value() {
      return text == null ? (Object) integer : NumberText.jsonValue(text);
    }
  }
}
