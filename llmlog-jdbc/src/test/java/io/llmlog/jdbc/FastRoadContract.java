package io.llmlog.jdbc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.llmlog.event.Column;
import io.llmlog.spi.EventWriter;
import io.llmlog.spi.Message;
import io.llmlog.spi.WriteResult;
import io.llmlog.spi.WriteResult.DeadLetter;
import java.time.Period;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * Which road a batch takes, and that nobody can tell from the tables; subclasses name the server.
 */
abstract class FastRoadContract extends RoadsCase {
  @Test
  void newRows_goTheFastRoad_andAreCounted() throws Exception {
    try (EventWriter writer = writer()) {
      assertEquals(new WriteResult(100, 0, List.of()), writer.write(batch(0, 100)));
      assertEquals(new WriteResult(1, 2, List.of()), writer.write(thrice(message(100, "\"a\":1"))));
    }
    assertTries(2, 0);
    assertRows(101);
  }

  @Test
  void aDuplicate_leadsToTheSureRoad_whichStoresTheRest() throws Exception {
    try (EventWriter writer = writer()) {
      writer.write(batch(0, 50));
      assertEquals(new WriteResult(10, 40, List.of()), writer.write(batch(10, 60)));
    }
    assertTries(2, 1);
    assertRows(60);
  }

  @Test
  void afterADuplicate_theSureRoadIsKeptTo_aWhile() throws Exception {
    try (EventWriter writer = writer()) {
      writer.write(batch(0, 1));
      writer.write(batch(0, 1));
      assertTries(2, 1);
      for (int i = 1; i <= Detour.FIRST; i++) {
        writer.write(batch(i, i + 1));
      }
      assertTries(2, 1 + Detour.FIRST);
      writer.write(batch(1000, 1001));
      writer.write(batch(1001, 1002));
      assertTries(4, 1 + Detour.FIRST);
    }
    assertRows(Detour.FIRST + 3);
  }

  @Test
  void whatWasRedelivered_takesTheSureRoadAtOnce() throws Exception {
    try (EventWriter writer = writer()) {
      List<Message> batch = new ArrayList<>(batch(0, 9));
      batch.addAll(Redelivering.again(batch(9, 10)));
      assertEquals(10, writer.write(batch).stored());
      assertTries(0, 1);
      assertEquals(10, writer.write(batch(10, 20)).stored());
      assertTries(1, 1);
    }
    assertRows(20);
  }

  @Test
  void rowsOlderThanAWeek_takeTheSureRoadAtOnce() throws Exception {
    String time = "\"created_at\":\"%s\"";
    try (EventWriter writer = writer()) {
      writer.write(
          List.of(message(1, time.formatted(NOW.minus(FastRoad.OLDEST).minusNanos(1000)))));
      assertTries(0, 1);
      writer.write(List.of(message(2, time.formatted(NOW.minus(FastRoad.OLDEST)))));
      assertTries(1, 1);
    }
    assertRows(2);
  }

  @Test
  void contents_takeTheSureRoad_whereTheyAreCaptured() throws Exception {
    List<Message> batch = List.of(message(1, "\"request\":1"), message(2, "\"action\":\"a\""));
    try (EventWriter capturing = writer(Period.ofDays(30))) {
      capturing.write(batch);
      assertTries(0, 1);
      capturing.write(batch(10, 20));
      assertTries(1, 1);
    }
    try (EventWriter passing = writer()) {
      passing.write(List.of(message(3, "\"request\":1")));
    }
    assertTries(2, 1);
    assertEquals(1, number("SELECT count(*) FROM analytics.llm_log_contents"));
    assertRows(13);
  }

  @Test
  void aRowThatIsRefused_isADeadLetter_andTheOthersAreStored() throws Exception {
    execute("ALTER TABLE analytics.llm_logs ADD CONSTRAINT odd CHECK (action <> 'refused')");
    try (EventWriter writer = writer()) {
      List<Message> batch = new ArrayList<>(batch(0, 30));
      batch.add(7, message(100, "\"action\":\"refused\""));
      batch.add(9, new Message("no JSON".getBytes(UTF_8), new UUID(9, 9), NOW));
      WriteResult result = writer.write(batch);
      assertEquals(30, result.stored());
      assertEquals(List.of(7, 9), result.deadLetters().stream().map(DeadLetter::index).toList());
      assertEquals(1, number("SELECT CASE WHEN is_called THEN last_value END FROM analytics.fast"));
    }
    assertEquals(2, number("SELECT count(*) FROM analytics.llm_log_dead_letters"));
    assertRows(30);
  }

  @Test
  void aMessageThatIsNoJson_isADeadLetterOnTheFastRoadToo() throws Exception {
    try (EventWriter writer = writer()) {
      List<Message> batch = new ArrayList<>(batch(0, 30));
      batch.add(9, new Message("no JSON".getBytes(UTF_8), new UUID(9, 9), NOW));
      assertEquals(30, writer.write(batch).stored());
    }
    assertTries(1, 0);
    assertEquals(1, number("SELECT count(*) FROM analytics.llm_log_dead_letters"));
    assertRows(30);
  }

