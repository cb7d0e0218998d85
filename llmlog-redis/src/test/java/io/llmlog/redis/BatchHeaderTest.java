package io.llmlog.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class BatchHeaderTest {
  private static final String CLAIM = "0f8fad5b-d9cb-469f-a165-70867728950e";

  @Test
  void header_isRead_andLaterWordsAreLeftAlone() {
    BatchHeader expected =
        new BatchHeader(
            UUID.fromString(CLAIM),
            Instant.parse("2026-01-02T03:04:05.000006Z"),
            3,
            Map.of(),
            false);
    assertEquals(expected, BatchHeader.parse(CLAIM + " 1767323045000006 3"));
    assertEquals(
        expected, BatchHeader.parse(CLAIM + " 1767323045000006 3 later 5:x x5:1 unaccepted"));
  }

  @Test
  void deathsAndAcceptance_areReadInAnyOrder() {
    String header = CLAIM + " 1767323045000006 3 ";
    BatchHeader both = Objects.requireNonNull(BatchHeader.parse(header + "5:1 accepted 4999:2"));
    assertEquals(Map.of(5, 1, 4999, 2), both.deaths());
    assertTrue(both.accepted());
    assertTrue(Objects.requireNonNull(BatchHeader.parse(header + "accepted")).accepted());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "{\"action\":\"x\"}", "0f8fad5b-d9cb-469f-a165-70867728950e 1", "x 1 1"})
  void otherText_isNoHeader(String text) {
    assertNull(BatchHeader.parse(text));
  }

  @Test
  void identity_isTheClaimIdOfVersion8WithTheIndexInItsLowBits() {
    BatchHeader header = new BatchHeader(UUID.fromString(CLAIM), Instant.EPOCH, 1, Map.of(), false);
    assertEquals(UUID.fromString("0f8fad5b-d9cb-869f-a165-70867728950e"), header.identity(0));
    assertEquals(UUID.fromString("0f8fad5b-d9cb-869f-a165-70867728950d"), header.identity(3));
  }

  @Test
  void identities_ofManyClaims_areUnique() {
    Set<UUID> seen = new HashSet<>();
    for (int claim = 0; claim < 20; claim++) {
      BatchHeader header = new BatchHeader(UUID.randomUUID(), Instant.EPOCH, 1, Map.of(), false);
      for (int i = 0; i < 5000; i++) {
        seen.add(header.identity(i));
      }
    }
    assertEquals(100_000, seen.size());
  }
}
