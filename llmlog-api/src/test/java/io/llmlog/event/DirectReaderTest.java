package io.llmlog.event;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Compares what {@link DirectReader} takes with what {@link EventDecoder} makes of it. */
class DirectReaderTest {
  private static final UUID IDENTITY = UUID.fromString("0190a5b2-0000-8000-8000-000000000001");
  private static final Instant CLAIMED = Instant.parse("2026-05-04T03:02:01.123456Z");
  private static final EventEncoder ENCODER =
      new EventEncoder(EventEncoder.Stamp.NONE, true, EventEncoder.MAX_MAX_BYTES);

  private static final String NUMBERS =
      """
      0 | -0 | 00 | 01 | -1 | -01 | +1 | 1.0 | -1.50 | 0.0 | -0.0 | .5 | 1. | - | --1 | 1e3
      1E+2 | 1e-7 | 1.5e1 | 1_000 | 0x1 | 0.000000000001 | 0.0000000000005 | 0.0000000000015
      0.00000000000000001 | 0.00034085592000000003 | 0.123456789012345678
      0.1234567890123456789 | 1.234567890123456789 | 100000000000000000 | 99999999999999999
      999999.999999999999 | 999999.99999999999 | 1000000 | -1000000 | 999999
      123456789012345678 | 999999999999999999 | -999999999999999999 | 1000000000000000000
      9223372036854775807 | 9223372036854775808 | -9223372036854775808 | -9223372036854775809
      12345678901234567890.5 | NaN | -Infinity | "1" | " 1e3 " | "NaN" | 1 2 | 1} | 1\s""";

  private static final String TEXTS =
      """
      "" | "a" | "12345678" | "é" | "😀 ٣\u2028\uFFFF" | "\uFFFD" | "\uFEFF" | "\u007f"
      "\u0000" | "\u001f" | "1234567\t" | "\\\\ \\" \\/ \\b\\f\\n\\r\\t"
      "é\\né\\u00e9\\u2028\\u0001\\uFfFe" | "\\u0000" | "\\ud83d\\ude00" | "\\ud83d"
      "\\ufffd" | "\\u00e" | "\\u00eg" | "\\x" | "\\ | "\\u | "\\" | " | 'a' | a""";

  private static final String TIMES =
      """
      "0001-01-01T00:00:00.000000Z" | "0000-12-31T23:59:59.999999Z"
      "9999-12-31T23:59:59.999999Z" | "10000-01-01T00:00:00.000000Z"
      "2024-02-29T12:00:00.000001Z" | "2023-02-29T12:00:00.000001Z"
      "1900-02-29T12:00:00.000001Z" | "2000-02-29T12:00:00.000001Z"
      "2023-04-31T12:00:00.000001Z" | "2023-00-01T12:00:00.000001Z"
      "2023-13-01T12:00:00.000001Z" | "2023-01-00T12:00:00.000001Z"
      "2023-01-01T24:00:00.000000Z" | "2023-01-01T24:00:00.000001Z"
      "2023-01-01T23:59:60.000000Z" | "2023-01-01T23:60:00.000000Z"
      "2023-01-01T25:00:00.000000Z" | "2023-01-01t23:00:00.000000z"
      "2023-01-01 23:00:00.000000Z" | "2023-01-01T23:00:00,000000Z"
      "2023-01-01T23:00:00.0000000Z" | "2023-01-01T23:00:00.123456789Z"
      "2023-01-01T23:00:00.12Z" | "2023-01-01T23:00:00Z" | "2023-01-01T23:00:00.123456+05:30"
      "2023-01-01T23:00:00.123456" | "0001-01-01T00:00:00+00:01" | "2023-01-01"
      "20230101T230000Z" | "2023-1-001T23:00:00.000000Z" | "2023-01-01T2\u0663:00:00.00000Z"
      "2023-01-01T23:00:00.00000aZ" | "2023-01-01T2/:00:00.000000Z" | "yesterday" | ""
      1700158623""";

