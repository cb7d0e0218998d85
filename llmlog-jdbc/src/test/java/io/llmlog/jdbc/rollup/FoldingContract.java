package io.llmlog.jdbc.rollup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.jdbc.rollup.CountingContract.Work;
import io.llmlog.spi.EventWriter;
import io.llmlog.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What statements add and what is folded of it is one rollup; the subclasses name the version. */
abstract class FoldingContract {
  private static final String ADDITIONS =
      "SELECT coalesce(sum(keys), 0) FROM analytics.llm_log_hourly_additions";

  abstract PostgresServer server();

  @Test
  void foldedInAnyPieces_theRollupSaysTheSame() throws Exception {
    RollupDatabase database = RollupDatabase.create(server());
    whileNobodyFolds(
        database,
        () -> {
          try (EventWriter writer = database.writer()) {
            for (int from = 0; from < 600; from += 100) {
              writer.write(RollupDatabase.batch(from, from + 100));
            }
          }
        });
    database.assertExact();
    long left = Long.parseLong(database.text(ADDITIONS));
    assertTrue(left > 500, left + " additions");
    while (left > 0) {
      database.execute(RollupDatabase.FOLD.formatted(17));
      database.assertExact();
      long now = Long.parseLong(database.text(ADDITIONS));
      // What one statement has added in an hour is folded as a whole.
      assertTrue(now <= Math.max(0, left - 17) && now >= left - 17 - 100, left + " to " + now);
      left = now;
    }
    assertEquals("600", database.text("SELECT sum(calls) FROM analytics.llm_log_hourly_sums"));
  }

  @Test
  void groupsOfManyCalls_areHistogramsAndGroupsOfFewAreClasses() throws Exception {
    RollupDatabase database = RollupDatabase.create(server());
    whileNobodyFolds(
        database,
        () -> {
          database.execute(
              """
          INSERT INTO analytics.llm_logs (created_at, action, latency_ms)
          SELECT '2026-11-23T12:00:00Z', 'few', i FROM generate_series(1, 84) i;
          INSERT INTO analytics.llm_logs (created_at, action, latency_ms)
          SELECT '2026-11-23T12:00:00Z', 'many', i FROM generate_series(1, 85) i;
          INSERT INTO analytics.llm_logs (created_at, action, latency_ms)
          SELECT '2026-11-23T12:00:00Z', 'none', NULL FROM generate_series(1, 85) i
          """);
        });
    assertEquals(
        List.of("few - 84", "many 21 -", "none - -"),
        database.texts(
            """
            SELECT concat_ws(' ', action, coalesce(cardinality(latency_histogram)::text, '-'),
              coalesce(cardinality(string_to_array(latency_classes, ','))::text, '-'))
            FROM analytics.llm_log_hourly_additions, unnest(groups) ORDER BY action
            """));
    database.assertExact();
    database.execute(RollupDatabase.FOLD.formatted(1000));
    database.assertExact();
  }

  @Test
  void manyAdditionsOfOneKey_areFoldedInTheTimeOfTheirNumber() throws Exception {
    RollupDatabase database = RollupDatabase.create(server());
    database.execute(
        """
        INSERT INTO analytics.llm_log_hourly_additions (hour, keys, groups)
        SELECT '2026-11-23T12:00:00Z', 1, ARRAY[ROW(7, '', '', 'a', '', 1, NULL, 1, 1, NULL, NULL, NULL,
          NULL, 1, 5, NULL, (i % 84 + 1)::text)::analytics.llm_log_hourly_group]
        FROM generate_series(1, 168000) i
        """);
    // Joined as arrays they take a minute.
    database.execute("SET statement_timeout = '20s'; " + RollupDatabase.FOLD.formatted(168_000));
    assertEquals(
        "168000 {2000}",
        database.text(
            """
            SELECT calls || ' ' || ARRAY(SELECT DISTINCT unnest(latency_histogram))::text
            FROM analytics.llm_log_hourly
            """));
  }

