package io.llmlog.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReservedMetadataTest {
  private static Map<String, ?> metadata(String json) throws MalformedMessageException {
    return EventDecoder.decode(json.getBytes(UTF_8), new UUID(0, 0), Instant.EPOCH).metadata();
  }

  @Test
  void validUse_staysWhereItIs() throws Exception {
    Map<String, ?> usage =
        Map.of(
            "cache_write_1h",
            5L,
            "audio_input",
            1L,
            "audio_output",
            new BigDecimal("2.5"),
            "images",
            3L,
            "requests",
            4L,
            "service_tier",
            "batch");
    String json =
        "{\"invalid\":{\"user_id\":\"x\"},\"truncated\":{\"request.messages.0.content\":70000,\"a\":1.0},"
            + "\"usage\":{\"cache_write_1h\":\"5\",\"audio_input\":1,\"audio_output\":2.5,\"images\":3,"
            + "\"requests\":\"4e0\",\"service_tier\":\"batch\"}}";
    Map<String, ?> expected =
        Map.of(
            "invalid", Map.of("user_id", "x"),
            "truncated", Map.of("request.messages.0.content", 70_000L, "a", 1L),
            "usage", usage);
    assertEquals(expected, metadata("{\"metadata\":" + json + "}"));
    assertEquals(expected, metadata(json), "as keys of the message");
  }

  @ParameterizedTest
  @ValueSource(strings = {"invalid", "truncated", "usage"})
  void otherUse_movesToInvalid(String key) throws Exception {
    Map<String, ?> expected = Map.of("invalid", Map.of("metadata", Map.of(key, "mine")));
    assertEquals(expected, metadata("{\"metadata\":{\"" + key + "\":\"mine\"}}"));
    assertEquals(expected, metadata("{\"" + key + "\":\"mine\"}"));
    assertEquals(Map.of(), metadata("{\"metadata\":{\"" + key + "\":null}}"));
  }

  @Test
  void goodMembersStay_badOnesMove() throws Exception {
    assertEquals(
        Map.of(
            "usage", Map.of("images", 3L),
            "invalid",
                Map.of(
                    "metadata",
                    Map.of("usage", Map.of("requests", "many", "service_tier", 5L, "mine", 1L)))),
        metadata(
            "{\"metadata\":{\"usage\":{\"images\":3,\"requests\":\"many\",\"service_tier\":5,\"mine\":1}}}"));
    assertEquals(
        Map.of(
            "truncated", Map.of("a", 1L),
            "invalid",
                Map.of("metadata", Map.of("truncated", Map.of("b", -1L, "c", "x", "d", true)))),
        metadata("{\"metadata\":{\"truncated\":{\"a\":1,\"b\":-1,\"c\":\"x\",\"d\":true}}}"));
  }

  @Test
  void theSameNameTwice_keepsBoth() throws Exception {
    assertEquals(
        Map.of("usage", Map.of("images", 1L), "invalid", Map.of("usage", Map.of("images", 2L))),
        metadata("{\"usage\":{\"images\":2},\"metadata\":{\"usage\":{\"images\":1}}}"));
    assertEquals(
        Map.of("invalid", Map.of("user_id", "new", "user_id_2", "old")),
        metadata("{\"user_id\":\"new\",\"metadata\":{\"invalid\":{\"user_id\":\"old\"}}}"));
    assertEquals(
        Map.of("invalid", Map.of("metadata", "text", "metadata_2", Map.of("usage", 5L))),
        metadata("{\"usage\":5,\"metadata\":\"text\"}"));
  }
}