  private static final String OTHERS =
      """
      nul | nulls | true | false | truer | fals | "true" | {} | [] | [1,] | {"a":1,}
      {"a"} | {a:1} | {"a":null,"b":[true,false,"é\\n",-0,0,1.50,[],{}],"a":2}
      {"usage":{"images":1,"requests":"2","service_tier":"flex"},"b":1}
      {"truncated":{"model":7,"x":-1},"invalid":5} | {"invalid":{"model":1}, "c" : "\\ud800"}
      "01234567-89ab-7def-8123-456789abcdef" | "01234567-89AB-4DEF-8123-456789ABCDEF"
      "0123456789ab7def8123456789abcdef" | "01234567-89ab-7def-8123-456789abcdeg"
      "0123456-789ab-7def-8123-456789abcdef" | "01234567-89ab-7def-8123-456789abcde"
      "01234567-89ab-7def-8123-456789abcdefa" | "01234567-89ab-7def-8123-456789abcd\u00e9"
      null""";

  /** One for all, since it learns from what it read. */
  private final DirectReader reader = new DirectReader();

  private int taken;
  private int left;

  private boolean isTaken(String json) {
    return isTaken(json.getBytes(UTF_8));
  }

  /** Whether the reader takes the message, which must be what the decoder makes of it then. */
  private boolean isTaken(byte[] json) {
    boolean withContent = json.length % 3 != 0;
    LlmEvent expected = null;
    try {
      expected = EventDecoder.complete(EventDecoder.read(json, withContent), IDENTITY, CLAIMED);
    } catch (MalformedMessageException e) {
      // Not to be taken either.
    }
    byte[] copy = json.clone();
    LlmEvent.Builder read;
    try {
      read = reader.read(json, withContent);
    } catch (RuntimeException e) {
      throw new AssertionError(new String(json, UTF_8), e);
    }
    assertArrayEquals(copy, json);
    if (read == null) {
      left++;
      return false;
    }
    taken++;
    if (expected == null) {
      throw new AssertionError("malformed, but taken: " + new String(json, UTF_8));
    }
    assertSame(expected, EventDecoder.complete(read, IDENTITY, CLAIMED), json);
    return true;
  }

  private static void assertSame(LlmEvent expected, LlmEvent event, byte[] json) {
    for (Column column : Column.values()) {
      assertEquals(
          expected.value(column),
          event.value(column),
          () -> column.key() + " of " + new String(json, UTF_8));
    }
    assertEquals(expected.present(), event.present());
    if (expected.has(Column.METADATA)) {
      // The order of its keys too.
      assertArrayEquals(EventEncoder.metadataJson(expected), EventEncoder.metadataJson(event));
    }
  }

  @Test
  void plainEventsOfTheEncoder_areAllTaken() {
    Random random = new Random(1);
    for (int i = 0; i < 8_000; i++) {
      byte[] json = ENCODER.encode(PlainEvents.next(random));
      assertTrue(isTaken(json), () -> new String(json, UTF_8));
    }
  }

  @Test
  void eventsWithNastyValues_areReadAlike() {
    Random random = new Random(2);
    for (int i = 0; i < 8_000; i++) {
      LlmEvent.Builder event = PlainEvents.next(random).toBuilder();
      LlmEvent nasty = RandomEvents.next(random, 300);
      for (int k = random.nextInt(3); k >= 0; k--) {
        Column column = Column.values()[random.nextInt(Column.values().length)];
        if (column.numbers() == 1) {
          event.set(column, nasty.number(Places.of(column)));
        } else {
          event.setValue(column, nasty.value(column));
        }
      }
      isTaken(ENCODER.encode(event.build()));
    }
    assertTrue(taken > 4_000 && left > 1_500, taken + " taken, " + left + " left");
  }

  @Test
  void mutatedMessages_areReadAlike() {
    Random random = new Random(3);
    List<String> values = values();
    for (int i = 0; i < 16_000; i++) {
      byte[] json = ENCODER.encode(PlainEvents.next(random));
      for (int k = random.nextInt(3); k >= 0; k--) {
        json = json.length == 0 ? json : mutated(json, random, values);
      }
      isTaken(json);
    }
    assertTrue(taken > 1_500 && left > 8_000, taken + " taken, " + left + " left");
  }

