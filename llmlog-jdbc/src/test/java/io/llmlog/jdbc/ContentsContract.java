package io.llmlog.jdbc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.jdbc.DeadLetterBox.Replayed;
import io.llmlog.jdbc.schema.Schema;
import io.llmlog.spi.EventWriter;
import io.llmlog.spi.Message;
import io.llmlog.spi.StoreProvider.StoreSettings;
import io.llmlog.spi.TooManyRefusedException;
import io.llmlog.spi.WriteException;
import io.llmlog.spi.WriteResult;
import io.llmlog.spi.WriteResult.DeadLetter;
import io.llmlog.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.Period;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Prompts and answers, written beside their rows; the subclasses name the version. */
abstract class ContentsContract {
  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
  private static final Clock CLOCK = Clock.fixed(NOW, ZoneOffset.UTC);
  private static final SchemaName SCHEMA = new SchemaName("analytics");
  private static final Period CAPTURED = Period.ofDays(30);

  private String url = "";

  abstract PostgresServer server();

  Partitioning partitioning() {
    return Partitioning.NATIVE;
  }

  @BeforeEach
  void createTables() throws Exception {
    url = server().createDatabase("contents");
    new Schema(PostgresUrl.parse(url), SCHEMA, partitioning()).apply(false, NOW);
  }

  @Test
  void contents_areStoredWithTheirRows_exactlyAsTheyWere() throws Exception {
    String request =
        "{\"model\":\"m\",\"temperature\":1.10,\"seed\":123456789012345678901234567890,"
            + "\"top_p\":1e-3,\"messages\":[{\"role\":\"user\",\"content\":\"\u00e9 \ud83d\ude00\"}],"
            + "\"stop\":null,\"stream\":false}";
    assertEquals(
        new WriteResult(4, 0, List.of()),
        write(
            message(1, "\"request\":" + request + ",\"response\":\"plain text\""),
            message(2, "\"response\":[1,{\"a\":[]}]"),
            message(3, "\"request\":null"),
            message(4, "\"request\":0.50,\"response\":true")));
    assertEquals(3, contents());
    assertEquals(
        "{\"seed\": 123456789012345678901234567890, \"stop\": null, \"model\": \"m\", \"top_p\":"
            + " 0.001, \"stream\": false, \"messages\": [{\"role\": \"user\", \"content\": \"\u00e9"
            + " \ud83d\ude00\"}], \"temperature\": 1.10}",
        text("request", 1));
    assertEquals("\"plain text\"", text("response", 1));
    assertEquals(null, text("request", 2));
    assertEquals("[1, {\"a\": []}]", text("response", 2));
    assertEquals("0.50", text("request", 4));
    assertEquals(
        3,
        number(
            """
            SELECT count(*) FROM analytics.llm_logs JOIN analytics.llm_log_contents
              USING (created_at, event_id) WHERE metadata IS NULL
            """));
  }

  @Test
  void whatJsonbCannotHold_isKeptAsText() throws Exception {
    write(
        message(1, "\"request\":[1e200000,\"a\\u0000b\\ud800c\"],\"response\":{\"k\\u0000\":NaN}"));
    assertEquals("[\"1e200000\", \"a\ufffdb\ufffdc\"]", text("request", 1));
    assertEquals("{\"k\ufffd\": null}", text("response", 1));
    String deep = "[".repeat(999) + "]".repeat(999);
    assertEquals(1, write(message(2, "\"request\":" + deep)).stored());
    assertEquals(deep, text("request", 2));
  }

  @Test
  void withoutCapture_theTableIsNotTouched() throws Exception {
    execute("DROP TABLE analytics.llm_log_contents CASCADE");
    try (EventWriter writer = writer(url, null)) {
      assertEquals(2, writer.write(List.of(withContent(1, "a"), withContent(2, "b"))).stored());
    }
    assertEquals(2, rows());
  }

  @Test
  void aRedelivery_changesNothing_andTheFirstContentStays() throws Exception {
    write(withContent(1, "first"), withContent(1, "second"), withContent(2, "first"));
    assertEquals(
        new WriteResult(1, 2, List.of()),
        write(withContent(1, "third"), withContent(2, "first"), withContent(3, "first")));
    assertEquals(3, contents());
    assertEquals("\"first\"", text("request", 1));
  }

  @Test
  void aRedelivery_doesNotBringBackWhatWasErased() throws Exception {
    write(withContent(1, "a"), withContent(2, "b"));
    execute("DELETE FROM analytics.llm_log_contents");
    assertEquals(1, write(withContent(1, "a"), withContent(2, "b"), withContent(3, "c")).stored());
    assertEquals(1, contents());
    assertEquals("\"c\"", text("request", 3));
  }