  @Test
  void statements_foldNowAndThenByThemselves() throws Exception {
    RollupDatabase database = RollupDatabase.create(server());
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      // One of a hundred folds: that none of these does has a chance of one in 10 to the 8th.
      for (int i = 0; i < 2000; i++) {
        statement.execute(insert("a" + i % 3));
      }
    }
    assertTrue(Long.parseLong(database.text(ADDITIONS)) < 2000);
    assertEquals("2000", database.text("SELECT sum(calls) FROM analytics.llm_log_hourly"));
    database.assertExact();
  }

  @Test
  void writersReadersAndFolds_atOnce_agreeAtEveryMoment() throws Exception {
    RollupDatabase database = RollupDatabase.create(server());
    AtomicInteger writing = new AtomicInteger(3);
    List<Work> all = new ArrayList<>();
    for (int thread = 0; thread < 3; thread++) {
      int first = thread * 10_000;
      all.add(
          () -> {
            try (EventWriter writer = database.writer()) {
              for (int from = first; from < first + 2000; from += 100) {
                writer.write(RollupDatabase.batch(from, from + 100));
              }
            } finally {
              writing.decrementAndGet();
            }
          });
    }
    for (int thread = 0; thread < 2; thread++) {
      all.add(
          () -> {
            while (writing.get() > 0) {
              database.execute(RollupDatabase.FOLD.formatted(200));
            }
          });
    }
    all.add(
        () -> {
          do {
            assertEquals(
                "0 0",
                database.text(
                    """
                    SELECT concat_ws(' ',
                      n - (SELECT coalesce(sum(calls), 0) FROM analytics.llm_log_hourly),
                      n - (SELECT coalesce(sum(calls), 0) FROM analytics.llm_log_usage))
                    FROM (SELECT count(*) AS n FROM analytics.llm_logs) AS logged
                    """));
          } while (writing.get() > 0);
        });
    CountingContract.runAtOnce(all);
    assertEquals(0, database.deadlocks());
    assertEquals("6000", database.text("SELECT sum(calls) FROM analytics.llm_log_hourly"));
    database.assertExact();
  }

  @Test
  void aSumThatIsLockedByHand_costsNobodyItsRows() throws Exception {
    RollupDatabase database = RollupDatabase.create(server());
    database.execute(insert("a"));
    database.execute(RollupDatabase.FOLD.formatted(10));
    try (Connection hand = database.connect();
        Connection writer = database.connect();
        Statement insert = writer.createStatement()) {
      hand.setAutoCommit(false);
      hand.createStatement().execute("UPDATE analytics.llm_log_hourly_sums SET calls = calls");
      for (int i = 0; i < 600; i++) {
        insert.execute(insert("a"));
      }
    }
    assertEquals("601", database.text("SELECT calls FROM analytics.llm_log_hourly"));
    database.assertExact();
  }

  @Test
  void aSnapshotOlderThanAFold_doesNotFailAnInsert() throws Exception {
    RollupDatabase database = RollupDatabase.create(server());
    for (String isolation : List.of("REPEATABLE READ", "SERIALIZABLE")) {
      database.execute(insert("a"));
      try (Connection old = database.connect();
          Statement statement = old.createStatement()) {
        old.setAutoCommit(false);
        statement.execute("SET TRANSACTION ISOLATION LEVEL " + isolation);
        statement.execute("SELECT count(*) FROM analytics.llm_logs");
        database.execute(RollupDatabase.FOLD.formatted(10));
        for (int i = 0; i < 600; i++) {
          statement.execute(insert("b"));
        }
        old.commit();
      }
    }
    assertEquals("1202", database.text("SELECT sum(calls) FROM analytics.llm_log_hourly"));
    database.assertExact();
  }

  @Test
  void whatAHandChanges_isKeptBesideWhatOthersAdd() throws Exception {
    RollupDatabase database = RollupDatabase.create(server());
    whileNobodyFolds(
        database,
        () -> {
          for (String action : List.of("a", "b", "c")) {
            database.execute(insert(action));
          }
        });
    database.execute(RollupDatabase.FOLD.formatted(2));
    try (Connection hand = database.connect();
        Statement statement = hand.createStatement()) {
      hand.setAutoCommit(false);
      statement.execute(
          """
          UPDATE analytics.llm_log_hourly SET calls = calls + 10, cost_usd = 5, latency_histogram =
            latency_histogram || 4 WHERE action IN ('a', 'c')
          """);
      assertEquals(2, statement.getUpdateCount());
      database.execute(insert("a"));
      hand.commit();
    }
    database.execute("DELETE FROM analytics.llm_log_hourly WHERE action = 'b'");
    database.execute(
        """
        INSERT INTO analytics.llm_log_hourly (hour, calls, errors, tokens_input, tokens_output,
          tokens_cache_read, tokens_cache_write, tokens_reasoning, calls_cost_unknown,
          latency_ms_sum, latency_histogram)
        VALUES ('2026-11-23T12:00:00Z', 3, 0, 0, 0, 0, 0, 0, 3, 0, '{}')
        """);
    assertEquals(
        List.of("-1  3 {}", "-1 a 12 5 {2,4}", "-1 c 11 5 {1,4}"),
        database.texts(
            """
            SELECT concat_ws(' ', company_id, action, calls, cost_usd, latency_histogram)
            FROM analytics.llm_log_hourly ORDER BY action
            """));
  }

  @Test
  void aReaderWhoMayExecuteOnlyWhatTheViewsNeed_readsAdditions() throws Exception {
    RollupDatabase database = RollupDatabase.create(server());
    whileNobodyFolds(
        database,
        () -> {
          database.execute(insert("a"));
        });
    String role = "reader_" + database.url().substring(database.url().lastIndexOf('_') + 1);
    database.execute(
        """
        REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA analytics FROM PUBLIC;
        CREATE ROLE %1$s LOGIN PASSWORD 'pw'; GRANT USAGE ON SCHEMA analytics TO %1$s;
        GRANT SELECT ON analytics.llm_log_usage TO %1$s;
        GRANT EXECUTE ON ROUTINE analytics.llm_log_histogram_of_joined(TEXT),
          analytics.llm_log_histogram_total(INTEGER[]),
          analytics.llm_log_histogram_sum(INTEGER[], INTEGER[]) TO %1$s
        """
            .formatted(role));
    String url = database.url().replaceFirst("//[^@]+@", "//" + role + ":pw@");
    try (Connection connection = PostgresServer.connect(url);
        ResultSet row =
            connection
                .createStatement()
                .executeQuery("SELECT latency_histogram::text FROM analytics.llm_log_usage")) {
      row.next();
      assertEquals("{1}", row.getString(1));
    }
  }

  /** Holds the lock of who folds meanwhile, so that no statement does by itself. */
  private static void whileNobodyFolds(RollupDatabase database, Work work) throws Exception {
    try (Connection guard = database.connect()) {
      guard.setAutoCommit(false);
      guard
          .createStatement()
          .execute("SELECT pg_advisory_xact_lock(hashtextextended('llmlog rollup analytics', 0))");
      work.run();
    }
  }

  private static String insert(String action) {
    return """
        INSERT INTO analytics.llm_logs (created_at, action, latency_ms)
        VALUES ('2026-11-23T12:00:00Z', '%s', 1)
        """
        .formatted(action);
  }
}
