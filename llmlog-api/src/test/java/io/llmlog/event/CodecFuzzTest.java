package io.llmlog.event;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CodecFuzzTest {
  private static final EventEncoder ENCODER =
      new EventEncoder(EventEncoder.Stamp.NONE, true, EventEncoder.MAX_MAX_BYTES);
  private static final ObjectMapper JACKSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          .build();

  private static LlmEvent decode(byte[] json) throws MalformedMessageException {
    return EventDecoder.decode(json, new UUID(1, 2), Instant.EPOCH);
  }

  @Test
  void whatIsWritten_isWhatJacksonReads() throws Exception {
    Random random = new Random(42);
    for (int i = 0; i < 5_000; i++) {
      LlmEvent event = RandomEvents.next(random, 3_000);
      byte[] json = ENCODER.encode(event);
      UTF_8.newDecoder().decode(ByteBuffer.wrap(json));
      JsonNode read = JACKSON.readTree(json);
      int members = 0;
      for (Column column : Column.values()) {
        if (event.has(column)) {
          members++;
          assertSame(event.value(column), read.get(column.key()), column.key());
        }
      }
      assertEquals(members + (event.has(Column.ACTION) ? 0 : 1), read.size());
    }
  }

  private static void assertSame(@Nullable Object value, JsonNode json, String at) {
    if (value instanceof Map<?, ?> map) {
      assertEquals(map.size(), json.size(), at);
      map.forEach(
          (key, member) ->
              assertSame(member, json.get(TextLimits.clean((String) key)), at + '.' + key));
    } else if (value instanceof List<?> list) {
      assertEquals(list.size(), json.size(), at);
      for (int i = 0; i < list.size(); i++) {
        assertSame(list.get(i), json.get(i), at + '.' + i);
      }
    } else if (value == null || (value instanceof Double number && !Double.isFinite(number))) {
      assertTrue(json.isNull(), at);
    } else if (value instanceof Number number) {
      assertTrue(json.isNumber(), at);
      assertEquals(0, new BigDecimal(number.toString()).compareTo(json.decimalValue()), at);
    } else if (value instanceof Boolean) {
      assertEquals(value, json.booleanValue(), at);
    } else if (value instanceof Instant time) {
      assertEquals(time, Instant.parse(json.textValue()), at);
    } else {
      assertEquals(TextLimits.clean(value.toString()), json.textValue(), at);
    }
  }

  @Test
  void reading_isStable() throws Exception {
    Random random = new Random(43);
    for (int i = 0; i < 5_000; i++) {
      LlmEvent once = decode(ENCODER.encode(RandomEvents.next(random, 3_000)));
      assertStable(once);
    }
  }

  private static void assertStable(LlmEvent once) throws MalformedMessageException {
    byte[] json = ENCODER.encode(once);
    LlmEvent twice = decode(json);
    for (Column column : Column.values()) {
      assertEquals(once.value(column), twice.value(column), column.key());
    }
    assertArrayEquals(json, ENCODER.encode(twice));
  }

  @Test
  void mutatedMessages_becomeStableEventsOrAreMalformed() {
    Random random = new Random(44);
    String[] bits = {
      "NaN",
      "-",
      "1e999999999",
      "1e-999999999",
      "0e99",
      "1e25",
      "-0",
      "-0.0",
      "1.50",
      "null",
      "{}",
      "[[",
      "]",
      "}",
      ",",
      "\"usage\":",
      "\"truncated\":",
      "\"invalid\":",
      "\"metadata\":",
      "\"created_at\":",
      "\"id\":1,",
      "\\u0000",
      "\\ud800",
      "\"99999-01-01T00:00:00Z\"",
      "\u0000",
      "\u00ff",
      "\u00ed\u00a0\u0080",
      "12345678901234567890.5e-3"
    };
    String[] values = {
      "NaN",
      "-Infinity",
      "1e999999999",
      "1e-999999999",
      "0e99",
      "1e25",
      "-0",
      "-0.0",
      "1.50",
      "null",
      "{}",
      "[]",
      "true",
      "\"\"",
      "\"NaN\"",
      "\" 1e3 \"",
      "\"99999-01-01T00:00:00Z\"",
      "\"2023-11-16\"",
      "\"\\ud800\\u0000\"",
      "{\"usage\":5,\"\\ud800\":[1e3,{}]}",
      "12345678901234567890.5e-3",
      "\"" + "é".repeat(250) + "\"",
      "9".repeat(1_001),
      "1,\"usage\":{\"images\":\"1e1\",\"x\":1}",
      "1,\"truncated\":{\"model\":7,\"x\":-1}",
      "1,\"invalid\":{\"metadata\":{\"usage\":7}}",
      "1,\"invalid\":[1],\"metadata\":\"text\"",
      "1,\"id\":1,\"id_2\":null"
    };
    List<byte[]> seeds = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      seeds.add(ENCODER.encode(RandomEvents.next(random, 50)));
    }
    seeds.add(
        "{\"metadata\":{\"usage\":{\"images\":\"1\"},\"truncated\":{\"a\":1},\"invalid\":{}}}"
            .getBytes(UTF_8));
    int events = 0;
    for (int i = 0; i < 40_000; i++) {
      byte[] json = seeds.get(random.nextInt(seeds.size())).clone();
      for (int k = random.nextInt(3); k >= 0; k--) {
        int at = random.nextInt(json.length);
        byte[] bit = bits[random.nextInt(bits.length)].getBytes(ISO_8859_1);
        byte[] value = values[random.nextInt(values.length)].getBytes(UTF_8);
        json =
            switch (random.nextInt(10)) {
              case 0 -> Arrays.copyOf(json, Math.max(1, at));
              case 1 -> {
                json[at] = (byte) random.nextInt();
                yield json;
              }
              case 2 -> splice(json, at, at, bit);
              default -> replaceValue(json, at, value);
            };
      }
      try {
        LlmEvent event = decode(json);
        events++;
        assertStable(event);
      } catch (MalformedMessageException e) {
        assertTrue(String.valueOf(e.getMessage()).length() < 100, e.getMessage());
      } catch (RuntimeException e) {
        throw new AssertionError(new String(json, UTF_8), e);
      }
    }
    assertTrue(events > 8_000, "events: " + events);
  }

  /** Puts the bit in place of what stands between a colon and the next comma. */
  static byte[] replaceValue(byte[] json, int from, byte[] bit) {
    int colon = from;
    while (colon < json.length && json[colon] != ':') {
      colon++;
    }
    int comma = colon;
    while (comma < json.length && json[comma] != ',' && json[comma] != '}') {
      comma++;
    }
    return colon < json.length ? splice(json, colon + 1, comma, bit) : json;
  }

  static byte[] splice(byte[] json, int from, int to, byte[] bit) {
    byte[] spliced = new byte[from + bit.length + json.length - to];
    System.arraycopy(json, 0, spliced, 0, from);
    System.arraycopy(bit, 0, spliced, from, bit.length);
    System.arraycopy(json, to, spliced, from + bit.length, json.length - to);
    return spliced;
  }

  @Test
  void whatMovesBeyondTheDeepestLevel_isKeptAsText() throws Exception {
    for (String json :
        List.of(
            "{\"x\":" + "[".repeat(999) + "1" + "]".repeat(999) + "}",
            "{\"metadata\":" + "[".repeat(999) + "1" + "]".repeat(999) + "}",
            "{\"metadata\":{\"usage\":" + "[".repeat(998) + "1" + "]".repeat(998) + "}}",
            "{\"model\":" + "{\"a\":".repeat(999) + "1" + "}".repeat(999) + "}",
            "{\"request\":" + "[".repeat(999) + "1" + "]".repeat(999) + "}")) {
      assertStable(decode(json.getBytes(UTF_8)));
    }
    LlmEvent event =
        decode(("{\"x\":" + "[".repeat(999) + "1" + "]".repeat(999) + "}").getBytes(UTF_8));
    assertTrue(new String(ENCODER.encode(event), UTF_8).contains("[\"[1]\"]"));
  }
}
