package io.llmlog.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is remembered of labels, alone and together, never shows in a message. */
class RecentLabelsTest {
  private static final EventEncoder.Stamp STAMP = new EventEncoder.Stamp("1.2", null, "svc");
  private static final List<String> TEXTS =
      List.of("gpt-4o", "gpt-4x", "quote\"d", "日本語", "lone \ud800", "nul\0", "x".repeat(200), "");
  private static final int FEW = 3;

  private final EventEncoder encoder = new EventEncoder(STAMP, false, 64 << 10);
  private final SplittableRandom random = new SplittableRandom(3);

  @Test
  void labelsThatComeAgain_areWrittenAsTheFirstTime_amongAnyOthers() {
    for (int i = 0; i < 20_000; i++) {
      LlmEvent event = event(i % 2 == 0 ? FEW : TEXTS.size());
      EventEncoder fresh = new EventEncoder(STAMP, false, 64 << 10);
      assertEquals(message(event, fresh), message(event, encoder));
    }
  }

  @Test
  void anEventThatIsShortened_leavesNothingBehindForOthers() {
    EventEncoder small = new EventEncoder(STAMP, false, EventEncoder.MIN_MAX_BYTES);
    for (int i = 0; i < 1_000; i++) {
      LlmEvent large = event(FEW).toBuilder().message("m".repeat(5_000)).build();
      assertTrue(message(large, small).length() <= EventEncoder.MIN_MAX_BYTES);
      LlmEvent event = event(FEW);
      EventEncoder fresh = new EventEncoder(STAMP, false, EventEncoder.MIN_MAX_BYTES);
      assertEquals(message(event, fresh), message(event, small));
    }
  }

  @Test
  void behindKnownLabels_anyOtherColumnsAreWrittenAsBehindNewOnes() {
    Random events = new Random(4);
    for (int i = 0; i < 20_000; i++) {
      LlmEvent.Builder event = RandomEvents.next(events, 2_500).toBuilder();
      Column.LABELS.forEach(label -> event.setValue(label, null));
      if (random.nextInt(10) == 0) {
        event.createdAt(random.nextBoolean() ? Instant.MAX : Instant.MIN);
      }
      if (random.nextInt(4) > 0) {
        event.metadata(null);
      }
      assertAlike(event.build(), 64 << 10);
    }
  }

  @Test
  void behindKnownLabels_textsOfAnyLength_areWrittenAsBehindNewOnes() {
    for (int length = 0; length < 4_200; length++) {
      String text = "x".repeat(length);
      assertAlike(LlmEvent.builder(null).message(text).build(), 64 << 10);
      assertAlike(LlmEvent.builder(null).message(text).traceId(text).build(), 3_000);
    }
  }

  private static void assertAlike(LlmEvent event, int maxBytes) {
    EventEncoder encoder = new EventEncoder(STAMP, false, maxBytes);
    String first = message(event, encoder);
    assertEquals(first, message(event, encoder));
    assertTrue(first.length() <= maxBytes, first);
  }

  @Test
  void aTextInTwoColumns_keepsTheKeyOfEach() {
    for (int i = 0; i < 3; i++) {
      LlmEvent event = LlmEvent.builder("asked").model("same").provider("same").build();
      String message = message(event, encoder);
      assertTrue(message.contains("\"model\":\"same\""), message);
      assertTrue(message.contains("\"provider\":\"same\""), message);
    }
  }

  /** Each label one of so many texts, or absent. */
  private LlmEvent event(int texts) {
    LlmEvent.Builder event =
        LlmEvent.builder("asked").eventId(new UUID(1, 2)).createdAt(Instant.EPOCH).userId(7);
    for (Column label : Column.LABELS) {
      event.setValue(label, text(random.nextInt(texts + 1)));
    }
    return event.build();
  }

  private static @Nullable String text(int which) {
    return which == 0 ? null : new String(TEXTS.get(which - 1).toCharArray());
  }

  private static String message(LlmEvent event, EventEncoder encoder) {
    return new String(encoder.encode(event), UTF_8);
  }
}
