package io.llmlog.jdbc.rollup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.spi.EventWriter;
import io.llmlog.spi.Message;
import io.llmlog.spi.WriteException;
import io.llmlog.testkit.PostgresServer;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;

/** The trigger counts each row once, by whatever way it comes; the subclasses name the version. */
abstract class CountingContract {
  abstract PostgresServer server();

  @Test
  void batches_writtenTwiceAndOverlapping_areCountedOnce() throws Exception {
    RollupDatabase database = RollupDatabase.create(server());
    try (EventWriter writer = database.writer()) {
      List<Message> batch = new ArrayList<>(RollupDatabase.batch(0, 300));
      batch.addAll(RollupDatabase.batch(100, 200));
      assertEquals(300, writer.write(batch).stored());
      assertEquals(0, writer.write(batch).stored());
      assertEquals(100, writer.write(RollupDatabase.batch(200, 400)).stored());
    }
    assertEquals("400", database.text("SELECT sum(calls) FROM analytics.llm_log_hourly"));
    database.assertExact();
  }

  @Test
  void plainInsertsCopyAndBackfills_areCounted() throws Exception {
    RollupDatabase database = RollupDatabase.create(server());
    database.execute(
        """
        INSERT INTO analytics.llm_logs (action, company_id, tokens_input, cost_usd)
        VALUES ('plain', 7, 1, 0.5), ('plain', 7, 2, NULL), ('plain', NULL, NULL, NULL);
        INSERT INTO analytics.llm_logs (created_at, action) VALUES ('2026-11-02T03:04:05Z', 'late');
        INSERT INTO analytics.llm_logs (created_at, action, model, latency_ms, tokens_output)
        SELECT timestamptz '2026-09-30T22:00:00Z' + i * interval '7 minutes', 'backfill',
          'm' || i % 3, i, i FROM generate_series(1, 3000) i
        """);
    try (Connection connection = database.connect()) {
      byte[] rows =
          "2026-11-23T11:59:59.999999Z,copied,9\n2026-11-23T12:00:00Z,copied,\n"
              .getBytes(StandardCharsets.UTF_8);
      connection
          .unwrap(PGConnection.class)
          .getCopyAPI()
          .copyIn(
              "COPY analytics.llm_logs (created_at, action, latency_ms) FROM STDIN (FORMAT csv)",
              new ByteArrayInputStream(rows));
    }
    assertTrue(
        Long.parseLong(database.text("SELECT count(*) FROM analytics.llm_logs_default")) > 1000);
    assertEquals("3006", database.text("SELECT sum(calls) FROM analytics.llm_log_hourly"));
    assertEquals(
        "2 0.500000000000",
        database.text(
            """
            SELECT concat_ws(' ', calls, cost_usd) FROM analytics.llm_log_hourly
            WHERE company_id = 7
            """));
    database.assertExact();
  }

  @Test
  void hours_areThoseOfUtc_whateverTheSessionsZone() throws Exception {
    RollupDatabase database = RollupDatabase.create(server());
    database.execute(
        """
        SET timezone = 'Asia/Kathmandu';
        INSERT INTO analytics.llm_logs (created_at, action) VALUES
          ('2026-11-23T11:59:59.999999Z', 'a'), ('2026-11-23T12:00:00Z', 'a')
        """);
    assertEquals(
        List.of("11:00", "12:00"),
        database.texts(
            """
            SELECT to_char(hour AT TIME ZONE 'UTC', 'HH24:MI') FROM analytics.llm_log_hourly
            ORDER BY hour
            """));
  }

  @Test
  void statementsOfOneTransaction_areCountedUnlessRolledBack() throws Exception {
    RollupDatabase database = RollupDatabase.create(server());
    try (Connection connection = database.connect()) {
      connection.setAutoCommit(false);
      insert(connection, 1);
      insert(connection, 1);
      Savepoint savepoint = connection.setSavepoint();
      insert(connection, 1);
      insert(connection, 2);
      connection.rollback(savepoint);
      insert(connection, 1);
      connection.commit();
      insert(connection, 1);
      connection.rollback();
    }
    assertEquals(List.of("3"), database.texts("SELECT calls::text FROM analytics.llm_log_hourly"));
    database.assertExact();
  }

