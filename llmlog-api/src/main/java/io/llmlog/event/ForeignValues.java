package io.llmlog.event;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import java.io.IOException;
import java.io.StringWriter;
import java.time.temporal.TemporalAccessor;
import java.time.temporal.TemporalAmount;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Records, beans, objects of an SDK and Jackson's own trees as JSON, by way of Jackson.
 *
 * <p>A class of its own, so that Jackson is loaded when the first such value is logged, and not
 * before.
 */
final class ForeignValues {
  private static final int MAX_CHARS = JsonReader.MAX_MESSAGE_BYTES;

  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          // Read back as null; as text they would pass for content.
          .disable(JsonWriteFeature.WRITE_NAN_AS_STRINGS)
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .addModule(
              new SimpleModule()
                  .addSerializer(TemporalAccessor.class, new ToStringSerializer())
                  .addSerializer(TemporalAmount.class, new ToStringSerializer())
                  .addSerializer(Optional.class, new OptionalSerializer()))
          .build();

  private ForeignValues() {}

  /** The value as JSON in maps and lists; its {@code toString()} where Jackson cannot write it. */
  static @Nullable Object of(Object value) {
    BoundedWriter json = new BoundedWriter();
    try {
      MAPPER.writeValue(json, value);
      try (JsonParser parser = JsonReader.parser(json.toString())) {
        parser.nextToken();
        return JsonReader.value(parser);
      }
    } catch (IOException | RuntimeException | StackOverflowError e) {
      // What has no end as JSON has none as text either.
      return json.full ? "[longer than 16 MiB]" : String.valueOf(value);
    }
  }

  private static final class OptionalSerializer extends JsonSerializer<Object> {
    @Override
    public void serialize(Object value, JsonGenerator json, SerializerProvider serializers)
        throws IOException {
      serializers.defaultSerializeValue(((Optional<?>) value).orElse(null), json);
    }
  }

  /** Ends a structure that is endless, or grows without bound because its parts are shared. */
  private static final class BoundedWriter extends StringWriter {
    private boolean full;

    @Override
    public void write(char[] chars, int offset, int length) {
      check(length);
      super.write(chars, offset, length);
    }

    @Override
    public void write(String text) {
      check(text.length());
      super.write(text);
    }

    @Override
    public void write(String text, int offset, int length) {
      check(length);
      super.write(text, offset, length);
    }

    private void check(int more) {
      if (getBuffer().length() + more > MAX_CHARS) {
        full = true;
        throw new IllegalStateException("longer than 16 MiB");
      }
    }
  }
}
