package io.llmlog.jdbc.maintain;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.jdbc.DeadLetterBox;
import io.llmlog.jdbc.Partitioning;
import io.llmlog.jdbc.PostgresDataSource;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.PostgresWriter;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.maintain.Erase.Erased;
import io.llmlog.jdbc.maintain.Erase.Person;
import io.llmlog.jdbc.schema.Schema;
import io.llmlog.spi.EventWriter;
import io.llmlog.spi.Message;
import io.llmlog.spi.StoreProvider.StoreSettings;
import io.llmlog.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.Period;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One person among others; the subclasses name the version. */
abstract class EraseContract {
  private static final Instant NOW = Instant.parse("2026-11-15T12:00:00Z");
  private static final SchemaName SCHEMA = new SchemaName("analytics");
  private static final Person SEVEN = Person.byUserId(7);

  /** What a company pays for and what people count. */
  private static final String FIGURES =
      """
      SELECT md5(string_agg(ROW(id, created_at, event_id, action, company_id, model, tokens_used,
        tokens_input, tokens_output, cost_usd, latency_ms, streaming, error_type,
        error_message IS NULL, deployment_version, deployment_environment, provider,
        response_model, tokens_cache_read, tokens_cache_write, tokens_reasoning, ttft_ms,
        finish_reason, price_version, service, metadata->'usage')::text, '' ORDER BY id))
      FROM analytics.llm_logs
      """;

  private static final String ROLLUP =
      """
      SELECT md5(string_agg(h::text, '' ORDER BY h::text)) FROM analytics.llm_log_hourly AS h
      """;

  private static final String OTHERS =
      """
      SELECT md5(string_agg(ROW(l, c)::text, '' ORDER BY l.id)) FROM analytics.llm_logs AS l
      LEFT JOIN analytics.llm_log_contents AS c USING (created_at, event_id)
      WHERE l.company_id IS DISTINCT FROM 7
      """;

  private String url = "";

  abstract PostgresServer server();

  Partitioning partitioning() {
    return Partitioning.NATIVE;
  }

  String farthestPast() {
    return "-infinity";
  }

  @BeforeEach
  void createTables() throws Exception {
    url = server().createDatabase("erase");
    new Schema(PostgresUrl.parse(url), SCHEMA, partitioning()).apply(false, NOW);
  }

  @Test
  void erase_takesOnePersonOutOfAllPartitions_andLeavesTheFigures() throws Exception {
    insertFivePeople(10_000);
    execute(
        """
        INSERT INTO analytics.llm_logs (created_at, action, user_id, company_id, message) VALUES
          ('%s', 'a', 7, 7, 'm'), ('infinity', 'a', 7, 7, 'm'),
          ('0044-03-15 BC', 'a', 7, 7, 'm'), ('9999-12-31', 'a', 7, 7, 'm')
        """
            .formatted(farthestPast()));
    String figures = text(FIGURES);
    String rollup = text(ROLLUP);
    String others = text(OTHERS);
    long errors = number("SELECT sum(errors) FROM analytics.llm_log_hourly");
    assertTrue(
        number("SELECT count(DISTINCT tableoid) FROM analytics.llm_logs WHERE user_id = 7") >= 5);

    assertEquals(new Erased(2004, 1000, 0, 0), erase().run(SEVEN, true));
    assertEquals(2004, rowsOf("user_id = 7"));
    assertEquals(new Erased(2004, 1000, 0, 0), erase().run(SEVEN, false));

    assertEquals(
        2004,
        rowsOf(
            """
            company_id = 7 AND user_id IS NULL AND end_user IS NULL AND interview_id IS NULL
              AND message IS NULL AND coalesce(error_message, '') = '' AND response_id IS NULL
              AND trace_id IS NULL AND span_id IS NULL AND session_id IS NULL
            """));
    assertEquals(
        0, number("SELECT count(*) FROM analytics.llm_logs AS l WHERE l::text LIKE '%seven%'"));
    assertEquals(
        0,
        number(
            "SELECT count(*) FROM analytics.llm_log_contents AS c WHERE c::text LIKE '%seven%'"));
    assertEquals(4000, number("SELECT count(*) FROM analytics.llm_log_contents"));
    assertEquals(figures, text(FIGURES));
    assertEquals(rollup, text(ROLLUP));
    assertEquals(others, text(OTHERS));
    assertEquals(errors, rowsOf("error_type IS NOT NULL OR error_message IS NOT NULL"));

    assertEquals(new Erased(0, 0, 0, 0), erase().run(SEVEN, false));
    assertEquals(others, text(OTHERS));
  }