  @Test
  void statementThatInsertsNothing_changesNothing() throws Exception {
    RollupDatabase database = RollupDatabase.create(server());
    String row =
        """
        INSERT INTO analytics.llm_logs (created_at, event_id, action)
        VALUES ('2026-11-23T12:00:00Z', '00000000-0000-0000-0000-000000000001', 'a')
        ON CONFLICT (created_at, event_id) DO NOTHING
        """;
    database.execute(row);
    database.execute(row);
    database.execute("INSERT INTO analytics.llm_logs (action) SELECT 'a' WHERE false");
    assertEquals(
        "1",
        database.text(
            """
            SELECT (SELECT count(*) FROM analytics.llm_log_hourly_additions)
              + (SELECT count(*) FROM analytics.llm_log_hourly_sums)
            """));
  }

  @Test
  void greatestNumbersAndNaN_failNoRow() throws Exception {
    RollupDatabase database = RollupDatabase.create(server());
    database.execute(
        """
        INSERT INTO analytics.llm_logs (created_at, action, tokens_input, tokens_output,
          tokens_cache_read, tokens_cache_write, tokens_reasoning, latency_ms, cost_usd)
        SELECT '2026-11-23T12:00:00Z', 'a', n, n, n, n, n, n, c FROM (VALUES
          (9223372036854775807, 999999.999999999999), (9223372036854775807, 'NaN'),
          (9223372036854775807, NULL), (-9223372036854775808, -999999.999999999999)) v (n, c)
        """);
    database.execute(
        """
        INSERT INTO analytics.llm_logs (created_at, action, tokens_input, cost_usd)
        SELECT '2026-11-23T12:00:00Z', 'a', 9223372036854775807, 999999 FROM generate_series(1, 3)
        """);
    assertEquals(
        "7 2 46116860184273879034",
        database.text(
            """
            SELECT concat_ws(' ', calls, calls_cost_unknown, tokens_input)
            FROM analytics.llm_log_hourly
            """));
    database.assertExact();
    assertEquals(
        "{2147483647,3}",
        database.text("SELECT analytics.llm_log_histogram_sum('{2147483647}', '{1,3}')"));
  }

  @Test
  void cost_isUnknownWhereNoCallHasOne() throws Exception {
    RollupDatabase database = RollupDatabase.create(server());
    String cost = "SELECT cost_usd FROM analytics.llm_log_hourly";
    insertCost(database, "NULL");
    insertCost(database, "'NaN'");
    assertEquals("null", database.text(cost));
    insertCost(database, "0");
    assertEquals("0.000000000000", database.text(cost));
    insertCost(database, "NULL");
    insertCost(database, "0.25");
    assertEquals("0.250000000000", database.text(cost));
    database.assertExact();
  }

  @Test
  void textsOfFullWidth_haveEachTheirKey() throws Exception {
    RollupDatabase database = RollupDatabase.create(server());
    Random random = new Random(7);
    String two = wide(random, 200);
    List<String> environments =
        List.of(two, two.substring(0, 398) + wide(random, 1), wide(random, 200), "back\\slash");
    try (Connection connection = database.connect();
        var statement =
            connection.prepareStatement(
                """
                INSERT INTO analytics.llm_logs
                  (created_at, action, company_id, provider, model, deployment_environment)
                VALUES ('2026-11-23T12:00:00Z', ?, 7, ?, ?, ?)
                """)) {
      String action = wide(random, 100);
      String provider = wide(random, 200);
      String model = wide(random, 200);
      for (int round = 0; round < 2; round++) {
        for (String environment : environments) {
          statement.setString(1, action);
          statement.setString(2, provider);
          statement.setString(3, model);
          statement.setString(4, environment);
          statement.executeUpdate();
        }
      }
    }
    assertEquals(
        List.of("2", "2", "2", "2"),
        database.texts("SELECT calls::text FROM analytics.llm_log_hourly"));
    database.assertExact();
  }

  @Test
  void oddTimesAndValues_areCounted() throws Exception {
    RollupDatabase database = RollupDatabase.create(server());
    database.execute(
        """
        INSERT INTO analytics.llm_logs (created_at, action, company_id, provider) VALUES
          ('0001-01-01T00:00:00Z', 'a', -1, ''), ('0001-01-01T00:59:59Z', 'a', NULL, NULL),
          ('9999-12-31T23:59:59.999999Z', '', 0, ' '), ('infinity', 'a', NULL, NULL),
          ('-infinity', 'a', NULL, NULL), ('4713-01-01T00:00:00Z BC', 'a', NULL, NULL),
          ('2026-11-23T12:00:00Z', 'A', 9223372036854775807, 'p '),
          ('2026-11-23T12:00:00Z', 'A', -9223372036854775808, 'p')
        """);
    assertEquals("7", database.text("SELECT count(*) FROM analytics.llm_log_hourly"));
    database.assertExact();
  }

