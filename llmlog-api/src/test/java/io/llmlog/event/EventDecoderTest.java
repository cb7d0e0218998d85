package io.llmlog.event;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventDecoderTest {
  private static final UUID IDENTITY = UUID.fromString("0190a5b2-0000-8000-8000-000000000001");
  private static final Instant CLAIMED = Instant.parse("2026-05-04T03:02:01.123456789Z");
  private static final Instant CLAIMED_MICROS = Instant.parse("2026-05-04T03:02:01.123456Z");

  private static LlmEvent decode(String json) {
    return decode(json.getBytes(UTF_8));
  }

  private static LlmEvent decode(byte[] json) {
    try {
      return EventDecoder.decode(json, IDENTITY, CLAIMED);
    } catch (MalformedMessageException e) {
      throw new AssertionError("every JSON object is an event: " + e.getMessage(), e);
    }
  }

  private static String reason(byte[] message) {
    return String.valueOf(
        assertThrows(
                MalformedMessageException.class,
                () -> EventDecoder.decode(message, IDENTITY, CLAIMED))
            .getMessage());
  }

  private static String reason(String message) {
    return reason(message.getBytes(UTF_8));
  }

  private static @Nullable Object invalid(LlmEvent event, String key) {
    return event.metadata().get("invalid") instanceof Map<?, ?> map ? map.get(key) : null;
  }

  private static @Nullable Object truncated(LlmEvent event, String key) {
    return event.metadata().get("truncated") instanceof Map<?, ?> map ? map.get(key) : null;
  }

  @Test
  void emptyObject_isAnUnknownActionAtTheTimeOfTheClaim() {
    LlmEvent event = decode("{}");
    assertEquals(IDENTITY, event.eventId());
    assertEquals(CLAIMED_MICROS, event.createdAt());
    assertEquals("unknown", event.value(Column.ACTION));
    assertFalse(event.has(Column.METADATA));
    for (Column column : Column.values()) {
      boolean filled = List.of(Column.CREATED_AT, Column.EVENT_ID, Column.ACTION).contains(column);
      assertEquals(filled, event.has(column), column.key());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"request\":%s,\"action\":\"a\",\"response\":{\"a\":[1,{}]}}",
        "{\"response\":\"\\ud800\",\"request\":1e99999,\"other\":%s}",
        "{\"request\":{\"\\ud800\":[\"x\"]},\"tokens_input\":7}",
        "{\"request\":[1,}",
        "{\"request\":\"a\tb\"}",
        "{\"request\":{\"a\" 1}}",
        "{\"request\":tru}",
        "{\"request\":[1"
      })
  void withoutContent_aMessageIsReadAlikeButForItsContent(String template) throws Exception {
    for (String value : List.of("null", "[".repeat(999) + "]".repeat(999), "[".repeat(1000))) {
      byte[] json = template.replace("%s", value).getBytes(UTF_8);
      BatchDecoder decoder = new BatchDecoder(false);
      LlmEvent expected;
      try {
        expected = EventDecoder.decode(json, IDENTITY, CLAIMED);
      } catch (MalformedMessageException e) {
        MalformedMessageException same =
            assertThrows(
                MalformedMessageException.class, () -> decoder.next(json, IDENTITY, CLAIMED));
        assertEquals(e.getMessage(), same.getMessage());
        continue;
      }
      LlmEvent event = decoder.next(json, IDENTITY, CLAIMED);
      assertFalse(event.has(Column.REQUEST) || event.has(Column.RESPONSE));
      assertEquals(expected.toString(), event.toString());
    }
  }

  @Test
  void everyColumn_isReadFromItsKey() {
    for (Column column : Column.values()) {
      String json =
          switch (column.type()) {
            case TEXT -> "\"text\"";
            case INTEGER -> "42";
            case DECIMAL -> "0.5";
            case BOOLEAN -> "true";
            case TIME -> "\"2023-11-16T18:17:03.979960Z\"";
            case UUID -> "\"01234567-89ab-7def-8123-456789abcdef\"";
            case JSON -> "{\"a\":[1,\"b\",null]}";
          };
      Object expected =
          switch (column.type()) {
            case TEXT -> "text";
            case INTEGER -> 42L;
            case DECIMAL -> new BigDecimal("0.5");
            case BOOLEAN -> true;
            case TIME -> Instant.parse("2023-11-16T18:17:03.979960Z");
            case UUID -> UUID.fromString("01234567-89ab-7def-8123-456789abcdef");
            case JSON -> Map.of("a", Arrays.asList(1L, "b", null));
          };
      LlmEvent event = decode("{\"" + column.key() + "\":" + json + "}");
      assertEquals(expected, event.value(column), column.key());
      assertNull(event.metadata().get("invalid"), column.key());
    }
  }

  @Test
  void null_meansAbsentForEveryKey() {
    for (Column column : Column.values()) {
      assertEquals(decode("{}").toString(), decode("{\"" + column.key() + "\":null}").toString());
    }
    assertEquals(decode("{}").toString(), decode("{\"other\":null}").toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"7", "1.0", "1e3", "-5", "-0", "9223372036854775807", "-9223372036854775808"})
  void numbersOfAnyForm_areIntegers(String number) {
    long expected = new BigDecimal(number).longValueExact();
    assertEquals(expected, decode("{\"user_id\":" + number + "}").integer(Column.USER_ID));
    assertEquals(expected, decode("{\"user_id\":\"" + number + "\"}").integer(Column.USER_ID));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1.5",
        "9223372036854775808",
        "-9223372036854775809",
        "1e19",
        "1e999999999",
        "1e-999999999",
        "1e99999999999999999999",
        "true",
        "\"\"",
        "\"abc\"",
        "\"1,5\"",
        "\"٣\"",
        "\"0x10\"",
        "[1]",
        "{\"a\":1}",
        "\"1e999999999\""
      })
  void whatIsNoInteger_isKeptInInvalid(String json) {
    for (Column column : Column.values()) {
      if (column.type() == Column.Type.INTEGER) {
        LlmEvent event =
            assertTimeoutPreemptively(
                Duration.ofSeconds(10), () -> decode("{\"" + column.key() + "\":" + json + "}"));
        assertFalse(event.has(column), column.key());
        assertEquals(
            decode("{\"x\":" + json + "}").metadata().get("x"), invalid(event, column.key()));
      }
    }
  }

  @Test
  void numbersInInvalid_areExact_andTextWhereJsonbCannotHoldThem() {
    String digits = "7".repeat(300);
    assertEquals(
        new BigInteger(digits), invalid(decode("{\"user_id\":" + digits + "}"), "user_id"));
    assertEquals("1e999999999", invalid(decode("{\"user_id\":1e999999999}"), "user_id"));
    assertEquals(new BigDecimal("1.5"), invalid(decode("{\"user_id\":1.5}"), "user_id"));
    assertEquals(new BigDecimal("1e131071"), decode("{\"x\":1e131071}").metadata().get("x"));
    assertEquals("1e131072", decode("{\"x\":1e131072}").metadata().get("x"));
    assertEquals(new BigDecimal("1e-16383"), decode("{\"x\":1e-16383}").metadata().get("x"));
    assertEquals("1e-16384", decode("{\"x\":1e-16384}").metadata().get("x"));
    String long1001 = "1".repeat(1_001);
    assertEquals(long1001, decode("{\"x\":" + long1001 + "}").metadata().get("x"));
    assertEquals(
        new BigInteger("1".repeat(1_000)),
        decode("{\"x\":" + "1".repeat(1_000) + "}").metadata().get("x"));
  }

  @ParameterizedTest
  @CsvSource({
    "42,42",
    "-0,-0",
    "0,0",
    "1.50,1.50",
    "1E3,1E3",
    "true,true",
    "false,false",
    "123456789012345678901234567890,123456789012345678901234567890"
  })
  void numberOrBooleanForText_isItsJsonText(String json, String expected) {
    for (Column column : Column.values()) {
      if (column.type() == Column.Type.TEXT) {
        assertEquals(expected, decode("{\"" + column.key() + "\":" + json + "}").text(column));
      }
    }
  }

  @Test
  void objectForText_isKeptInInvalid() {
    for (Column column : Column.values()) {
      if (column.type() == Column.Type.TEXT) {
        LlmEvent event = decode("{\"" + column.key() + "\":{\"a\":[1]}}");
        assertEquals(column == Column.ACTION ? "unknown" : null, event.text(column));
        assertEquals(Map.of("a", List.of(1L)), invalid(event, column.key()));
        assertEquals(
            List.of("x"), invalid(decode("{\"" + column.key() + "\":[\"x\"]}"), column.key()));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "true,true",
    "false,false",
    "1,true",
    "0,false",
    "1.0,true",
    "'\"true\"',true",
    "'\"FALSE\"',false",
    "'\"True\"',true",
    "'\"1\"',true",
    "'\"0\"',false"
  })
  void streaming_isReadInManyForms(String json, boolean expected) {
    assertEquals(expected, decode("{\"streaming\":" + json + "}").value(Column.STREAMING));
  }

  @ParameterizedTest
  @ValueSource(strings = {"2", "\"yes\"", "\"\"", "[]", "0.5", "-1"})
  void otherStreaming_isKeptInInvalid(String json) {
    LlmEvent event = decode("{\"streaming\":" + json + "}");
    assertFalse(event.has(Column.STREAMING));
    assertFalse(event.streaming());
    assertEquals(decode("{\"x\":" + json + "}").metadata().get("x"), invalid(event, "streaming"));
  }

  @ParameterizedTest
  @CsvSource({
    "0.000208,0.000208",
    "0.10,0.10",
    "1e3,1000",
    "1e-7,1E-7",
    "0.0000000000005,0E-12",
    "0.0000000000015,0.000000000002",
    "0.0000000000025,0.000000000002",
    "0.00000000000250000000000000001,0.000000000003",
    "0.00000000000051,0.000000000001",
    "1e-999999999,0",
    "0e999999999,0",
    "-1.5,-1.5",
    "999999.999999999999,999999.999999999999",
    "'\"0.25\"',0.25",
    "'\" 2.5e-1 \"',0.25"
  })
  void cost_isRoundedHalfEvenAtTwelveDecimals(String json, BigDecimal expected) {
    assertEquals(expected, decode("{\"cost_usd\":" + json + "}").costUsd());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"1e6", "-1000000", "999999.9999999999995", "1e999999999", "\"a lot\"", "true"})
  void costOutOfRange_isKeptInInvalid(String json) {
    LlmEvent event = decode("{\"cost_usd\":" + json + "}");
    assertNull(event.costUsd());
    assertEquals(decode("{\"x\":" + json + "}").metadata().get("x"), invalid(event, "cost_usd"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "NaN",
        "Infinity",
        "-Infinity",
        "\"NaN\"",
        "\"Infinity\"",
        "\"-Infinity\"",
        "\"nan\"",
        "\"-inf\""
      })
  void notANumber_isNullWithoutNote(String json) {
    for (Column column : Column.values()) {
      if (column.type() == Column.Type.INTEGER || column.type() == Column.Type.DECIMAL) {
        LlmEvent event = decode("{\"" + column.key() + "\":" + json + "}");
        assertFalse(event.has(column));
        assertFalse(event.has(Column.METADATA));
      }
    }
  }

  @Test
  void bareNotANumber_isNullEverywhere() {
    LlmEvent event =
        decode(
            "{\"model\":NaN,\"streaming\":NaN,\"created_at\":Infinity,\"metadata\":{\"a\":-Infinity}}");
    assertFalse(event.has(Column.MODEL));
    assertFalse(event.has(Column.STREAMING));
    assertTrue(event.metadata().containsKey("a"));
    assertNull(event.metadata().get("a"));
    assertNull(event.metadata().get("invalid"));
  }

  @Test
  void unreadableTime_countsAsAbsent() {
    for (String json :
        List.of("\"yesterday\"", "\"99999-01-01T00:00:00Z\"", "1700158623", "{}", "\"\"")) {
      LlmEvent event = decode("{\"created_at\":" + json + "}");
      assertEquals(CLAIMED_MICROS, event.createdAt());
      assertEquals(
          decode("{\"x\":" + json + "}").metadata().get("x"), invalid(event, "created_at"));
    }
  }

  @Test
  void eventId_isReadWithAndWithoutHyphensInAnyCase() {
    UUID id = UUID.fromString("0190a5b2-9f3c-7abc-8def-0123456789ab");
    for (String text :
        List.of(
            id.toString(),
            id.toString().toUpperCase(java.util.Locale.ROOT),
            id.toString().replace("-", ""))) {
      assertEquals(id, decode("{\"event_id\":\"" + text + "\"}").eventId());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"1-2-3-4-5\"",
        "\"{0190a5b2-9f3c-7abc-8def-0123456789ab}\"",
        "\"0190a5b2-9f3c-7abc-8def-0123456789a\"",
        "\"0190a5b29f3c-7abc-8def-0123456789abcd\"",
        "\"0190a5b2-9f3c-7abc-8def-0123456789ag\"",
        "17",
        "\"\"",
        "\"٠190a5b2-9f3c-7abc-8def-0123456789ab\""
      })
  void unreadableEventId_countsAsAbsent(String json) {
    LlmEvent event = decode("{\"event_id\":" + json + "}");
    assertEquals(IDENTITY, event.eventId());
    assertEquals(CLAIMED_MICROS, event.createdAt());
    assertEquals(decode("{\"x\":" + json + "}").metadata().get("x"), invalid(event, "event_id"));
  }

  @Test
  void eventIdWithoutTime_bringsItsOwnIfItIsOfVersion7() {
    UUID v7 = new UUID(1_700_158_623_979L << 16 | 0x7abc, 0x8def_0123_4567_89abL);
    assertEquals(
        Instant.ofEpochMilli(1_700_158_623_979L),
        decode("{\"event_id\":\"" + v7 + "\"}").createdAt());
    String v4 = "0190a5b2-9f3c-4abc-8def-0123456789ab";
    assertEquals(CLAIMED_MICROS, decode("{\"event_id\":\"" + v4 + "\"}").createdAt());
    String year10889 = "ffffffff-ffff-7abc-8def-0123456789ab";
    assertEquals(CLAIMED_MICROS, decode("{\"event_id\":\"" + year10889 + "\"}").createdAt());
    assertEquals(
        Instant.parse("2020-01-01T00:00:00Z"),
        decode("{\"event_id\":\"" + v7 + "\",\"created_at\":\"2020-01-01\"}").createdAt());
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"\"", "null", "[]"})
  void noAction_isUnknown(String json) {
    assertEquals("unknown", decode("{\"action\":" + json + "}").value(Column.ACTION));
  }

  @Test
  void metadataThatIsNoObject_isKeptInInvalid() {
    assertEquals("free text", invalid(decode("{\"metadata\":\"free text\"}"), "metadata"));
    assertEquals(List.of(1L), invalid(decode("{\"metadata\":[1]}"), "metadata"));
    assertEquals(5L, invalid(decode("{\"metadata\":5}"), "metadata"));
    assertEquals(false, invalid(decode("{\"metadata\":false}"), "metadata"));
    assertEquals(Map.of(), decode("{\"metadata\":{}}").value(Column.METADATA));
  }

  @Test
  void lastOfDuplicateKeys_wins() {
    assertEquals("b", decode("{\"model\":\"a\",\"model\":\"b\"}").model());
    LlmEvent event = decode("{\"user_id\":\"abc\",\"user_id\":5,\"x\":1,\"x\":2}");
    assertEquals(5, event.integer(Column.USER_ID));
    assertEquals(Map.of("x", 2L), event.metadata());
    assertEquals(
        Map.of(), decode("{\"model\":\"a\",\"model\":null,\"x\":1,\"x\":null}").metadata());
    assertNull(decode("{\"model\":\"a\",\"model\":null}").model());
    assertEquals(Map.of("a", 2L), decode("{\"metadata\":{\"a\":1,\"a\":2}}").metadata());
  }

  @Test
  void otherKeys_areKeptInMetadata_butOverwriteNothing() {
    LlmEvent event =
        decode(
            "{\"id\":9,\"Model\":\"m\",\"tag\":\"top\",\"metadata\":{\"tag\":\"own\",\"n\":null},\"n\":1}");
    assertEquals(9L, event.metadata().get("id"));
    assertEquals("m", event.metadata().get("Model"));
    assertEquals("own", event.metadata().get("tag"));
    assertNull(event.metadata().get("n"));
    assertEquals(Map.of("tag", "top", "n", 1L), event.metadata().get("invalid"));
  }

  @Test
  void textLongerThanItsColumn_isCutAtACodePoint() {
    for (Column column : Column.values()) {
      int max = column.maxCodePoints();
      if (max > 0) {
        String exact = "😀".repeat(max);
        LlmEvent fits = decode("{\"" + column.key() + "\":\"" + exact + "\"}");
        assertEquals(exact, fits.text(column));
        assertFalse(fits.has(Column.METADATA));
        LlmEvent cut = decode("{\"" + column.key() + "\":\"" + exact + "é\"}");
        assertEquals(exact, cut.text(column));
        assertEquals((long) max + 1, truncated(cut, column.key()));
      }
    }
    assertEquals(201L, truncated(decode("{\"model\":" + "1".repeat(201) + "}"), "model"));
  }

  @Test
  void textWithoutWidth_isNeverCut() {
    String text = "x".repeat(2_000_000);
    assertEquals(text, decode("{\"message\":\"" + text + "\"}").text(Column.MESSAGE));
  }

  @Test
  void longerLengthNotedByTheWriter_isKept() {
    String text = "x".repeat(300);
    String json = "{\"model\":\"" + text + "\",\"metadata\":{\"truncated\":{\"model\":%d}}}";
    assertEquals(5_000L, truncated(decode(json.formatted(5_000)), "model"));
    assertEquals(300L, truncated(decode(json.formatted(250)), "model"));
  }

  @Test
  void nulAndLoneSurrogates_becomeReplacementCharacters() {
    LlmEvent event =
        decode(
            "{\"message\":\"a\\u0000b\\ud800c\\udc00\\ud83d\\ude00\",\"k\\u0000\":[\"\\\\ud800\\udfff\"],"
                + "\"metadata\":{\"\\ud800\":{\"\\u0000\":\"\\u0000\"}}}");
    assertEquals("a\uFFFDb\uFFFDc\uFFFD😀", event.text(Column.MESSAGE));
    assertEquals(List.of("\\ud800\uFFFD"), event.metadata().get("k\uFFFD"));
    assertEquals(Map.of("\uFFFD", "\uFFFD"), event.metadata().get("\uFFFD"));
  }

  @Test
  void surrogatesInRawBytes_areReadAsWhatTheyAre() {
    byte[] lone = "{\"message\":\"a\u00ed\u00a0\u0080b\"}".getBytes(ISO_8859_1);
    assertEquals("a\uFFFDb", decode(lone).text(Column.MESSAGE));
    byte[] pair =
        "{\"\u00ed\u00a0\u00bd\u00ed\u00b8\u0080\":\"\u00ef\u00bf\u00bd\",\"\u00ed\u00a0\u0080\":1}"
            .getBytes(ISO_8859_1);
    assertEquals(Map.of("😀", "\uFFFD", "\uFFFD", 1L), decode(pair).metadata());
  }

  @Test
  void everyOtherCharacter_isKept() {
    StringBuilder text = new StringBuilder();
    for (int c = 1; c <= Character.MAX_CODE_POINT; c += c < 0x3000 ? 1 : 97) {
      if (!(c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE)) {
        text.appendCodePoint(c);
      }
    }
    LlmEvent event = LlmEvent.builder("a").message(text.toString()).build();
    byte[] json =
        new EventEncoder(EventEncoder.Stamp.NONE, false, EventEncoder.MAX_MAX_BYTES).encode(event);
    assertEquals(text.toString(), decode(json).text(Column.MESSAGE));
  }

  @Test
  void tokensUsed_isTheProducersElseTheSum() {
    assertEquals(
        9,
        decode("{\"tokens_used\":9,\"tokens_input\":1,\"tokens_output\":2}")
            .integer(Column.TOKENS_USED));
    assertEquals(3, decode("{\"tokens_input\":1,\"tokens_output\":2}").integer(Column.TOKENS_USED));
    assertFalse(decode("{\"tokens_input\":1}").has(Column.TOKENS_USED));
    assertFalse(
        decode("{\"tokens_input\":9223372036854775807,\"tokens_output\":1}")
            .has(Column.TOKENS_USED));
  }

  @Test
  void requestAndResponse_areAnyJson() {
    LlmEvent event = decode("{\"request\":5,\"response\":[\"a\",{\"b\":true}]}");
    assertEquals(5L, event.value(Column.REQUEST));
    assertEquals(List.of("a", Map.of("b", true)), event.value(Column.RESPONSE));
    assertEquals("text", decode("{\"request\":\"text\"}").value(Column.REQUEST));
    assertEquals(false, decode("{\"request\":false}").value(Column.REQUEST));
  }

  @Test
  void whatIsNoObject_isMalformed_andTheReasonSaysWhy() {
    assertEquals("empty", reason(""));
    assertEquals("empty", reason(" \n"));
    assertEquals("no JSON object but an array", reason("[{}]"));
    assertEquals("no JSON object but a string", reason("\"secret\""));
    assertEquals("no JSON object but a number", reason("5"));
    assertEquals("no JSON object but null", reason("null"));
    assertEquals("no JSON object but true", reason("true"));
    assertEquals("more text after the JSON object, at byte 2", reason("{} {}"));
    assertTrue(reason("{}]").startsWith("no valid JSON at byte"));
    assertTrue(reason("{\"a\":\"secret").startsWith("ends before the JSON object does, at byte"));
    assertTrue(reason("secret").startsWith("no valid JSON at byte"));
    assertFalse(reason("{\"a\":secret}").contains("secret"));
    assertTrue(reason("{'a':1}").startsWith("no valid JSON at byte"));
    assertTrue(reason("{\"a\":1,}").startsWith("no valid JSON at byte"));
    assertTrue(reason("{\"a\":01}").startsWith("no valid JSON at byte"));
    assertTrue(reason("{\"a\":\"\u0000\"}").startsWith("no valid JSON at byte"));
    assertTrue(reason("{\"a\":1}//").contains("at byte"));
  }

  @Test
  void otherEncodings_areMalformed() {
    assertTrue(
        reason("{\"a\":\"\u00e9\"}".getBytes(ISO_8859_1)).startsWith("invalid UTF-8 at byte"));
    assertEquals("invalid UTF-8 at byte 0", reason("{}".getBytes(UTF_16)));
    assertEquals("no valid JSON at byte 2", reason("{}".getBytes(UTF_16LE)));
    assertEquals("invalid UTF-8 at byte 2", reason("{\"\u00c0\u0080\":1}".getBytes(ISO_8859_1)));
    assertEquals(
        "invalid UTF-8 at byte 2", reason("{\"\u00f4\u0090\u0080\u0080\":1}".getBytes(ISO_8859_1)));
    assertEquals("invalid UTF-8 at byte 3", reason("{}\n\u00e2\u0082".getBytes(ISO_8859_1)));
    assertEquals("m", decode("\uFEFF{\"model\":\"m\"}").model());
  }

  @Test
  void depth_isLimitedToAThousandLevels() {
    String key = "{\"metadata\":";
    LlmEvent event = decode(key + "{\"a\":" + "[".repeat(998) + "]".repeat(998) + "}}");
    assertTrue(event.metadata().get("a") instanceof List);
    assertTrue(
        reason(key + "[".repeat(1_000) + "]".repeat(1_000) + "}")
            .startsWith("nested deeper than 1,000 levels"));
    assertTrue(
        reason("{\"a\":" + "[".repeat(9_999) + "]".repeat(9_999) + "}")
            .startsWith("nested deeper than 1,000 levels"));
  }

  @Test
  void size_isLimitedTo16MiB() {
    byte[] message = new byte[(16 << 20) + 1];
    Arrays.fill(message, (byte) ' ');
    message[0] = '{';
    message[1] = '}';
    assertEquals("longer than 16 MiB: 16,777,217 bytes", reason(message));
    decode(Arrays.copyOf(message, 16 << 20));
  }

  @Test
  void hugeMessages_areReadInSeconds() {
    int size = (16 << 20) - 100;
    assertTimeoutPreemptively(
        Duration.ofSeconds(60),
        () -> {
          String digits = "9".repeat(size);
          assertEquals(digits, invalid(decode("{\"user_id\":" + digits + "}"), "user_id"));
          assertEquals(digits, invalid(decode("{\"cost_usd\":\"" + digits + "\"}"), "cost_usd"));
          assertEquals(digits, decode("{\"message\":" + digits + "}").text(Column.MESSAGE));
          assertEquals(digits, decode("{\"x\":" + digits + "}").metadata().get("x"));
          assertEquals("no JSON object but an array", reason("[".repeat(size)));
          assertTrue(reason("{\"a\":" + "[".repeat(size)).startsWith("nested deeper"));
          String key = "k".repeat(size);
          assertEquals(1L, decode("{\"" + key + "\":1}").metadata().get(key));
          assertEquals((long) size, truncated(decode("{\"model\":\"" + key + "\"}"), "model"));
        });
  }
}
