package io.llmlog.event;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Events with any columns and nothing odd in them, the same ones for the same seed. */
final class PlainEvents {
  private PlainEvents() {}

  static LlmEvent next(Random random) {
    LlmEvent.Builder event = LlmEvent.builder("action-" + random.nextInt(9));
    int density = random.nextInt(1, 5);
    for (Column column : Column.values()) {
      if (random.nextInt(density) > 0) {
        continue;
      }
      switch (column.type()) {
        case TEXT -> event.setValue(column, text(random));
        case INTEGER ->
            event.set(column, random.nextLong(2_000_000_000_000_000_000L) >> random.nextInt(2, 62));
        case BOOLEAN -> event.set(column, random.nextInt(2));
        case DECIMAL ->
            event.costUsd(BigDecimal.valueOf(random.nextInt(1_000_000), random.nextInt(1, 13)));
        case TIME ->
            event.createdAt(
                Instant.ofEpochSecond(
                    random.nextLong(-62_135_596_800L, 253_402_300_800L),
                    random.nextInt(1_000_000_000)));
        case UUID -> event.eventId(new UUID(random.nextLong(), random.nextLong()));
        case JSON -> event.setValue(column, object(random, 3));
      }
    }
    return event.build();
  }

  private static Map<String, @Nullable Object> object(Random random, int levels) {
    Map<String, @Nullable Object> object = new LinkedHashMap<>();
    for (int i = random.nextInt(4); i >= 0; i--) {
      object.put("key" + i, value(random, levels));
    }
    return object;
  }

  private static @Nullable Object value(Random random, int levels) {
    return switch (random.nextInt(levels > 0 ? 7 : 5)) {
      case 0 -> text(random);
      case 1 -> (long) random.nextInt();
      case 2 -> BigDecimal.valueOf(random.nextInt(), random.nextInt(12));
      case 3 -> random.nextBoolean();
      case 4 -> null;
      case 5 -> object(random, levels - 1);
      default -> Collections.nCopies(random.nextInt(3), value(random, levels - 1));
    };
  }

  private static String text(Random random) {
    StringBuilder text = new StringBuilder();
    boolean ascii = random.nextInt(4) > 0;
    int[] others = "aé\n\"\u07ffб\u2028中😀".codePoints().toArray();
    for (int i = random.nextInt(1, 40); i > 0; i--) {
      text.appendCodePoint(
          ascii ? random.nextInt(' ', 0x7F) : others[random.nextInt(others.length)]);
    }
    return text.toString();
  }
}