  @Test
  void whatBothRoadsStore_isTheSame() throws Exception {
    List<Message> batch = variety();
    String rows =
        """
        SELECT string_agg((to_jsonb(l) - 'id' || jsonb_build_object('bytes', pg_column_size(cost_usd)))
          ::text, chr(10) ORDER BY event_id) FROM analytics.llm_logs l
        """;
    String sums =
        """
        SELECT string_agg(to_jsonb(h)::text, chr(10) ORDER BY hour, company_id, provider, model, action)
        FROM analytics.llm_log_hourly h
        """;
    // Where no row is too old.
    try (EventWriter writer = PostgresWriter.create(settings(null), PostgresContract.ANCIENT)) {
      assertEquals(batch.size(), writer.write(batch).stored());
      assertTries(1, 0);
      String fastRows = text(rows);
      String fastSums = text(sums);
      execute("TRUNCATE analytics.llm_logs");
      execute("TRUNCATE analytics.llm_log_hourly_sums, analytics.llm_log_hourly_additions");
      assertEquals(batch.size(), writer.write(Redelivering.again(batch)).stored());
      assertTries(1, 1);
      assertEquals(text(rows), fastRows);
      assertEquals(text(sums), fastSums);
    }
  }

  @Test
  void writersOnBothRoads_storeEachEventOnce() throws Exception {
    int threads = 4;
    int rounds = 15;
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try (EventWriter fast = writer();
        EventWriter sure = new Redelivering(writer())) {
      List<Callable<Integer>> writing = new ArrayList<>();
      for (int thread = 0; thread < threads; thread++) {
        Random random = new Random(thread);
        EventWriter writer = thread % 2 == 0 ? fast : sure;
        writing.add(
            () -> {
              int sum = 0;
              for (int round = 0; round < rounds; round++) {
                List<Message> batch = new ArrayList<>(batch(round * 50, round * 50 + 100));
                Collections.shuffle(batch, random);
                sum += writer.write(batch).stored();
              }
              return sum;
            });
      }
      int sum = 0;
      for (Future<Integer> stored : executor.invokeAll(writing)) {
        sum += stored.get();
      }
      assertEquals(rounds * 50 + 50, sum);
      assertRows(sum);
    } finally {
      executor.shutdownNow();
    }
  }

  /** Rows of every kind, all of them new and none refused. */
  private static List<Message> variety() {
    List<Message> batch = new ArrayList<>();
    StringBuilder all = new StringBuilder("\"created_at\":\"2026-02-28T23:59:59.999999Z\"");
    StringBuilder none = new StringBuilder("\"other\":null");
    for (Column column : Column.values()) {
      String value =
          switch (column.type()) {
            case TEXT -> "\"text of " + column.key() + " \u00e9\u4e2d\ud83d\ude00\\t\\u0000\"";
            case INTEGER -> Long.toString(1_000_000_007L * (column.ordinal() + 1));
            case DECIMAL -> "123456.123456789012";
            case BOOLEAN -> "true";
            default -> null;
          };
      if (value != null) {
        all.append(",\"").append(column.key()).append("\":").append(value);
        none.append(",\"").append(column.key()).append("\":null");
      }
    }
    String metadata =
        "\"metadata\":{\"k\":[1,1.50,-0,1e3,{\"deep\":\"\u00e9 \ud83d\ude00\"}],\"\":null,\"e\":{}}";
    List<String> members =
        new ArrayList<>(
            List.of(
                all + "," + metadata,
                none.toString(),
                "\"action\":\"\"",
                "\"action\":\"" + "\ud83d\ude00".repeat(100) + "\",\"metadata\":{}",
                "\"action\":\"" + "x".repeat(101) + "\",\"model\":\"" + "y ".repeat(150) + "\"",
                "\"action\":\"a\",\"model\":\"trailing" + " ".repeat(300) + "\"",
                "\"created_at\":\"0001-01-01T00:00:00Z\",\"tokens_input\":" + Long.MAX_VALUE,
                "\"created_at\":\"9999-12-31T23:59:59.999999Z\",\"tokens_output\":"
                    + Long.MIN_VALUE,
                "\"message\":\"" + "x\u00e9".repeat(1 << 20) + "\"",
                "\"metadata\":{\"large\":\"" + "z\u4e2d".repeat(1 << 18) + "\"}",
                "\"latency_ms\":\"soon\",\"user_id\":1.5,\"odd\":[true]",
                "\"error_type\":\"\",\"error_message\":\"\\\\N\",\"streaming\":true"));
    for (String cost :
        List.of(
            "0",
            "0.000000000000",
            "1",
            "10000",
            "0.0001",
            "0.5",
            "99999.5",
            "0.000000000001",
            "-999999.999999999999",
            "1e-30",
            "1e5",
            "\"NaN\"",
            "1e40",
            "0.0000000000005")) {
      members.add("\"action\":\"cost\",\"company_id\":7,\"cost_usd\":" + cost);
    }
    for (String one : members) {
      batch.add(message(batch.size(), one));
    }
    return batch;
  }

  private static List<Message> thrice(Message message) {
    return List.of(message, message, message);
  }
}
