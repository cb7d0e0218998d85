package io.llmlog.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.event.Column;
import io.llmlog.spi.EventWriter;
import io.llmlog.spi.Message;
import io.llmlog.spi.WriteResult;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every {@link EventWriter} must do. A subclass names a store that is empty before each test,
 * and says how to read it back.
 */
public abstract class WriterContract {
  private static final Instant CLAIMED = Instant.parse("2026-11-23T10:15:30.123456Z");

  private @Nullable EventWriter writer;

  /**
   * A writer into an empty store, of at least four connections and a retention of 3,000 years. Each
   * test closes it.
   */
  protected abstract EventWriter createWriter() throws Exception;

  /**
   * The row of an event: the value of each column that stands in a row, in the Java type that
   * {@link Column.Type} names; JSON as a text. Null where there is no row.
   */
  protected abstract @Nullable Map<Column, @Nullable Object> row(UUID eventId) throws Exception;

  /** How many rows there are. */
  protected abstract long rows() throws Exception;

  /** The bytes of all dead letters. */
  protected abstract List<byte[]> deadLetters() throws Exception;

  @BeforeEach
  final void openWriter() throws Exception {
    writer = createWriter();
  }

  @AfterEach
  final void closeWriter() {
    writer().close();
  }

  @Test
  void write_ofNewEvents_storesEach() throws Exception {
    assertEquals(result(100, 0), writer().write(batch(0, 100)));
    assertEquals(100, rows());
  }

  @Test
  void prepare_storesNothing_beforeAndBetweenWrites() throws Exception {
    writer().prepare();
    writer().prepare();
    assertEquals(0, rows());
    assertEquals(result(100, 0), writer().write(batch(0, 100)));
    writer().prepare();
    assertEquals(100, rows());
    assertEquals(result(0, 100), writer().write(batch(0, 100)));
    assertEquals(0, deadLetters().size());
  }

  @Test
  void write_again_changesNothing() throws Exception {
    writer().write(batch(0, 50));
    assertEquals(result(0, 50), writer().write(batch(0, 50)));
    assertEquals(result(10, 40), writer().write(batch(10, 60)));
    assertEquals(60, rows());
  }

  @Test
  void write_ofOneEventTwiceInABatch_storesItOnce() throws Exception {
    List<Message> twice = new ArrayList<>(batch(0, 3));
    twice.addAll(batch(0, 3));
    assertEquals(result(3, 3), writer().write(twice));
    assertEquals(3, rows());
  }