  @Test
  void contentsPastTheirRetention_areNotStored_butTheRowsAre() throws Exception {
    String late = "\"created_at\":\"%s\",\"request\":\"r\"";
    assertEquals(
        2,
        write(
                message(1, late.formatted("2026-10-24T11:59:59.999999Z")),
                message(2, late.formatted("2026-10-24T12:00:00Z")))
            .stored());
    assertEquals(1, contents());
    assertEquals("\"r\"", text("request", 2));
  }

  @Test
  void aRefusedContent_makesADeadLetterOfItsElementAlone() throws Exception {
    execute(
        "ALTER TABLE analytics.llm_log_contents ADD CONSTRAINT odd CHECK (request <> '\"bad\"')");
    execute("ALTER TABLE analytics.llm_logs ADD CONSTRAINT known CHECK (action <> 'refused')");
    for (List<Integer> bad : List.of(List.of(0), List.of(99), List.of(13, 14, 50))) {
      execute("TRUNCATE analytics.llm_logs, analytics.llm_log_contents");
      execute("TRUNCATE analytics.llm_log_hourly_sums, analytics.llm_log_hourly_additions");
      execute("TRUNCATE analytics.llm_log_dead_letters");
      List<Message> batch = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        batch.add(withContent(i, bad.contains(i) ? "bad" : "good"));
      }
      batch.add(message(200, "\"action\":\"refused\",\"request\":\"good\""));
      batch.add(message(201, "\"action\":\"alone\""));
      WriteResult result = write(batch.toArray(Message[]::new));
      assertEquals(101 - bad.size(), result.stored());
      assertEquals(
          1 + bad.size(), result.deadLetters().stream().filter(DeadLetter::refused).count());
      assertEquals(101 - bad.size(), rows());
      assertEquals(100 - bad.size(), contents());
      assertEquals(101 - bad.size(), number("SELECT sum(calls) FROM analytics.llm_log_hourly"));
      assertEquals(
          bad.size(),
          number(
              """
              SELECT count(*) FROM analytics.llm_log_dead_letters WHERE sqlstate = '23514'
                AND reason LIKE 'content refused by the database: %"odd"%'
                AND convert_from(raw, 'UTF8')::jsonb->>'request' = 'bad'
              """));
      assertEquals(
          1,
          number(
              """
              SELECT count(*) FROM analytics.llm_log_dead_letters
              WHERE reason LIKE 'refused by the database: %"known"%'
              """));
      assertEquals(
          101 - bad.size(), write(batch.toArray(Message[]::new)).duplicates(), "redelivered");
    }
  }

  @Test
  void contentsRefusedInLargePart_pause() throws Exception {
    execute(
        "ALTER TABLE analytics.llm_log_contents ADD CONSTRAINT odd CHECK (request <> '\"bad\"')");
    Message[] batch =
        IntStream.range(0, 100)
            .mapToObj(i -> withContent(i, i < 21 ? "bad" : "good"))
            .toArray(Message[]::new);
    assertThrows(TooManyRefusedException.class, () -> write(batch));
    assertEquals(0, rows());
    assertEquals(0, contents());
  }

  @Test
  void aReplay_writesContents_whereTheyAreCaptured() throws Exception {
    execute("ALTER TABLE analytics.llm_logs ADD CONSTRAINT known CHECK (action <> 'refused')");
    execute(
        "ALTER TABLE analytics.llm_log_contents ADD CONSTRAINT odd CHECK (request <> '\"bad\"')");
    write(
        message(1, "\"action\":\"refused\",\"request\":\"good\""),
        withContent(2, "bad"),
        withContent(3, "good"));
    assertEquals(new Replayed(0, 0, 2, 0), box(CAPTURED).replay(null));
    execute("ALTER TABLE analytics.llm_logs DROP CONSTRAINT known");
    assertEquals(new Replayed(1, 0, 1, 0), box(CAPTURED).replay(null));
    assertEquals("\"good\"", text("request", 1));
    // Whoever wants the row and can do without its content.
    assertEquals(new Replayed(1, 0, 0, 0), box(null).replay(null));
    assertEquals(3, rows());
    assertEquals(2, contents());
  }

  @Test
  void contentsOfLargeBatches_areAllThere() throws Exception {
    Message[] batch =
        IntStream.range(0, 1000)
            .mapToObj(i -> withContent(i, (i + "x").repeat(8192 / (i + "x").length())))
            .toArray(Message[]::new);
    assertEquals(1000, write(batch).stored());
    assertEquals(1000, contents());
    long bytes = number("SELECT sum(length(request #>> '{}')) FROM analytics.llm_log_contents");
    assertTrue(bytes > 8_100_000, bytes + " characters");
    assertEquals("\"" + "999x".repeat(2048) + '"', text("request", 999));
    String large = "z".repeat(15 << 20);
    assertEquals(1, write(withContent(2000, large)).stored());
    assertEquals('"' + large + '"', text("request", 2000));
  }

  @Test
  void overlappingBatchesOfManyThreads_storeEachContentOnce() throws Exception {
    int threads = 4;
    int rounds = 10;
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try (EventWriter writer = writer(url, CAPTURED)) {
      List<Callable<Integer>> writing = new ArrayList<>();
      for (int thread = 0; thread < threads; thread++) {
        Random random = new Random(thread);
        writing.add(
            () -> {
              int sum = 0;
              for (int round = 0; round < rounds; round++) {
                List<Message> batch = new ArrayList<>();
                for (int i = round * 50; i < round * 50 + 100; i++) {
                  batch.add(i % 3 == 0 ? message(i, "\"action\":\"a\"") : withContent(i, "c" + i));
                }
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
      assertEquals(sum, rows());
      assertEquals(sum, number("SELECT sum(calls) FROM analytics.llm_log_hourly"));
      assertEquals(IntStream.range(0, sum).filter(i -> i % 3 != 0).count(), contents());
    } finally {
      executor.shutdownNow();
    }
  }

  @Test
  void aRoleWithoutTheRight_pausesWhereContentIsCaptured_andWritesWhereItIsNot() throws Exception {
    String role = "poor_" + url.substring(url.lastIndexOf('_') + 1);
    execute(
        """
        CREATE ROLE %1$s LOGIN PASSWORD 'pw'; GRANT USAGE ON SCHEMA analytics TO %1$s;
        GRANT INSERT, SELECT ON analytics.llm_logs TO %1$s;
        GRANT INSERT, UPDATE, SELECT ON analytics.llm_log_dead_letters TO %1$s
        """
            .formatted(role));
    String poor = url.replaceFirst("//[^@]+@", "//" + role + ":pw@");
    try (EventWriter without = writer(poor, null);
        EventWriter with = writer(poor, CAPTURED)) {
      assertEquals(1, without.write(List.of(withContent(1, "a"))).stored());
      WriteException e =
          assertThrows(WriteException.class, () -> with.write(List.of(withContent(2, "a"))));
      assertEquals(WriteException.Kind.PAUSE, e.kind());
      assertTrue(String.valueOf(e.getMessage()).contains("42501"), e.getMessage());
      assertEquals(1, rows());
      execute(
          "GRANT INSERT, SELECT (created_at, event_id) ON analytics.llm_log_contents TO " + role);
      assertEquals(1, with.write(List.of(withContent(2, "a"), withContent(1, "a"))).stored());
    }
    assertEquals(1, contents());
    execute("DROP TABLE analytics.llm_log_contents CASCADE");
    WriteException e = assertThrows(WriteException.class, () -> write(withContent(3, "a")));
    assertEquals(WriteException.Kind.PAUSE, e.kind());
    assertTrue(String.valueOf(e.getMessage()).contains("llmlog schema apply"), e.getMessage());
  }

  private WriteResult write(Message... batch) throws WriteException, InterruptedException {
    try (EventWriter writer = writer(url, CAPTURED)) {
      return writer.write(List.of(batch));
    }
  }

  private static EventWriter writer(String url, @Nullable Period contentRetention) {
    StoreSettings settings =
        new StoreSettings(
            url, "analytics", Period.ofMonths(13), 4, Duration.ofSeconds(20), contentRetention);
    return PostgresWriter.create(settings, CLOCK);
  }

  private DeadLetterBox box(@Nullable Period contentRetention) {
    return new DeadLetterBox(
        PostgresUrl.parse(url), SCHEMA, Period.ofMonths(13), contentRetention, CLOCK);
  }

  private static Message withContent(int number, String request) {
    return message(number, "\"action\":\"a\",\"request\":\"" + request + "\"");
  }

  private static Message message(int number, String members) {
    String time = members.contains("created_at") ? "" : "\"created_at\":\"" + NOW + "\",";
    String json = "{\"event_id\":\"" + new UUID(7, number) + "\"," + time + members + "}";
    return new Message(json.getBytes(UTF_8), new UUID(8, number), NOW);
  }

  private @Nullable String text(String column, int number) throws SQLException {
    try (Connection connection = PostgresServer.connect(url);
        ResultSet row =
            connection
                .createStatement()
                .executeQuery(
                    "SELECT %s::text FROM analytics.llm_log_contents WHERE event_id = '%s'"
                        .formatted(column, new UUID(7, number)))) {
      assertTrue(row.next(), "no content of " + number);
      return row.getString(1);
    }
  }

  private long rows() throws SQLException {
    return number("SELECT count(*) FROM analytics.llm_logs");
  }

  private long contents() throws SQLException {
    return number("SELECT count(*) FROM analytics.llm_log_contents");
  }

  private void execute(String sql) {
    PostgresServer.execute(url, sql);
  }

  private long number(String sql) throws SQLException {
    try (Connection connection = PostgresServer.connect(url);
        ResultSet row = connection.createStatement().executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }
}