  @Test
  void classes_beginAtTheirBounds() throws Exception {
    RollupDatabase database = RollupDatabase.create(server());
    List<String> bounds = database.texts("SELECT unnest(analytics.llm_log_latency_bounds())::text");
    assertEquals(84, bounds.size());
    for (int one = 1; one < bounds.size(); one++) {
      double ratio = Double.parseDouble(bounds.get(one)) / Double.parseDouble(bounds.get(one - 1));
      assertTrue(Long.parseLong(bounds.get(one)) > Long.parseLong(bounds.get(one - 1)));
      assertTrue(one < 20 || Math.abs(ratio - Math.pow(2, 0.25)) < 0.02, bounds.get(one));
    }
    database.execute(
        """
        INSERT INTO analytics.llm_logs (created_at, action, latency_ms)
        SELECT '2026-11-23T12:00:00Z', 'at ' || i, bound
        FROM unnest(analytics.llm_log_latency_bounds()) WITH ORDINALITY AS b (bound, i);
        INSERT INTO analytics.llm_logs (created_at, action, latency_ms)
        SELECT '2026-11-23T12:00:00Z', 'at ' || i, bound - 1
        FROM unnest(analytics.llm_log_latency_bounds()) WITH ORDINALITY AS b (bound, i);
        INSERT INTO analytics.llm_logs (created_at, action, latency_ms)
        SELECT '2026-11-23T12:00:00Z', 'ends', n
        FROM unnest(ARRAY[0, -1, -9223372036854775808, 9223372036854775807, NULL]) n
        """);
    assertEquals(
        "84",
        database.text(
            """
            SELECT count(*) FROM (
              SELECT split_part(action, ' ', 2)::int AS class, latency_histogram AS h
              FROM analytics.llm_log_hourly WHERE action <> 'ends') AS at
            WHERE h = CASE class WHEN 1 THEN '{2}'
              ELSE array_fill(0, ARRAY[class - 2]) || ARRAY[1, 1] END
            """));
    assertEquals(
        "3 1 84",
        database.text(
            """
            SELECT concat_ws(' ', latency_histogram[1], latency_histogram[84],
              cardinality(latency_histogram))
            FROM analytics.llm_log_hourly WHERE action = 'ends'
            """));
    database.assertExact();
  }

  @Test
  void batchWithRefusedRows_countsTheOthers() throws Exception {
    RollupDatabase database = RollupDatabase.create(server());
    database.execute(
        "ALTER TABLE analytics.llm_logs ADD CONSTRAINT odd CHECK (action <> 'refused')");
    try (EventWriter writer = database.writer()) {
      List<Message> batch = new ArrayList<>(RollupDatabase.batch(0, 100));
      batch.set(13, RollupDatabase.message(13, "refused"));
      batch.set(77, RollupDatabase.message(77, "refused"));
      assertEquals(98, writer.write(batch).stored());
    }
    assertEquals("98", database.text("SELECT sum(calls) FROM analytics.llm_log_hourly"));
    database.assertExact();
  }

  @Test
  void role_thatMayOnlyInsertCalls_isCounted() throws Exception {
    RollupDatabase database = RollupDatabase.create(server());
    String role = "writer_" + database.url().substring(database.url().lastIndexOf('_') + 1);
    database.execute(
        """
        REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA analytics FROM PUBLIC;
        CREATE ROLE %1$s LOGIN PASSWORD 'pw'; GRANT USAGE ON SCHEMA analytics TO %1$s;
        GRANT INSERT, SELECT (created_at, event_id) ON analytics.llm_logs TO %1$s;
        GRANT SELECT, INSERT, UPDATE ON analytics.llm_log_dead_letters TO %1$s
        """
            .formatted(role));
    String url = database.url().replaceFirst("//[^@]+@", "//" + role + ":pw@");
    try (EventWriter writer = RollupDatabase.writer(url)) {
      assertEquals(50, writer.write(RollupDatabase.batch(0, 50)).stored());
      assertEquals(50, writer.write(RollupDatabase.batch(0, 100)).stored());
    }
    database.assertExact();
    try (Connection connection = PostgresServer.connect(url)) {
      SQLException refused =
          assertThrows(
              SQLException.class,
              () -> connection.createStatement().execute("TABLE analytics.llm_log_hourly"));
      assertEquals("42501", refused.getSQLState());
    }
  }

