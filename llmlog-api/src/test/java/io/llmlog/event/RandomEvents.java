package io.llmlog.event;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Events with nasty strings, numbers and nesting, the same ones for the same seed. */
final class RandomEvents {
  private static final String[] PIECES = {
    "a",
    "gpt-4o",
    " ",
    "\"",
    "\\",
    "/",
    "\n",
    "\r",
    "\t",
    "\b",
    "\f",
    "\u0000",
    "\u0001",
    "\u001f",
    "\u007f",
    "\u0080",
    "é",
    "\u07ff",
    "\u0800",
    "\u2028",
    "\uffff",
    "\uFFFD",
    "\ufeff",
    "😀",
    "\uD83D",
    "\uDE00",
    "\udbff\udfff",
    "{}",
    "null",
    "\\u0000",
    "\\ud800",
    "٣"
  };

  private RandomEvents() {}

  static LlmEvent next(Random random, int maxText) {
    LlmEvent.Builder event = LlmEvent.builder(null);
    for (Column column : Column.values()) {
      if (random.nextInt(3) == 0) {
        continue;
      }
      switch (column.type()) {
        case TEXT -> event.setValue(column, text(random, maxText));
        case INTEGER -> event.set(column, random.nextLong() >> random.nextInt(64));
        case BOOLEAN -> event.set(column, random.nextInt(2));
        case DECIMAL -> event.costUsd(BigDecimal.valueOf(random.nextInt(), random.nextInt(-3, 20)));
        case TIME ->
            event.createdAt(
                Instant.ofEpochSecond(
                    random.nextLong(-62_135_596_800L, 253_402_300_800L),
                    random.nextInt(1_000_000_000)));
        case UUID -> event.eventId(new UUID(random.nextLong(), random.nextLong()));
        case JSON ->
            event.setValue(
                column, column == Column.METADATA ? object(random, 4) : value(random, 5));
      }
    }
    return event.build();
  }

  static String text(Random random, int max) {
    int length = random.nextInt(8) == 0 ? random.nextInt(max) : random.nextInt(20);
    StringBuilder text = new StringBuilder();
    boolean plain = random.nextBoolean();
    for (int i = 0; i < length; i++) {
      text.append(plain ? "x" : PIECES[random.nextInt(PIECES.length)]);
    }
    return text.toString();
  }

  static Map<String, @Nullable Object> object(Random random, int depth) {
    Map<String, @Nullable Object> object = new LinkedHashMap<>();
    int size = random.nextInt(6);
    for (int i = 0; i < size; i++) {
      // Cleaned keys that are equal would be one key to the reader.
      object.put(i + text(random, 20), value(random, depth - 1));
    }
    return object;
  }

  static @Nullable Object value(Random random, int depth) {
    return switch (random.nextInt(depth > 0 ? 14 : 10)) {
      case 0 -> null;
      case 1 -> random.nextBoolean();
      case 2 -> random.nextLong() >> random.nextInt(64);
      case 3 -> random.nextInt();
      case 4 -> Double.longBitsToDouble(random.nextLong());
      case 5 -> new BigInteger(random.nextInt(300), random);
      case 6 ->
          new BigDecimal(new BigInteger(random.nextInt(200), random), random.nextInt(-60, 60));
      case 7, 8, 9 -> text(random, 500);
      case 10, 11 -> object(random, depth);
      default -> {
        List<@Nullable Object> list = new ArrayList<>();
        int size = random.nextInt(6);
        for (int i = 0; i < size; i++) {
          list.add(value(random, depth - 1));
        }
        yield list;
      }
    };
  }
}
