package io.llmlog.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ConcurrentModificationException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class LlmEventTest {
  @Test
  void eachBuild_hasAnIdentityOfItsOwn() {
    LlmEvent.Builder builder = LlmEvent.builder("a").model("m");
    LlmEvent first = builder.build();
    LlmEvent second = builder.build();
    assertNotEquals(first.eventId(), second.eventId());
    assertEquals(first.eventId(), first.eventId());
    UUID id = new UUID(1, 2);
    builder.eventId(id).createdAt(Instant.EPOCH);
    assertEquals(id, builder.build().eventId());
    assertEquals(id, builder.build().eventId());
    assertEquals(Instant.EPOCH, builder.build().createdAt());
    assertEquals(first.eventId(), first.toBuilder().build().eventId());
  }

  @Test
  void changesAfterBuild_doNotReachTheEvent() {
    Map<String, Object> metadata = new HashMap<>(Map.of("k", 1));
    LlmEvent.Builder builder = LlmEvent.builder("a").model("m").tokensInput(1).metadata(metadata);
    LlmEvent event = builder.build();
    builder
        .action("b")
        .model("n")
        .tokensInput(2)
        .metadata("k", 2)
        .userId(3)
        .costUsd(BigDecimal.ONE);
    metadata.put("k", 3);
    assertEquals("a", event.action());
    assertEquals("m", event.model());
    assertEquals(1, event.integer(Column.TOKENS_INPUT));
    assertEquals(Map.of("k", 1), event.metadata());
    assertFalse(event.has(Column.USER_ID));
    assertNull(event.costUsd());
    assertThrows(UnsupportedOperationException.class, () -> event.metadata().put("k", 4));
    LlmEvent.Builder copy = event.toBuilder().model("o");
    assertEquals("m", event.model());
    assertEquals("o", copy.build().model());
  }

  @Test
  void numbersThatAreNoWholeOnes_areKeptAsInvalid() {
    LlmEvent event =
        LlmEvent.builder("a")
            .metadata("k", "v")
            .userId(1.5)
            .companyId(BigInteger.TWO.pow(64))
            .tokensInput(12.0)
            .tokensOutput(Double.NaN)
            .build();
    assertFalse(event.has(Column.USER_ID));
    assertFalse(event.has(Column.COMPANY_ID));
    assertFalse(event.has(Column.TOKENS_OUTPUT));
    assertEquals(12, event.integer(Column.TOKENS_INPUT));
    assertEquals(
        Map.of("k", "v", "invalid", Map.of("user_id", 1.5, "company_id", BigInteger.TWO.pow(64))),
        event.metadata());
  }

  @Test
  void numbersOfMoreThan32Bits_standBesideShortOnes() {
    LlmEvent.Builder builder =
        LlmEvent.builder("a")
            .tokensInput(Integer.MIN_VALUE)
            .tokensOutput(Integer.MAX_VALUE)
            .streaming(true);
    LlmEvent before = builder.build();
    builder.userId(Long.MIN_VALUE).companyId(1L << 31).latencyMs(7);
    LlmEvent wide = builder.build();
    builder.userId(-1L).companyId(null).tokensOutput(Long.MAX_VALUE);
    LlmEvent after = builder.build();

    assertNumbers(before, 0, 0, Integer.MIN_VALUE, Integer.MAX_VALUE, 0);
    assertNumbers(wide, Long.MIN_VALUE, 1L << 31, Integer.MIN_VALUE, Integer.MAX_VALUE, 7);
    assertNumbers(after, -1, 0, Integer.MIN_VALUE, Long.MAX_VALUE, 7);
    assertFalse(after.has(Column.COMPANY_ID));
    assertNumbers(
        wide.toBuilder().userId(3L).build(), 3, 1L << 31, Integer.MIN_VALUE, Integer.MAX_VALUE, 7);
    assertNumbers(wide, Long.MIN_VALUE, 1L << 31, Integer.MIN_VALUE, Integer.MAX_VALUE, 7);
  }

  private static void assertNumbers(
      LlmEvent event, long userId, long companyId, long input, long output, long latencyMs) {
    assertEquals(userId, event.integer(Column.USER_ID));
    assertEquals(companyId, event.integer(Column.COMPANY_ID));
    assertEquals(input, event.integer(Column.TOKENS_INPUT));
    assertEquals(output, event.integer(Column.TOKENS_OUTPUT));
    assertEquals(latencyMs, event.integer(Column.LATENCY_MS));
    assertTrue(event.streaming());
  }

  @Test
  void identityAndTimeOfAllBits_areKept() {
    UUID id = new UUID(0x8000_0001_7fff_ffffL, 0x7fff_ffff_8000_0001L);
    for (String time : List.of("0001-01-01T00:00:00.999999Z", "+1000000-12-31T23:59:59.000001Z")) {
      LlmEvent event = LlmEvent.builder("a").eventId(id).createdAt(Instant.parse(time)).build();
      assertEquals(id, event.eventId());
      assertEquals(Instant.parse(time), event.createdAt());
      assertEquals(id, event.toBuilder().build().eventId());
    }
  }

  @Test
  void time_isCutToMicroseconds() {
    Instant time = Instant.parse("2023-11-16T18:17:03.979960999Z");
    assertEquals(
        Instant.parse("2023-11-16T18:17:03.979960Z"),
        LlmEvent.builder("a").createdAt(time).build().createdAt());
    LlmEvent now = LlmEvent.builder("a").build();
    assertEquals(
        now.createdAt().truncatedTo(java.time.temporal.ChronoUnit.MICROS), now.createdAt());
    assertTrue(Duration.between(now.createdAt(), Instant.now()).abs().toMinutes() < 1);
  }

  @Test
  void columnsOfOtherTypes_areRefused() {
    LlmEvent event = LlmEvent.builder("a").build();
    assertThrows(IllegalArgumentException.class, () -> event.integer(Column.MODEL));
    assertThrows(IllegalArgumentException.class, () -> event.text(Column.USER_ID));
  }

  @Test
  void toString_neverShowsContent() {
    String text =
        LlmEvent.builder("a").request("secret").response(List.of("secret")).build().toString();
    assertFalse(text.contains("secret"), text);
    assertTrue(text.contains("action=a"), text);
  }

  @Test
  void uuids_areOfVersion7AndUnique() {
    Set<UUID> ids = new HashSet<>();
    long before = System.currentTimeMillis();
    for (int i = 0; i < 100_000; i++) {
      UUID id = UuidV7.next();
      assertTrue(ids.add(id));
      assertEquals(7, id.version());
      assertEquals(2, id.variant());
    }
    Instant time = UuidV7.timeOf(UuidV7.next());
    assertTrue(time != null && time.toEpochMilli() >= before);
    assertNull(UuidV7.timeOf(UUID.randomUUID()));
    // The example of RFC 9562, appendix A.6.
    assertEquals(
        Instant.parse("2022-02-22T19:22:22Z"),
        UuidV7.timeOf(UUID.fromString("017F22E2-79B0-7CC3-98C4-DC0C0C07398F")));
  }

  @Test
  void numbersAndMapsThatThrow_failNoCall() {
    Number broken =
        new Number() {
          private static final long serialVersionUID = 1;

          @Override
          public int intValue() {
            return 0;
          }

          @Override
          public long longValue() {
            return 0;
          }

          @Override
          public float floatValue() {
            return 0;
          }

          @Override
          public double doubleValue() {
            return 0;
          }

          @Override
          public String toString() {
            throw new IllegalStateException("no");
          }
        };
    Map<String, Object> changing =
        new HashMap<>(Map.of("key", 1)) {
          private static final long serialVersionUID = 1;

          @Override
          public Set<Map.Entry<String, Object>> entrySet() {
            throw new ConcurrentModificationException();
          }
        };
    LlmEvent event = LlmEvent.builder("a").tokensInput(broken).metadata(changing).build();

    assertFalse(event.has(Column.TOKENS_INPUT));
    assertEquals(
        Map.of("invalid", Map.of("metadata", "java.util.ConcurrentModificationException")),
        event.metadata());
  }
}