  @Test
  void metadata_keepsTheFiguresOfItsUsageAlone() throws Exception {
    String[][] cases = {
      {
        "{\"usage\":{\"images\":2,\"service_tier\":\"flex\"},\"name\":\"Anna\"}",
        "{\"usage\": {\"images\": 2, \"service_tier\": \"flex\"}}"
      },
      {
        "{\"usage\":{\"images\":\"Anna\",\"requests\":3,\"Anna\":4,\"service_tier\":5}}",
        "{\"usage\": {\"requests\": 3}}"
      },
      {"{\"usage\":{\"Anna\":4}}", ""},
      {"{\"usage\":\"Anna\"}", ""},
      {"{\"invalid\":{\"user_id\":\"Anna\"},\"truncated\":{\"message\":5000}}", ""},
      {"[\"Anna\"]", ""},
      {"\"Anna\"", ""},
      {"null", ""},
    };
    for (String[] one : cases) {
      execute(
          "INSERT INTO analytics.llm_logs (action, user_id, metadata) VALUES ('a', 7, '%s')"
              .formatted(one[0]));
      assertEquals(1, erase().run(SEVEN, false).rows());
      assertEquals(one[1], text("SELECT coalesce(metadata::text, '') FROM analytics.llm_logs"));
      execute("TRUNCATE analytics.llm_logs");
    }
  }

  @Test
  void erase_byEndUser_takesThatOneAlone() throws Exception {
    execute(
        """
        INSERT INTO analytics.llm_logs (created_at, event_id, action, user_id, end_user, message)
        VALUES ('2026-11-01', '00000000-0000-0000-0000-000000000001', 'a', 7, 'o''é%', 'm'),
          ('2026-11-01', '00000000-0000-0000-0000-000000000002', 'a', 7, NULL, 'm'),
          ('2026-12-01', '00000000-0000-0000-0000-000000000003', 'a', NULL, 'o''é%', 'm'),
          ('2026-12-01', '00000000-0000-0000-0000-000000000004', 'a', NULL, 'o''ée', 'm');
        INSERT INTO analytics.llm_log_contents (created_at, event_id, request)
        SELECT created_at, event_id, '"text"' FROM analytics.llm_logs
        """);
    assertEquals(new Erased(2, 2, 0, 0), erase().run(Person.byEndUser("o'é%"), false));
    assertEquals(2, rowsOf("message IS NULL AND user_id IS NULL AND end_user IS NULL"));
    assertEquals(1, rowsOf("user_id = 7 AND message = 'm'"));
    assertEquals(1, rowsOf("end_user = 'o''ée'"));
    for (String wrong : List.of("", "x".repeat(201), "a\0b")) {
      assertThrows(IllegalArgumentException.class, () -> Person.byEndUser(wrong));
    }
    assertEquals(new Erased(0, 0, 0, 0), erase().run(Person.byEndUser("😀".repeat(200)), false));
  }

  @Test
  void deadLettersOfThePerson_goToo_andOthersStay() throws Exception {
    String own = "{\"user_id\":%s,\"action\":\"%s\"}";
    try (Connection connection = PostgresServer.connect(url);
        PreparedStatement insert =
            connection.prepareStatement(
                """
                INSERT INTO analytics.llm_log_dead_letters (id, created_at, raw, reason)
                VALUES (?, '2026-11-01', ?, ?)
                """)) {
      for (int i = 0; i < 1200; i++) {
        letter(insert, i, own.formatted(i % 3 == 0 ? "\"7\"" : "8", "a"), "refused");
      }
      letter(insert, 2000, own.formatted("7", "x".repeat(9 << 20)), "refused");
      letter(insert, 2001, own.formatted("7.0", "x".repeat(9 << 20)), "refused");
      letter(insert, 2002, "{\"user_id\":7", "ends before");
      letter(insert, 2003, own.formatted("7", "a"), DeadLetterBox.ENDED_ITS_WORKER + ": 3 died");
      letter(insert, 2004, "{\"end_user\":\"7\"}", "refused");
    }
    assertEquals(new Erased(0, 0, 402, 2), erase().run(SEVEN, true));
    assertEquals(1205, number("SELECT count(*) FROM analytics.llm_log_dead_letters"));
    assertEquals(new Erased(0, 0, 402, 2), erase().run(SEVEN, false));
    assertEquals(803, number("SELECT count(*) FROM analytics.llm_log_dead_letters"));
    assertEquals(new Erased(0, 0, 0, 2), erase().run(SEVEN, false));
    assertEquals(new Erased(0, 0, 1, 2), erase().run(Person.byEndUser("7"), false));
  }

