package io.llmlog.faults;

import io.llmlog.event.LlmEvent;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;

/**
 * The events of one service, numbered from 0: seed, stream and number decide every byte, so that
 * whoever checks a row needs nothing but its number, even if its service was killed. Immutable.
 */
final class Workload {
  private static final String[] TEXTS = {
    "Frage größer?", "回答", "naïve\tcafé", "\"quoted\\\"", "😀 ok", "plain", "{\"a\":1}", "٣ \u2028"
  };
  private static final String[] MODELS = {
    "gpt-4o-mini", "claude-sonnet-4", "gemini-2.5-pro", "arn:aws:bedrock:eu-west-1::model/x"
  };

  private final long seed;
  private final int stream;
  private final Instant base;
  private final int padding;

  /**
   * @param stream tells services of one case apart
   * @param base the time of the first event
   * @param padding how many characters each event has besides, to fill disks with few of them
   */
  Workload(long seed, int stream, Instant base, int padding) {
    this.seed = seed;
    this.stream = stream;
    this.base = base.truncatedTo(ChronoUnit.MILLIS);
    this.padding = padding;
  }

  long seed() {
    return seed;
  }

  int stream() {
    return stream;
  }

  Instant base() {
    return base;
  }

  int padding() {
    return padding;
  }

  /** The identity of an event. */
  UUID id(long number) {
    SplittableRandom random = random(~number);
    // Version 7, as the product's own ids.
    long high = (createdAt(number).toEpochMilli() << 16) | 0x7000 | (random.nextLong() & 0x0fff);
    return new UUID(high, (random.nextLong() >>> 2) | 0x8000_0000_0000_0000L);
  }

  /** The event of that number. */
  LlmEvent event(long number) {
    SplittableRandom random = random(number);
    LlmEvent.Builder event = LlmEvent.builder("fault." + random.nextInt(9)).eventId(id(number));
    event.createdAt(createdAt(number)).interviewId(number).companyId(random.nextInt(7));
    event.sessionId("stream-" + stream);
    if (random.nextInt(3) > 0) {
      event.tokensInput(random.nextInt(90_000)).tokensOutput(random.nextInt(4_000));
    }
    if (random.nextInt(4) == 0) {
      event.tokensUsed(random.nextLong(1L << 40));
    }
    if (random.nextInt(3) > 0) {
      event.costUsd(BigDecimal.valueOf(random.nextLong(1_000_000_000_000L), 12));
    }
    if (random.nextBoolean()) {
      event.message(text(random, 160)).endUser(text(random, 40)).userId(random.nextLong());
    }
    if (random.nextInt(8) == 0) {
      event.errorType("RateLimited").errorMessage(text(random, 600)).finishReason("error");
    }
    if (random.nextBoolean()) {
      event.tokensCacheRead(random.nextInt(500)).tokensCacheWrite(random.nextInt(500));
      event.tokensReasoning(random.nextInt(100)).ttftMs(random.nextInt(900));
      event.provider("provider-" + random.nextInt(4)).responseModel(text(random, 30));
      event.responseId("chatcmpl-" + random.nextInt()).priceVersion("2026-11");
    }
    if (random.nextBoolean()) {
      event.traceId(Long.toHexString(random.nextLong())).spanId(text(random, 12));
      event.service("faults").deploymentVersion("1.2.3").deploymentEnvironment("test");
      event.metadata(metadata(random));
    }
    if (padding > 0) {
      event.message("x".repeat(padding));
    }
    return event
        .model(MODELS[random.nextInt(MODELS.length)])
        .latencyMs(random.nextInt(60_000))
        .streaming(random.nextBoolean())
        .build();
  }

  private static Map<String, Object> metadata(SplittableRandom random) {
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("attempt", random.nextInt(5));
    metadata.put("note", text(random, 80));
    metadata.put("nested", Map.of("deep", text(random, 20), "flag", random.nextBoolean()));
    return metadata;
  }

  private static String text(SplittableRandom random, int max) {
    StringBuilder text = new StringBuilder();
    int length = random.nextInt(max);
    while (text.length() < length) {
      text.append(TEXTS[random.nextInt(TEXTS.length)]).append(' ');
    }
    return text.substring(0, text.offsetByCodePoints(0, codePoints(text, length)));
  }

  private static int codePoints(CharSequence text, int chars) {
    return Character.codePointCount(text, 0, chars);
  }

  private Instant createdAt(long number) {
    return base.plus(number * 37, ChronoUnit.MICROS);
  }

  private SplittableRandom random(long number) {
    return new SplittableRandom(seed * 0x9E3779B97F4A7C15L + stream * 0x2545F4914F6CDD1DL + number);
  }
}