  @Test
  void aBatch_isReadAsTheDecoderReadsEachMessage() {
    Random random = new Random(5);
    List<String> values = values();
    BatchDecoder batch = new BatchDecoder(true);
    for (int i = 0; i < 2_000; i++) {
      byte[] plain = ENCODER.encode(PlainEvents.next(random));
      byte[] json = random.nextBoolean() ? plain : mutated(plain, random, values);
      UUID identity = new UUID(i, i);
      try {
        LlmEvent expected = EventDecoder.decode(json, identity, CLAIMED);
        assertSame(expected, batch.next(json, identity, CLAIMED), json);
      } catch (MalformedMessageException e) {
        MalformedMessageException same =
            assertThrows(
                MalformedMessageException.class, () -> batch.next(json, identity, CLAIMED));
        assertEquals(e.getMessage(), same.getMessage());
      }
    }
  }

  private static byte[] mutated(byte[] json, Random random, List<String> values) {
    int at = random.nextInt(json.length);
    int other = random.nextInt(json.length);
    int from = Math.min(at, other);
    int to = Math.max(at, other);
    return switch (random.nextInt(8)) {
      case 0 -> Arrays.copyOf(json, Math.max(1, at));
      case 1 -> CodecFuzzTest.splice(json, at, at + 1, new byte[] {(byte) random.nextInt()});
      case 2 ->
          CodecFuzzTest.splice(
              json,
              at,
              at,
              " \n\t\r,:{}[]\"\\0.-e\u0000\u00ef"
                  .substring(random.nextInt(18))
                  .substring(0, 1)
                  .getBytes(ISO_8859_1));
      case 3 -> CodecFuzzTest.splice(json, at, at + 1, new byte[0]);
      // Members twice, of two messages, or in another order.
      case 4 -> CodecFuzzTest.splice(json, from, from, Arrays.copyOfRange(json, from, to));
      case 5 -> swapped(json, member(json, from), member(json, to));
      default ->
          CodecFuzzTest.replaceValue(
              json, at, values.get(random.nextInt(values.size())).getBytes(UTF_8));
    };
  }

  /** Where the first member after the index begins. */
  private static int member(byte[] json, int from) {
    int i = from;
    while (i < json.length - 1 && json[i] != ',') {
      i++;
    }
    return i;
  }

  /** With the part behind the first place moved to the front of the message's members. */
  private static byte[] swapped(byte[] json, int first, int second) {
    byte[] middle = Arrays.copyOfRange(json, first, second);
    if (middle.length < 2) {
      return json;
    }
    byte[] moved = Arrays.copyOf(Arrays.copyOfRange(middle, 1, middle.length), middle.length);
    moved[middle.length - 1] = ',';
    return CodecFuzzTest.splice(
        CodecFuzzTest.splice(json, first, second, new byte[0]), 1, 1, moved);
  }

  private static List<String> values() {
    List<String> values = new ArrayList<>();
    for (String some : List.of(NUMBERS, TEXTS, TIMES, OTHERS)) {
      values.addAll(List.of(some.split(" [|] |\n")));
    }
    values.add("0." + "0".repeat(39));
    values.add("0." + "0".repeat(1_001));
    values.add("9".repeat(1_001));
    values.add("[".repeat(15) + "]".repeat(15));
    values.add("{\"a\":" + "[".repeat(15) + "]".repeat(15) + "}");
    values.add("[".repeat(1_001) + "]".repeat(1_001));
    values.add("{\"a\":" + "[".repeat(999) + "]".repeat(999) + "}");
    for (int length : List.of(1, 7, 8, 9, 99, 100, 101, 199, 200, 201)) {
      values.add('"' + "x".repeat(length) + '"');
      values.add('"' + "é".repeat(length) + '"');
      values.add('"' + "😀".repeat(length) + '"');
    }
    return values;
  }