  @Test
  void anErasureThatWasCutOff_isFinishedByTheNext() throws Exception {
    insertFivePeople(12_000);
    ExecutorService executor = Executors.newSingleThreadExecutor();
    try (Connection other = PostgresServer.connect(url)) {
      other.setAutoCommit(false);
      // The last of the person's rows in the second of the five months.
      other
          .createStatement()
          .execute(
              """
              SELECT FROM analytics.llm_logs WHERE user_id = 7 AND created_at < '2026-12-15'
              ORDER BY created_at DESC LIMIT 1 FOR UPDATE
              """);
      Future<Erased> cutOff = executor.submit(() -> erase().run(SEVEN, false));
      long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
      while (number(
              """
              SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
              WHERE datname = current_database() AND wait_event_type = 'Lock'
              """)
          == 0) {
        assertTrue(System.nanoTime() < deadline, "the eraser never came to the row");
        LockSupport.parkNanos(1_000_000);
      }
      assertThrows(Exception.class, cutOff::get);
    } finally {
      executor.shutdownNow();
    }
    long left = rowsOf("user_id = 7");
    assertTrue(left > 0 && left < 2400, left + " rows are left");
    assertEquals(
        left,
        number(
                """
            SELECT count(*) FROM analytics.llm_logs JOIN analytics.llm_log_contents
              USING (created_at, event_id) WHERE company_id = 7
            """)
            * 2);
    assertEquals(left, erase().run(SEVEN, false).rows());
    assertEquals(0, rowsOf("user_id = 7"));
  }

  @Test
  void aRowThatIsLockedForSeconds_isWaitedFor() throws Exception {
    insertFivePeople(100);
    ExecutorService executor = Executors.newSingleThreadExecutor();
    try (Connection other = PostgresServer.connect(url)) {
      other.setAutoCommit(false);
      other.createStatement().execute("SELECT FROM analytics.llm_logs WHERE id = 5 FOR UPDATE");
      Future<Erased> waiting = executor.submit(() -> erase().run(SEVEN, false));
      long end = System.nanoTime() + Duration.ofMillis(2500).toNanos();
      while (System.nanoTime() < end) {
        assertFalse(waiting.isDone());
        LockSupport.parkNanos(10_000_000);
      }
      other.rollback();
      assertEquals(20, waiting.get().rows());
    } finally {
      executor.shutdownNow();
    }
  }

  @Test
  void erasuresAtTheSameTime_shareTheRows() throws Exception {
    insertFivePeople(10_000);
    ExecutorService executor = Executors.newFixedThreadPool(3);
    try {
      Callable<Erased> erasing = () -> erase().run(SEVEN, false);
      long rows = 0;
      long contents = 0;
      for (Future<Erased> erased : executor.invokeAll(List.of(erasing, erasing, erasing))) {
        rows += erased.get().rows();
        contents += erased.get().contents();
      }
      assertEquals(2000, rows);
      assertEquals(1000, contents);
    } finally {
      executor.shutdownNow();
    }
  }

