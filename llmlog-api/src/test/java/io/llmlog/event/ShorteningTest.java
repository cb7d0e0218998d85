package io.llmlog.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ShorteningTest {
  private static final int MAX = 4_096;

  private static LlmEvent shortened(LlmEvent event) throws MalformedMessageException {
    return shortened(event, MAX);
  }

  private static LlmEvent shortened(LlmEvent event, int max) throws MalformedMessageException {
    EventEncoder encoder =
        new EventEncoder(new EventEncoder.Stamp("1.0", "prod", "service"), true, max);
    byte[] json = encoder.encode(event);
    assertTrue(json.length <= max, () -> json.length + " > " + max);
    assertArrayEquals(json, encoder.encode(event));
    LlmEvent decoded = EventDecoder.decode(json, new UUID(0, 0), Instant.EPOCH);
    assertEquals(event.eventId(), decoded.eventId());
    assertEquals(event.createdAt(), decoded.createdAt());
    return decoded;
  }

  private static Map<?, ?> truncated(LlmEvent event) {
    return event.metadata().get("truncated") instanceof Map<?, ?> map ? map : Map.of();
  }

  private static String text(LlmEvent event, Column column) {
    String text = event.text(column);
    return text == null ? "" : text;
  }

  @Test
  void eventOfExactlyTheLimit_isLeftAlone() throws Exception {
    LlmEvent event = LlmEvent.builder("a").message("x".repeat(1_000)).build();
    int size = new EventEncoder(EventEncoder.Stamp.NONE, true, MAX).encode(event).length;
    EventEncoder exact = new EventEncoder(EventEncoder.Stamp.NONE, true, size);
    assertEquals(size, exact.encode(event).length);
    assertFalse(new String(exact.encode(event), UTF_8).contains("truncated"));
    EventEncoder less = new EventEncoder(EventEncoder.Stamp.NONE, true, size - 1);
    assertTrue(new String(less.encode(event), UTF_8).contains("\"truncated\":{\"message\":1000}"));
  }

  @Test
  void longestText_losesFirst_andAtACodePoint() throws Exception {
    LlmEvent event =
        shortened(
            LlmEvent.builder("a")
                .message("😀".repeat(50_000))
                .errorMessage("e".repeat(1_000))
                .model("m".repeat(150))
                .build());
    assertEquals(Map.of("message", 50_000L), truncated(event));
    assertEquals("e".repeat(1_000), event.text(Column.ERROR_MESSAGE));
    String message = text(event, Column.MESSAGE);
    assertEquals("😀".repeat(message.length() / 2), message);
    assertTrue(message.length() > 800, "room is used: " + message.length());
  }

  @Test
  void nestedTexts_areCutWhereTheyStand() throws Exception {
    LlmEvent event =
        shortened(
            LlmEvent.builder("a")
                .request(
                    Map.of(
                        "messages", List.of(Map.of("role", "user", "content", "p".repeat(9_000)))))
                .response(List.of("short", "r".repeat(8_000)))
                .metadata("note", "n".repeat(7_000))
                .metadata("truncated", Map.of("note", 99_000, "other", 5))
                .build());
    assertEquals(
        Map.of(
            "request.messages.0.content", 9_000L,
            "response.1", 8_000L,
            "metadata.note", 7_000L,
            "note", 99_000L,
            "other", 5L),
        truncated(event));
    assertTrue(
        event.value(Column.REQUEST) instanceof Map<?, ?> request
            && request.get("messages") instanceof List<?> messages
            && messages.get(0) instanceof Map<?, ?> first
            && "user".equals(first.get("role"))
            && String.valueOf(first.get("content")).matches("p{900,1300}"));
  }

  @Test
  void whereTextsDoNotSuffice_theLargestPartGoes() throws Exception {
    List<Integer> many = new ArrayList<>();
    for (int i = 0; i < 5_000; i++) {
      many.add(7);
    }
    LlmEvent event =
        shortened(
            LlmEvent.builder("a")
                .model("gpt-4o-mini")
                .message("short")
                .request(Map.of("n", many))
                .response("kept")
                .metadata("kept", true)
                .build());
    assertFalse(event.has(Column.REQUEST));
    assertEquals(
        Map.of("request", 2L * 5_000 + 7),
        truncated(event).entrySet().stream()
            .collect(java.util.stream.Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)));
    assertEquals("kept", event.value(Column.RESPONSE));
    assertEquals(true, event.metadata().get("kept"));
    assertEquals("gpt-4o-mini", event.model());
    assertEquals("short", event.text(Column.MESSAGE));
  }

  @Test
  void whenMetadataGoes_whatPricesNeedStays() throws Exception {
    Map<String, @Nullable Object> metadata = new LinkedHashMap<>();
    for (int i = 0; i < 1_000; i++) {
      metadata.put("key" + i, i);
    }
    metadata.put("usage", Map.of("images", 2));
    LlmEvent event = shortened(LlmEvent.builder("a").metadata(metadata).build());
    assertEquals(Map.of("images", 2L), event.metadata().get("usage"));
    assertEquals(java.util.Set.of("usage", "truncated"), event.metadata().keySet());
    assertEquals(java.util.Set.of("metadata"), truncated(event).keySet());
  }

  @Test
  void smallestLimit_keepsTheFigures() throws Exception {
    LlmEvent.Builder builder = LlmEvent.builder("a");
    for (Column column : Column.values()) {
      switch (column.type()) {
        case TEXT -> builder.setValue(column, "\u0001".repeat(100));
        case INTEGER -> builder.set(column, Long.MIN_VALUE);
        case JSON -> builder.setValue(column, Map.of("k", "\u0001".repeat(100)));
        default -> {}
      }
    }
    builder.costUsd(new BigDecimal("-1e-999999999").add(BigDecimal.ZERO)).streaming(false);
    builder.tokensUsed(Long.MIN_VALUE);
    LlmEvent event = shortened(builder.build(), EventEncoder.MIN_MAX_BYTES);
    for (Column column : Column.values()) {
      if (column.type() == Column.Type.INTEGER) {
        assertEquals(Long.MIN_VALUE, event.integer(column));
      }
    }
  }

  @Test
  void hugeTexts_takeSeconds() {
    assertTimeoutPreemptively(
        Duration.ofSeconds(30),
        () -> {
          LlmEvent event = shortened(LlmEvent.builder("a").message("é".repeat(40_000_000)).build());
          assertEquals(Map.of("message", 40_000_000L), truncated(event));
        });
  }

  @Test
  void anyEvent_fitsAnyLimit() throws Exception {
    Random random = new Random(11);
    for (int i = 0; i < 2_000; i++) {
      LlmEvent event = RandomEvents.next(random, 2_000);
      int max = random.nextInt(EventEncoder.MIN_MAX_BYTES, 20_000);
      LlmEvent shorter = shortened(event, max);
      for (Column column : Column.values()) {
        if (column.type() == Column.Type.INTEGER && event.has(column)) {
          assertEquals(event.integer(column), shorter.integer(column));
        }
      }
    }
  }
}