  @Test
  void manyWritersOfOverlappingBatches_neverDeadlock() throws Exception {
    RollupDatabase database = RollupDatabase.create(server());
    // Four threads of a worker, four of services whose queue is away.
    try (EventWriter worker = database.writer();
        EventWriter fallback = database.writer()) {
      List<Work> writing = new ArrayList<>();
      for (int thread = 0; thread < 8; thread++) {
        Random random = new Random(thread);
        EventWriter writer = thread < 4 ? worker : fallback;
        writing.add(
            () -> {
              for (int round = 0; round < 12; round++) {
                List<Message> batch =
                    new ArrayList<>(RollupDatabase.batch(round * 100, round * 100 + 250));
                Collections.shuffle(batch, random);
                writer.write(batch);
              }
            });
      }
      runAtOnce(writing);
    }
    assertEquals("1350", database.text("SELECT count(*) FROM analytics.llm_logs"));
    assertEquals(0, database.deadlocks());
    database.assertExact();
  }

  @Test
  void writersOfBatchesWithRefusedRows_endExactAfterRetries() throws Exception {
    RollupDatabase database = RollupDatabase.create(server());
    database.execute(
        "ALTER TABLE analytics.llm_logs ADD CONSTRAINT odd CHECK (action <> 'refused')");
    try (EventWriter writer = database.writer()) {
      List<Work> writing = new ArrayList<>();
      for (int thread = 0; thread < 4; thread++) {
        int first = thread * 1000;
        writing.add(
            () -> {
              for (int round = 0; round < 3; round++) {
                int from = first + round * 200;
                List<Message> batch = new ArrayList<>(RollupDatabase.batch(from, from + 200));
                batch.set(150, RollupDatabase.message(from + 150, "refused"));
                writeUntilStored(writer, batch);
              }
            });
      }
      runAtOnce(writing);
    }
    assertEquals("2388", database.text("SELECT count(*) FROM analytics.llm_logs"));
    database.assertExact();
  }

  @Test
  void crossingTransactionsOfSeveralStatements_doNotWaitForEachOther() throws Exception {
    RollupDatabase database = RollupDatabase.create(server());
    try (Connection one = database.connect();
        Connection other = database.connect()) {
      one.setAutoCommit(false);
      other.setAutoCommit(false);
      insert(one, 1);
      insert(other, 2);
      insert(one, 2);
      insert(other, 1);
      one.commit();
      other.rollback();
    }
    assertEquals("2", database.text("SELECT sum(calls) FROM analytics.llm_log_hourly"));
    database.assertExact();
  }

  private static void writeUntilStored(EventWriter writer, List<Message> batch) throws Exception {
    for (int attempt = 1; ; attempt++) {
      try {
        writer.write(batch);
        return;
      } catch (WriteException e) {
        if (e.kind() != WriteException.Kind.RETRY || attempt == 20) {
          throw e;
        }
      }
    }
  }

  /** What a thread does. */
  interface Work {
    void run() throws Exception;
  }

  static void runAtOnce(List<Work> all) throws Exception {
    ExecutorService executor = Executors.newFixedThreadPool(all.size());
    try {
      CountDownLatch start = new CountDownLatch(1);
      List<Future<?>> running = new ArrayList<>();
      for (Work one : all) {
        running.add(
            executor.submit(
                () -> {
                  start.await();
                  one.run();
                  return null;
                }));
      }
      start.countDown();
      for (Future<?> one : running) {
        one.get();
      }
    } finally {
      executor.shutdownNow();
    }
  }

  private static void insert(Connection connection, int company) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute(
          """
          INSERT INTO analytics.llm_logs (created_at, action, company_id)
          VALUES ('2026-11-23T12:00:00Z', 'a', %d)
          """
              .formatted(company));
    }
  }

  private static void insertCost(RollupDatabase database, String cost) {
    database.execute(
        """
        INSERT INTO analytics.llm_logs (created_at, action, cost_usd)
        VALUES ('2026-11-23T12:00:00Z', 'a', %s)
        """
            .formatted(cost));
  }

  /** A text of characters of four bytes, which does not compress. */
  private static String wide(Random random, int length) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.appendCodePoint(0x20000 + random.nextInt(0xA000));
    }
    return text.toString();
  }
}