  @Test
  void writersBesideIt_hardlyWait_andItEnds() throws Exception {
    insertFivePeople(30_000);
    StoreSettings settings =
        new StoreSettings(
            url,
            "analytics",
            Period.ofYears(3000),
            2,
            Duration.ofSeconds(20),
            Period.ofYears(3000));
    CountDownLatch warm = new CountDownLatch(2);
    ExecutorService executor = Executors.newFixedThreadPool(2);
    try (EventWriter writer = PostgresWriter.create(settings)) {
      List<Future<Long>> writing = new ArrayList<>();
      for (int thread = 0; thread < 2; thread++) {
        int number = thread;
        writing.add(
            executor.submit(
                () -> {
                  long longest = 0;
                  for (int round = 0; round < 100; round++) {
                    if (round == 5) {
                      warm.countDown();
                      longest = 0;
                    }
                    // New rows of the person, and such as the eraser may have in hand.
                    List<Message> batch = batch(number, round / 2);
                    long start = System.nanoTime();
                    writer.write(batch);
                    longest = Math.max(longest, System.nanoTime() - start);
                  }
                  return longest;
                }));
      }
      warm.await();
      long sum = 0;
      long start = System.nanoTime();
      while (!(writing.get(0).isDone() && writing.get(1).isDone())) {
        sum += erase().run(SEVEN, false).rows();
      }
      long took = System.nanoTime() - start;
      long longest = Math.max(writing.get(0).get(), writing.get(1).get());
      sum += erase().run(SEVEN, false).rows();
      assertEquals(0, rowsOf("user_id = 7"));
      assertEquals(sum, rowsOf("company_id = 7"));
      assertEquals(
          number("SELECT count(*) FROM analytics.llm_logs"),
          number("SELECT sum(calls) FROM analytics.llm_log_hourly"));
      System.out.printf(
          "%d rows erased in %d ms, a writer's longest batch took %d ms%n",
          sum, took / 1_000_000, longest / 1_000_000);
      assertTrue(longest < Duration.ofSeconds(2).toNanos(), longest + " ns");
    } finally {
      executor.shutdownNow();
    }
  }

  /** A fifth of the rows is the person's; each fifth row is an error, half have contents. */
  private void insertFivePeople(int rows) {
    execute(
        """
        INSERT INTO analytics.llm_logs (created_at, event_id, action, message, user_id, company_id,
          interview_id, model, tokens_used, tokens_input, tokens_output, cost_usd, latency_ms,
          error_type, error_message, metadata, response_id, trace_id, span_id, session_id, end_user)
        SELECT timestamptz '2026-10-20 00:00:00+00' + i * interval '130 days' / %1$d,
          gen_random_uuid(), 'a' || i %% 3, name || ' said this', person, person, person, 'm' || i %% 2,
          i, i, 0, i * 0.001, i, CASE i / 5 %% 10 WHEN 0 THEN 'Timeout' END,
          CASE i / 5 %% 10 WHEN 0 THEN name || ' waited' WHEN 1 THEN name WHEN 2 THEN '' END,
          jsonb_build_object('name', name, 'usage', jsonb_build_object('images', i)),
          name, name, name, name, name
        FROM generate_series(1, %1$d) AS i,
          LATERAL (SELECT (ARRAY[7, 8, 9, 10, 11])[i %% 5 + 1] AS person,
            (ARRAY['seven', 'eight', 'nine', 'ten', 'eleven'])[i %% 5 + 1] AS name) AS who
        ORDER BY i;
        INSERT INTO analytics.llm_log_contents (created_at, event_id, request, response)
        SELECT created_at, event_id, jsonb_build_array(end_user, repeat(end_user, 1000)), '"yes"'
        FROM analytics.llm_logs WHERE id / 5 %% 2 = 0;
        """
            .formatted(rows));
  }

  private static List<Message> batch(int thread, int round) {
    List<Message> batch = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      String json =
          """
          {"event_id":"%s","created_at":"%s","action":"a","user_id":%d,"company_id":%d,
           "request":"seven"}
          """
              .formatted(
                  new UUID(thread, round * 1000 + i), NOW.plusSeconds(round), 7 + i % 2, 7 + i % 2);
      batch.add(new Message(json.getBytes(UTF_8), new UUID(1, i), NOW));
    }
    return batch;
  }

  private static void letter(PreparedStatement insert, int number, String message, String reason)
      throws SQLException {
    insert.setObject(1, new UUID(0, number));
    insert.setBytes(2, message.getBytes(UTF_8));
    insert.setString(3, reason);
    insert.execute();
  }

  private Erase erase() {
    return new Erase(
        new PostgresDataSource(PostgresUrl.parse(url), Duration.ofSeconds(65)), SCHEMA);
  }

  private void execute(String sql) {
    PostgresServer.execute(url, sql);
  }

  private long rowsOf(String condition) throws SQLException {
    return number("SELECT count(*) FROM analytics.llm_logs WHERE " + condition);
  }

  private long number(String sql) throws SQLException {
    return Long.parseLong(text(sql));
  }

  private String text(String sql) throws SQLException {
    try (Connection connection = PostgresServer.connect(url);
        ResultSet row = connection.createStatement().executeQuery(sql)) {
      row.next();
      return String.valueOf(row.getString(1));
    }
  }
}
