package io.llmlog.jdbc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.llmlog.spi.Message;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

final class SortedBatchTest {
  private static final Instant CLAIMED = Instant.parse("2026-11-01T10:00:00.000001Z");
  private static final UUID CLAIM = new UUID(0x8000L, 0x8000000000000000L);
  private static final String RANDOM_ID = "\"event_id\":\"018bd98e-3b1b-4abc-8def-0123456789ab\"";
  private static final String TIMED_ID = "\"event_id\":\"018bd98e-3b1b-7abc-8def-0123456789ab\"";

  @Test
  void pushesOfOneRandomIdWithoutTime_areRowsOfTheirOwnInOneBatchToo() {
    assertEquals(
        List.of(CLAIMED, CLAIMED.plusNanos(1_000), CLAIMED.plusNanos(2_000)),
        times(RANDOM_ID, RANDOM_ID, RANDOM_ID));
  }

  @Test
  void anIdWithItsTime_isOneRow() {
    String timed = RANDOM_ID + ",\"created_at\":\"2026-10-31T10:00:00Z\"";
    assertEquals(List.of(Instant.parse("2026-10-31T10:00:00Z")), times(timed, timed));
    assertEquals(1, times(TIMED_ID, TIMED_ID).size());
  }

  @Test
  void messagesWithoutId_allHaveTheTimeOfTheClaim() {
    assertEquals(List.of(CLAIMED, CLAIMED), times("\"action\":\"a\"", "\"action\":\"a\""));
  }

  @Test
  void rowsOfOneTime_areInTheOrderThatPostgresHasForTheirIds() {
    List<String> ids =
        List.of(
            "00000000-0000-7000-8000-000000000000",
            "7fffffff-0000-7000-7fff-000000000000",
            "7fffffff-0000-7000-8000-000000000000",
            "80000000-0000-7000-8000-000000000000",
            "ffffffff-0000-7000-8000-000000000000");
    List<Message> messages = new ArrayList<>();
    for (String id : List.of(ids.get(3), ids.get(1), ids.get(4), ids.get(0), ids.get(2))) {
      messages.add(new Message("{}".getBytes(UTF_8), UUID.fromString(id), CLAIMED));
    }
    assertEquals(
        ids,
        SortedBatch.read(messages, new Horizon(Instant.EPOCH, null)).rows().stream()
            .map(row -> row.event().eventId().toString())
            .toList());
  }

  private static List<Instant> times(String... members) {
    List<Message> messages = new ArrayList<>();
    for (String member : members) {
      UUID identity = new UUID(CLAIM.getMostSignificantBits(), messages.size());
      messages.add(new Message(("{" + member + "}").getBytes(UTF_8), identity, CLAIMED));
    }
    return SortedBatch.read(messages, new Horizon(Instant.EPOCH, null)).rows().stream()
        .map(row -> row.event().createdAt())
        .toList();
  }
}
