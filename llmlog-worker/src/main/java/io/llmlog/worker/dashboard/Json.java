package io.llmlog.worker.dashboard;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import io.javalin.http.Context;
import io.llmlog.jdbc.usage.UsageAnswer.Origin;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** JSON as the page reads it: times in ISO 8601, money as decimal text, null for unknown. */
final class Json {
  static final int MOST_IDS = 1000;
  private static final int LONGEST_BODY = 64 << 10;
  private static final Instant FIRST = Instant.parse("0001-01-01T00:00:00Z");
  private static final Instant LAST = Instant.parse("9999-12-31T23:59:59.999999Z");

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private Json() {}

  static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  static byte[] bytes(JsonNode node) {
    try {
      return MAPPER.writeValueAsBytes(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Without a digit lost; null where it is unknown. */
  static @Nullable String money(@Nullable BigDecimal amount) {
    if (amount == null) {
      return null;
    }
    return amount.signum() == 0 ? "0" : amount.stripTrailingZeros().toPlainString();
  }

  /** Null also where it is a bound that stands for none. */
  static @Nullable String time(@Nullable Instant time) {
    return time == null || time.isBefore(FIRST) || time.isAfter(LAST) ? null : time.toString();
  }

  /** To the millisecond. */
  static @Nullable Double seconds(@Nullable Duration duration) {
    return duration == null ? null : duration.toMillis() / 1000.0;
  }

  /** What the database wrote as JSON, as it is. */
  static void putJson(ObjectNode into, String name, @Nullable String json) {
    if (json == null) {
      into.putNull(name);
    } else {
      into.putRawValue(name, new RawValue(json));
    }
  }

  static ObjectNode origin(Origin origin) {
    ObjectNode node = object().put("source", origin.source().name().toLowerCase(Locale.ROOT));
    node.put("lag_seconds", seconds(origin.lag()));
    node.put(
        "notice",
        origin.fallback() == null
            ? null
            : "The read replica does not answer, the primary did: " + origin.fallback());
    return node;
  }

  /** The ids of a body {@code {"ids":["…"]}}, and nothing else in it. */
  static Set<UUID> ids(Context request) throws Refusal, IOException {
    String type = request.contentType();
    if (type == null || !type.toLowerCase(Locale.ROOT).matches("application/json\\s*(;.*)?")) {
      throw Refusal.noJson("the body must be application/json");
    }
    byte[] body;
    try (InputStream in = request.bodyInputStream()) {
      body = in.readNBytes(LONGEST_BODY + 1);
    }
    if (body.length > LONGEST_BODY) {
      throw Refusal.tooLarge("the body must be at most " + LONGEST_BODY + " bytes");
    }
    JsonNode root;
    try {
      root = MAPPER.readTree(new String(body, StandardCharsets.UTF_8));
    } catch (JsonProcessingException e) {
      throw Refusal.badRequest("the body must be one JSON object, each of its names once");
    }
    JsonNode ids = root == null ? null : root.get("ids");
    if (ids == null || !root.isObject() || root.size() != 1 || !ids.isArray()) {
      throw Refusal.badRequest("the body must be {\"ids\":[\"…\"]} and hold nothing else");
    }
    if (ids.isEmpty() || ids.size() > MOST_IDS) {
      throw Refusal.badRequest("ids: %d of them, must be 1 to %d".formatted(ids.size(), MOST_IDS));
    }
    Set<UUID> found = new LinkedHashSet<>();
    for (JsonNode id : ids) {
      found.add(Asked.id("ids", id.isTextual() ? id.textValue() : id.toString()));
    }
    return found;
  }
}