  @Test
  void write_ofMessagesWithoutIdentity_makesOneRowEach() throws Exception {
    List<Message> equalBytes = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      equalBytes.add(new Message(bytes("{\"action\":\"same\"}"), new UUID(7, i), CLAIMED));
    }
    assertEquals(result(5, 0), writer().write(equalBytes));
    assertEquals(result(0, 5), writer().write(equalBytes));
    Map<Column, @Nullable Object> row = presentRow(new UUID(7, 3));
    assertEquals(CLAIMED, row.get(Column.CREATED_AT));
    assertEquals("same", row.get(Column.ACTION));
  }

  @Test
  void write_ofABadMessage_keepsItsBytesAndStoresTheOthers() throws Exception {
    List<Message> batch = new ArrayList<>(batch(0, 20));
    byte[] bad = bytes("{\"action\": not json");
    batch.add(7, new Message(bad, new UUID(1, 1), CLAIMED));
    WriteResult result = writer().write(batch);
    assertEquals(20, result.stored());
    assertEquals(0, result.duplicates());
    assertEquals(1, result.deadLetters().size());
    assertEquals(7, result.deadLetters().get(0).index());
    assertFalse(result.deadLetters().get(0).reason().isBlank());
    assertEquals(20, rows());
    assertEquals(1, deadLetters().size());
    assertTrue(Arrays.equals(bad, deadLetters().get(0)));
  }

  @Test
  void write_ofABadMessageAgain_keepsItOnce() throws Exception {
    List<Message> batch = List.of(new Message(bytes("[]"), new UUID(1, 2), CLAIMED));
    assertEquals(1, writer().write(batch).deadLetters().size());
    assertEquals(1, writer().write(batch).deadLetters().size());
    assertEquals(1, deadLetters().size());
    assertEquals(0, rows());
  }

  @Test
  void writeDead_keepsTheBytesOnceAndUnread() throws Exception {
    byte[] good =
        bytes("{\"event_id\":\"" + new UUID(0x7000, 1L << 63 | 1) + "\",\"action\":\"a\"}");
    Message message = new Message(good, new UUID(1, 3), CLAIMED);
    writer().writeDead(message, "ended its worker");
    writer().writeDead(message, "ended its worker");
    assertEquals(0, rows());
    assertEquals(1, deadLetters().size());
    assertTrue(Arrays.equals(good, deadLetters().get(0)));
    // It bears the queue's identity, not the event's, and so is in nobody's way.
    assertEquals(result(1, 0), writer().write(List.of(message)));
    assertEquals(1, deadLetters().size());
  }

  @Test
  void write_withABoundOfTheCallers_storesAsEver() throws Exception {
    assertEquals(result(30, 0), writer().write(batch(0, 30), 0));
    assertEquals(result(0, 30), writer().write(batch(0, 30), Integer.MAX_VALUE));
  }

  @Test
  void write_ofOverlappingBatchesByManyThreads_storesEachEventOnce() throws Exception {
    int threads = 4;
    int rounds = 15;
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      CountDownLatch start = new CountDownLatch(1);
      List<Future<Integer>> stored = new ArrayList<>();
      for (int thread = 0; thread < threads; thread++) {
        Random random = new Random(thread);
        Callable<Integer> writing =
            () -> {
              start.await();
              int sum = 0;
              for (int round = 0; round < rounds; round++) {
                List<Message> batch = new ArrayList<>(batch(round * 50, round * 50 + 100));
                Collections.shuffle(batch, random);
                sum += writer().write(batch).stored();
              }
              return sum;
            };
        stored.add(executor.submit(writing));
      }
      start.countDown();
      int sum = 0;
      for (Future<Integer> one : stored) {
        sum += one.get();
      }
      assertEquals(rounds * 50 + 50, sum);
      assertEquals(sum, rows());
    } finally {
      executor.shutdownNow();
    }
  }

  @Test
  void write_ofEveryColumn_keepsEachValue() throws Exception {
    Map<Column, Object> values = new LinkedHashMap<>();
    values.put(Column.CREATED_AT, Instant.parse("2026-02-28T23:59:59.999999Z"));
    for (Column column : Column.values()) {
      switch (column.type()) {
        case TEXT -> values.put(column, "text of " + column.key() + " \u00e9\u4e2d\ud83d\ude00");
        case INTEGER -> values.put(column, 1_000_000_007L * (column.ordinal() + 1));
        case DECIMAL -> values.put(column, new BigDecimal("123456.123456789012"));
        case BOOLEAN -> values.put(column, true);
        case UUID -> values.put(column, UUID.fromString("0190a2b3-c4d5-7e6f-8a9b-0c1d2e3f4a5b"));
        default -> {}
      }
    }
    assertKept(values);
  }

  @Test
  void write_ofExtremeValues_keepsEach() throws Exception {
    String text = "\ud83d\ude00 'quoted' \"double\" \\ tab\t line\n \u0001\uffff\ufffd";
    assertKept(
        Map.of(
            Column.CREATED_AT,
            Instant.parse("0001-01-01T00:00:00Z"),
            Column.ACTION,
            "\ud83d\ude00".repeat(100),
            Column.TOKENS_INPUT,
            Long.MAX_VALUE,
            Column.TOKENS_OUTPUT,
            Long.MIN_VALUE,
            Column.TOKENS_USED,
            0L,
            Column.COST_USD,
            new BigDecimal("0.000000000001"),
            Column.MESSAGE,
            text));
    assertKept(
        Map.of(
            Column.CREATED_AT,
            Instant.parse("9999-12-31T23:59:59.999999Z"),
            Column.ACTION,
            "a",
            Column.USER_ID,
            -1L,
            Column.COST_USD,
            new BigDecimal("-999999.999999999999"),
            Column.MESSAGE,
            "x\u00e9".repeat(1 << 20)));
    for (String cost : List.of("0", "0.000000000000", "1", "10000", "0.0001", "0.5", "99999.5")) {
      assertKept(Map.of(Column.ACTION, "cost", Column.COST_USD, new BigDecimal(cost)));
    }
  }

  @Test
  void write_ofAnActionAlone_leavesTheRestUnknown() throws Exception {
    UUID id = new UUID(3, 3);
    writer().write(List.of(new Message(bytes("{\"action\":\"alone\"}"), id, CLAIMED)));
    presentRow(id)
        .forEach(
            (column, value) -> {
              switch (column) {
                case ACTION -> assertEquals("alone", value);
                case CREATED_AT -> assertEquals(CLAIMED, value);
                case EVENT_ID -> assertEquals(id, value);
                case STREAMING -> assertEquals(false, value);
                default -> assertNull(value, column.key());
              }
            });
  }

  @Test
  void write_ofMetadata_keepsIt() throws Exception {
    UUID id = new UUID(3, 4);
    byte[] message =
        bytes("{\"action\":\"a\",\"metadata\":{\"k\":[1,{\"deep\":\"\ud83d\ude00\"}]}}");
    writer().write(List.of(new Message(message, id, CLAIMED)));
    String metadata = String.valueOf(presentRow(id).get(Column.METADATA));
    assertEquals("{\"k\":[1,{\"deep\":\"\ud83d\ude00\"}]}", metadata.replaceAll("\\s", ""));
  }

  /** Writes one event of these values and reads it back. */
  private void assertKept(Map<Column, Object> values) throws Exception {
    UUID id = (UUID) values.getOrDefault(Column.EVENT_ID, UUID.randomUUID());
    StringBuilder json = new StringBuilder("{\"event_id\":\"" + id + "\"");
    if (!values.containsKey(Column.CREATED_AT)) {
      json.append(",\"created_at\":\"").append(CLAIMED).append('"');
    }
    values.forEach(
        (column, value) -> {
          if (column != Column.EVENT_ID) {
            json.append(",\"").append(column.key()).append("\":").append(json(value));
          }
        });
    byte[] message = bytes(json.append('}').toString());
    assertEquals(
        result(1, 0), writer().write(List.of(new Message(message, new UUID(9, 9), CLAIMED))));
    Map<Column, @Nullable Object> row = presentRow(id);
    values.forEach(
        (column, expected) -> {
          Object actual = row.get(column);
          if (expected instanceof BigDecimal cost) {
            assertEquals(0, cost.compareTo((BigDecimal) actual), cost + " is " + actual);
          } else {
            assertEquals(expected, actual, column.key());
          }
        });
  }

  private Map<Column, @Nullable Object> presentRow(UUID id) throws Exception {
    Map<Column, @Nullable Object> row = row(id);
    if (row == null) {
      throw new AssertionError("no row of " + id);
    }
    return row;
  }

  private EventWriter writer() {
    if (writer == null) {
      throw new IllegalStateException("opened before each test");
    }
    return writer;
  }

  /** Messages of the events with these numbers, the last excluded; equal numbers, equal events. */
  protected static List<Message> batch(int from, int to) {
    List<Message> batch = new ArrayList<>();
    for (int number = from; number < to; number++) {
      batch.add(message(number, "contract"));
    }
    return batch;
  }

  /** The message of one event, which has its own identity and time. */
  protected static Message message(int number, String action) {
    Instant createdAt = CLAIMED.plusSeconds(number % 7).plusNanos(number * 1000L);
    String json =
        "{\"event_id\":\"%s\",\"created_at\":\"%s\",\"action\":\"%s\",\"tokens_input\":%d}"
            .formatted(new UUID(0x7000, 1L << 63 | number), createdAt, action, number);
    return new Message(bytes(json), new UUID(5, number), CLAIMED);
  }

  private static WriteResult result(int stored, int duplicates) {
    return new WriteResult(stored, duplicates, List.of());
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String json(Object value) {
    if (value instanceof Number || value instanceof Boolean) {
      return value instanceof BigDecimal cost ? cost.toPlainString() : value.toString();
    }
    StringBuilder quoted = new StringBuilder("\"");
    for (char c : value.toString().toCharArray()) {
      if (c < ' ' || c == '"' || c == '\\') {
        quoted.append(String.format("\\u%04x", (int) c));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }
}
