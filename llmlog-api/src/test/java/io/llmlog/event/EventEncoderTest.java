package io.llmlog.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.File;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.AbstractMap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class EventEncoderTest {
  private static final EventEncoder ENCODER =
      new EventEncoder(EventEncoder.Stamp.NONE, true, EventEncoder.MAX_MAX_BYTES);

  private static LlmEvent.Builder event() {
    return LlmEvent.builder("cv.parse")
        .eventId(UUID.fromString("0190a5b2-9f3c-7abc-8def-0123456789ab"))
        .createdAt(Instant.parse("2023-11-16T18:17:03.979960123Z"));
  }

  private static String encode(LlmEvent event) {
    return new String(ENCODER.encode(event), UTF_8);
  }

  private static String metadata(@Nullable Object value) {
    byte[] json = EventEncoder.metadataJson(event().metadata("x", value).build());
    assertTrue(json != null);
    String text = new String(json, UTF_8);
    assertTrue(text.startsWith("{\"x\":") && text.endsWith("}"), text);
    assertTrue(encode(event().metadata("x", value).build()).contains("\"metadata\":" + text));
    return text.substring(5, text.length() - 1);
  }

  @Test
  void everyColumn_isWrittenUnderItsKey_labelsThenFiguresThenTexts() {
    LlmEvent event =
        event()
            .message("m")
            .userId(1)
            .companyId(-2)
            .interviewId(Long.MIN_VALUE)
            .model("gpt-4o-mini")
            .tokensUsed(Long.MAX_VALUE)
            .tokensInput(0)
            .tokensOutput(10)
            .costUsd(new BigDecimal("1E-7"))
            .latencyMs(99)
            .streaming(true)
            .errorType("t")
            .errorMessage("e")
            .metadata("k", "v")
            .deploymentVersion("1")
            .deploymentEnvironment("prod")
            .endUser("u")
            .provider("openai")
            .responseModel("rm")
            .responseId("ri")
            .tokensCacheRead(1)
            .tokensCacheWrite(2)
            .tokensReasoning(3)
            .ttftMs(4)
            .finishReason("stop")
            .priceVersion("p")
            .traceId("tr")
            .spanId("sp")
            .sessionId("se")
            .service("sv")
            .request(List.of(1))
            .response("r")
            .build();
    assertEquals(
        "{\"action\":\"cv.parse\",\"model\":\"gpt-4o-mini\",\"error_type\":\"t\","
            + "\"deployment_version\":\"1\",\"deployment_environment\":\"prod\","
            + "\"provider\":\"openai\",\"response_model\":\"rm\",\"finish_reason\":\"stop\","
            + "\"price_version\":\"p\",\"service\":\"sv\","
            + "\"user_id\":1,\"company_id\":-2,\"interview_id\":-9223372036854775808,"
            + "\"tokens_used\":9223372036854775807,\"tokens_input\":0,\"tokens_output\":10,"
            + "\"latency_ms\":99,\"tokens_cache_read\":1,\"tokens_cache_write\":2,"
            + "\"tokens_reasoning\":3,\"ttft_ms\":4,\"streaming\":true,"
            + "\"created_at\":\"2023-11-16T18:17:03.979960Z\","
            + "\"event_id\":\"0190a5b2-9f3c-7abc-8def-0123456789ab\",\"cost_usd\":0.0000001,"
            + "\"message\":\"m\",\"error_message\":\"e\",\"metadata\":{\"k\":\"v\"},"
            + "\"end_user\":\"u\",\"response_id\":\"ri\",\"trace_id\":\"tr\",\"span_id\":\"sp\","
            + "\"session_id\":\"se\",\"request\":[1],\"response\":\"r\"}",
        encode(event));
  }

  @Test
  void absentColumns_areLeftOut_butForTheAction() {
    LlmEvent event = event().action(null).build();
    assertEquals(
        "{\"action\":\"unknown\",\"created_at\":\"2023-11-16T18:17:03.979960Z\","
            + "\"event_id\":\"0190a5b2-9f3c-7abc-8def-0123456789ab\"}",
        encode(event));
    assertNull(EventEncoder.metadataJson(event));
    assertNull(EventEncoder.requestJson(event));
    assertNull(EventEncoder.responseJson(event));
  }

  @Test
  void stamp_standsWhereTheEventSaysNothing() {
    EventEncoder encoder =
        new EventEncoder(new EventEncoder.Stamp("1.2", "pr\"od", "svc"), false, 1 << 18);
    String stamped = new String(encoder.encode(event().service("own").build()), UTF_8);
    assertTrue(
        stamped.contains(
            ",\"deployment_version\":\"1.2\",\"deployment_environment\":\"pr\\\"od\","),
        stamped);
    assertTrue(stamped.contains("\"service\":\"own\""), stamped);
    assertFalse(stamped.contains("svc"), stamped);
  }

  @Test
  void content_isWrittenOnlyWhereItIsCaptured() {
    LlmEvent event = event().request("secret").response("secret").build();
    EventEncoder encoder = new EventEncoder(EventEncoder.Stamp.NONE, false, 1 << 18);
    assertFalse(new String(encoder.encode(event), UTF_8).contains("secret"));
    assertArrayEquals("\"secret\"".getBytes(UTF_8), EventEncoder.requestJson(event));
    assertArrayEquals("\"secret\"".getBytes(UTF_8), EventEncoder.responseJson(event));
  }

  @Test
  void maxBytes_isRefusedOutsideItsBounds() {
    for (int bad : new int[] {-1, 0, 1_023, (16 << 20) + 1}) {
      String message =
          assertThrows(
                  IllegalArgumentException.class,
                  () -> new EventEncoder(EventEncoder.Stamp.NONE, false, bad))
              .getMessage();
      assertEquals("maxBytes=" + bad + ": must be 1024 to 16777216", message);
    }
  }

  @Test
  void sameEvent_isTheSameBytes() {
    LlmEvent event = event().metadata("a", Map.of("b", List.of(1, "2"))).build();
    assertArrayEquals(ENCODER.encode(event), ENCODER.encode(event));
  }

  enum Color {
    RED {
      @Override
      public String toString() {
        return "not the name";
      }
    }
  }

  @Test
  void jdkValues_areWrittenAsJson() {
    assertEquals("null", metadata(null));
    assertEquals("true", metadata(true));
    assertEquals(
        "\"a\\\"b\\\\c\\nd\\u0001\uFFFDé😀\uFFFD\"", metadata("a\"b\\c\nd\u0001\u0000é😀\ud800"));
    assertEquals("\"sb\"", metadata(java.nio.CharBuffer.wrap("sb")));
    assertEquals("\"c\"", metadata('c'));
    assertEquals("-1", metadata((byte) -1));
    assertEquals("5", metadata(new AtomicInteger(5)));
    assertEquals("1.5", metadata(1.5f));
    assertEquals("10000000000", metadata(1e10));
    assertEquals("0.0001", metadata(1e-4));
    assertEquals("1E+300", metadata(1e300));
    assertEquals("null", metadata(Double.NaN));
    assertEquals("null", metadata(Float.NEGATIVE_INFINITY));
    assertEquals("1E+999999999", metadata(new BigDecimal("1e999999999")));
    assertEquals("2.50", metadata(new BigDecimal("2.50")));
    assertEquals("100", metadata(new BigDecimal("1e2")));
    assertEquals("1" + "0".repeat(30), metadata(BigInteger.TEN.pow(30)));
    assertEquals("\"[number too long]\"", metadata(BigInteger.ONE.shiftLeft(2_000_000)));
    assertEquals("\"RED\"", metadata(Color.RED));
    assertEquals("\"2023-11-16T18:17:03Z\"", metadata(Instant.parse("2023-11-16T18:17:03Z")));
    assertEquals("\"2023-11-16\"", metadata(LocalDate.of(2023, 11, 16)));
    assertEquals("\"PT1S\"", metadata(Duration.ofSeconds(1)));
    assertEquals("\"1970-01-01T00:00:00Z\"", metadata(new java.sql.Timestamp(0)));
    assertEquals("\"00000000-0000-0001-0000-000000000002\"", metadata(new UUID(1, 2)));
    assertEquals("\"http://a/b\"", metadata(URI.create("http://a/b")));
    assertEquals("1", metadata(Optional.of(Optional.of(1))));
    assertEquals("null", metadata(Optional.empty()));
    assertEquals("7", metadata(OptionalInt.of(7)));
    assertEquals("[1,2]", metadata(new int[] {1, 2}));
    assertEquals("[\"a\",null,[]]", metadata(new Object[] {"a", null, new long[0]}));
    assertEquals("\"AQI=\"", metadata(new byte[] {1, 2}));
    assertEquals("[{}]", metadata(Set.of(Map.of())));
    assertEquals(
        "\"java.lang.IllegalStateException: x\"", metadata(new IllegalStateException("x")));
    Map<Object, Object> keys = new LinkedHashMap<>();
    keys.put(1, "a");
    keys.put(null, "b");
    keys.put("\u0000", "c");
    assertEquals("{\"1\":\"a\",\"null\":\"b\",\"\uFFFD\":\"c\"}", metadata(keys));
  }

  record Point(int x, @Nullable Instant at, Optional<String> name, double d) {}

  record Node(String name, @Nullable List<Object> next) {}

  static final class Opaque {
    @Override
    public String toString() {
      return "opaque";
    }
  }

  @Test
  void foreignValues_areWrittenByJackson() throws Exception {
    assertEquals(
        "{\"x\":1,\"at\":\"1970-01-01T00:00:00Z\",\"name\":\"n\",\"d\":null}",
        metadata(new Point(1, Instant.EPOCH, Optional.of("n"), Double.NaN)));
    assertEquals(
        "{\"a\":[1.25,null]}", metadata(new ObjectMapper().readTree("{\"a\":[1.25,null]}")));
    assertEquals("null", metadata(JsonNodeFactory.instance.nullNode()));
    assertEquals("\"opaque\"", metadata(new Opaque()));
    List<Object> ring = new ArrayList<>();
    Node node = new Node("n", ring);
    ring.add(node);
    assertTrue(
        metadata(node).startsWith("\"[unreadable: StackOverflowError"), () -> metadata(node));
  }

  @Test
  void sharedForeignParts_doNotExplode() {
    Node node = new Node("leaf", null);
    for (int i = 0; i < 60; i++) {
      node = new Node("n", List.of(node, node));
    }
    assertEquals("\"[longer than 16 MiB]\"", metadata(node));
  }

  @Test
  void unreadableValues_becomeShortTexts() {
    Map<String, Object> broken =
        new AbstractMap<>() {
          @Override
          public Set<Entry<String, Object>> entrySet() {
            throw new IllegalStateException("closed");
          }
        };
    assertEquals("[1,\"[unreadable: IllegalStateException]\"]", metadata(List.of(1, broken)));
    Object bad =
        new Object() {
          @Override
          public String toString() {
            throw new UnsupportedOperationException();
          }
        };
    assertEquals("\"[unreadable: UnsupportedOperationException]\"", metadata(bad));
  }

  @Test
  void deepAndCyclicValues_stayWithinAThousandLevels() throws Exception {
    Map<String, Object> cycle = new LinkedHashMap<>();
    cycle.put("self", cycle);
    byte[] json = ENCODER.encode(event().metadata("x", cycle).request(cycle).build());
    assertTrue(new String(json, UTF_8).contains("\"[nested too deep]\""));
    LlmEvent decoded = EventDecoder.decode(json, new UUID(0, 0), Instant.EPOCH);
    assertArrayEquals(json, ENCODER.encode(decoded));
    Object deep = 1;
    for (int i = 0; i < 100_000; i++) {
      deep = Collections.singletonList(deep);
    }
    EventDecoder.decode(
        ENCODER.encode(event().response(deep).build()), new UUID(0, 0), Instant.EPOCH);
  }

  @Test
  void branchingCycle_isDropped() throws Exception {
    Map<String, Object> cycle = new LinkedHashMap<>();
    cycle.put("a", cycle);
    cycle.put("b", cycle);
    EventEncoder encoder = new EventEncoder(EventEncoder.Stamp.NONE, true, 1 << 18);
    LlmEvent event = event().model("m").request(cycle).metadata("k", "v").build();
    LlmEvent decoded = EventDecoder.decode(encoder.encode(event), new UUID(0, 0), Instant.EPOCH);
    assertFalse(decoded.has(Column.REQUEST));
    assertEquals(Map.of("k", "v", "truncated", Map.of("request", 16L << 20)), decoded.metadata());
    assertEquals("m", decoded.model());
  }

  @Test
  void valuesThatLogThemselves_doNotMixMessages() {
    CharSequence nested =
        new CharSequence() {
          @Override
          public int length() {
            return 0;
          }

          @Override
          public char charAt(int index) {
            throw new IndexOutOfBoundsException(index);
          }

          @Override
          public CharSequence subSequence(int start, int end) {
            return this;
          }

          @Override
          public String toString() {
            return encode(event().build());
          }
        };
    String json = encode(event().message("outer").metadata("inner", nested).build());
    assertTrue(
        json.startsWith(
            "{\"action\":\"cv.parse\",\"created_at\":\"2023-11-16T18:17:03.979960Z\","
                + "\"event_id\":\"0190a5b2-9f3c-7abc-8def-0123456789ab\",\"message\":\"outer\""),
        json);
    assertTrue(json.contains("{\\\"action\\\""), json);
  }

  @Test
  void timesOutOfRange_doNotFail() throws Exception {
    for (Instant time : List.of(Instant.MIN, Instant.MAX)) {
      byte[] json = ENCODER.encode(event().createdAt(time).build());
      LlmEvent decoded = EventDecoder.decode(json, new UUID(0, 0), Instant.EPOCH);
      assertEquals(UuidV7.timeOf(decoded.eventId()), decoded.createdAt());
    }
  }

  @Test
  void jdkValues_needNoJackson() throws Exception {
    List<URL> path = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      if (!entry.contains("jackson")) {
        path.add(new File(entry).toURI().toURL());
      }
    }
    try (URLClassLoader loader =
        new URLClassLoader(path.toArray(new URL[0]), ClassLoader.getPlatformClassLoader())) {
      assertThrows(
          ClassNotFoundException.class, () -> loader.loadClass(ObjectMapper.class.getName()));
      Object json =
          loader.loadClass(WithoutJackson.class.getName()).getMethod("encode").invoke(null);
      assertTrue(((String) json).contains("\"truncated\""), () -> (String) json);
    }
  }

  /** Loaded where there is no Jackson. */
  public static final class WithoutJackson {
    private WithoutJackson() {}

    public static String encode() {
      LlmEvent event =
          LlmEvent.builder("a")
              .message("x".repeat(5_000))
              .metadata("list", Arrays.asList(1, 2.5, "t", null, TimeUnit.DAYS, Instant.now()))
              .metadata("foreign", new Opaque())
              .build();
      return new String(
          new EventEncoder(EventEncoder.Stamp.NONE, true, 2_048).encode(event), UTF_8);
    }
  }
}