  @Test
  void everyValue_inEveryColumn_isReadAlike() {
    for (String value : values()) {
      for (Column column : Column.values()) {
        isTaken("{\"" + column.key() + "\":" + value + "}");
        isTaken(" { \"" + column.key() + "\" :\t" + value + "\n,\r\n\"service\":\"s\" } ");
      }
      isTaken("{\"metadata\":{\"a\":" + value + "}}");
      isTaken("{\"metadata\":{\"a\":[1, " + value + "]}}");
    }
    assertTrue(taken > 1_000 && left > 1_000, taken + " taken, " + left + " left");
  }

  @Test
  void everyPrefix_isLeftToTheDecoder() {
    Random random = new Random(4);
    for (int i = 0; i < 20; i++) {
      byte[] json = ENCODER.encode(PlainEvents.next(random));
      for (int length = 0; length < json.length; length++) {
        assertFalse(isTaken(Arrays.copyOf(json, length)));
      }
    }
  }

  @Test
  void whatOtherProgramsUsuallyWrite_isTaken() {
    for (String json :
        List.of(
            "{\"action\": \"cv.parse\", \"model\": \"gpt-4o\", \"user_id\": 7, \"cost_usd\": 0.000208,"
                + " \"streaming\": false, \"error_type\": null, \"error_message\": null}",
            "{\n  \"model\": \"m\",\n  \"action\": \"a\",\n  \"metadata\": {\"a\": [1, 2.5]}\n}\n",
            "{\"created_at\":\"2026-11-16T18:17:03Z\",\"action\":\"a\"}",
            "{\"created_at\":\"2026-11-16T18:17:03.979960+00:00\",\"action\":\"a\"}",
            "{\"message\":\"zur\\u00fcck\\n\\\"quoted\\\"\",\"tokens_input\":0}",
            "{\"tokens_input\":1,\"tokens_output\":2,\"cost_usd\":0}",
            "{\"cost_usd\":0.00034085592000000003,\"tokens_input\":999999999999999999}",
            "{\"cost_usd\":999999.999999999999}",
            "{\"event_id\":\"01234567-89AB-7DEF-8123-456789ABCDEF\"}",
            "{\"request\":[{\"role\":\"user\",\"content\":\"Wie?\"}],\"response\":\"So.\"}")) {
      assertTrue(isTaken(json), json);
    }
  }

  @Test
  void whatTheDecoderMendsOrNotes_isLeftToIt() {
    for (String json :
        List.of(
            "{}",
            "[]",
            "",
            "\uFEFF{\"model\":\"m\"}",
            "{\"id\":7}",
            "{\"Model\":\"m\"}",
            "{\"model\":\"a\",\"model\":\"b\"}",
            "{\"model\":null,\"model\":\"b\"}",
            "{\"action\":\"\"}",
            "{\"model\":7}",
            "{\"model\":{\"a\":1}}",
            "{\"user_id\":\"7\"}",
            "{\"user_id\":7.0}",
            "{\"user_id\":7e0}",
            "{\"user_id\":1000000000000000000}",
            "{\"cost_usd\":1000000}",
            "{\"streaming\":1}",
            "{\"metadata\":\"text\"}",
            "{\"model\":\"" + "x".repeat(201) + "\"}",
            "{\"model\":\"\\ud83d\"}",
            "{\"model\":\"\\u0000\"}",
            "{\"model\":\"m\"} {}",
            "{\"model\":\"m\",}")) {
      assertFalse(isTaken(json), json);
    }
    assertFalse(isTaken("{\"model\":\"\u00e9\"}".getBytes(ISO_8859_1)));
    assertFalse(isTaken("{\"model\":\"\u00ed\u00a0\u0080\"}".getBytes(ISO_8859_1)));
    byte[] long16MiB = new byte[(16 << 20) + 1];
    Arrays.fill(long16MiB, (byte) ' ');
    byte[] json = "{\"model\":\"m\"}".getBytes(UTF_8);
    System.arraycopy(json, 0, long16MiB, 0, json.length);
    assertFalse(isTaken(long16MiB));
    assertTrue(isTaken(Arrays.copyOf(long16MiB, 16 << 20)));
  }
}
