package io.llmlog.jdbc.rollup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.jdbc.PostgresDataSource;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.rollup.Difference.Figure;
import io.llmlog.jdbc.rollup.Rollup.Checked;
import io.llmlog.jdbc.rollup.Rollup.Rebuilt;
import io.llmlog.spi.EventWriter;
import io.llmlog.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.Period;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The rollup is held against the rows and mended; the subclasses name the version. */
abstract class RebuildContract {
  private static final Instant NOW = RollupDatabase.NOW;
  private static final Instant DAY = Instant.parse("2026-11-22T12:00:00Z");

  /** Every way in which a row of the rollup can be wrong. */
  private static final String DAMAGE =
      """
      UPDATE analytics.llm_log_hourly SET calls = calls + 7, latency_histogram = '{1,0,5}'
        WHERE company_id = 1;
      UPDATE analytics.llm_log_hourly SET cost_usd = NULL, calls_cost_unknown = calls
        WHERE company_id = 2;
      UPDATE analytics.llm_log_hourly SET cost_usd = 99, tokens_input = -1, latency_ms_sum = 0,
        latency_histogram = '{}' WHERE company_id = 3;
      DELETE FROM analytics.llm_log_hourly WHERE company_id = 4;
      INSERT INTO analytics.llm_log_hourly SELECT hour, 999, provider, model, action, environment,
        calls, errors, tokens_input, tokens_output, tokens_cache_read, tokens_cache_write,
        tokens_reasoning, cost_usd, calls_cost_unknown, latency_ms_sum, latency_histogram
        FROM analytics.llm_log_hourly WHERE company_id = 5
      """;

  abstract PostgresServer server();

  private static Rollup rollup(RollupDatabase database) {
    return rollup(database, Rollup.ATTEMPTS);
  }

  private static Rollup rollup(RollupDatabase database, int attempts) {
    return new Rollup(
        new PostgresDataSource(PostgresUrl.parse(database.url()), Duration.ofMinutes(1)),
        RollupDatabase.SCHEMA,
        Period.ofMonths(13),
        Clock.fixed(NOW, ZoneOffset.UTC),
        attempts);
  }

  private RollupDatabase filled(int rows) throws Exception {
    RollupDatabase database = RollupDatabase.create(server());
    try (EventWriter writer = database.writer()) {
      writer.write(RollupDatabase.batch(0, rows));
    }
    return database;
  }

  @Test
  void check_ofARollupThatIsRight_findsNothing() throws Exception {
    RollupDatabase database = filled(500);
    database.execute(
        """
        INSERT INTO analytics.llm_logs (created_at, action, cost_usd) VALUES
          ('2027-11-23T12:00:00Z', 'future', 'NaN'), ('9999-12-31T23:59:59Z', 'future', NULL)
        """);
    assertEquals(new Checked(0, List.of(), List.of()), rollup(database).check(DAY, null, 10));
    assertEquals(new Rebuilt(0, 0), rollup(database).rebuild(DAY, null));
  }

  @Test
  void rebuild_ofAnHour_letsItsDayAndMonthBeAddedUpAgain() throws Exception {
    RollupDatabase database = filled(50);
    database.execute(
        """
        INSERT INTO analytics.llm_log_days SELECT day, true, true
        FROM generate_series('2026-11-22Z'::timestamptz, '2026-11-24Z', interval '24 hours') day;
        INSERT INTO analytics.llm_log_months VALUES
          ('2026-10-01Z', true), ('2026-11-01Z', true), ('2026-12-01Z', true);
        UPDATE analytics.llm_log_hourly SET calls = calls + 1
        """);
    assertTrue(rollup(database).rebuild(DAY, null).hours() > 0);
    assertEquals(
        "2026-11-22 2026-11-24",
        database.text(
            """
            SELECT string_agg(to_char(day AT TIME ZONE 'UTC', 'YYYY-MM-DD'), ' ' ORDER BY day)
            FROM analytics.llm_log_usage_days
            """));
    assertEquals(
        "2026-10 2026-12",
        database.text(
            """
            SELECT string_agg(to_char(month AT TIME ZONE 'UTC', 'YYYY-MM'), ' ' ORDER BY month)
            FROM analytics.llm_log_usage_months
            """));
    assertEquals("2", database.text("SELECT count(*) FROM analytics.llm_log_days WHERE overall"));
  }

  @Test
  void check_ofAWrongRollup_showsBothFigures() throws Exception {
    RollupDatabase database = RollupDatabase.create(server());
    database.execute(
        """
        INSERT INTO analytics.llm_logs (created_at, action, company_id, cost_usd, latency_ms) VALUES
          ('2026-11-23T09:00:00Z', 'a', 7, NULL, 1), ('2026-11-23T10:59:59Z', 'b', NULL, 0.5, NULL),
          ('2026-11-23T11:00:00Z', 'c', NULL, NULL, NULL);
        UPDATE analytics.llm_log_hourly SET cost_usd = 0, latency_histogram = '{0,1}'
          WHERE action = 'a';
        DELETE FROM analytics.llm_log_hourly WHERE action = 'b'
        """);
    Checked checked = rollup(database).check(DAY, null, 10);
    Instant nine = Instant.parse("2026-11-23T09:00:00Z");
    Instant ten = Instant.parse("2026-11-23T10:00:00Z");
    assertEquals(2, checked.keys());
    assertEquals(List.of(nine, ten), checked.hours());
    assertEquals(
        new Difference(
            nine,
            7,
            "",
            "",
            "a",
            "",
            List.of(
                new Figure("cost_usd", "0", null),
                new Figure("latency_histogram", "{0,1}", "{1}"))),
        checked.first().get(0));
    Difference missing = checked.first().get(1);
    assertEquals(-1, missing.companyId());
    assertEquals(new Figure("calls", null, "1"), missing.figures().get(0));
    Checked bounded = rollup(database).check(DAY, null, 1);
    assertEquals(2, bounded.keys());
    assertEquals(1, bounded.first().size());
    assertEquals(1, rollup(database).check(nine, ten, 10).keys());
    assertEquals(1, rollup(database).check(ten.plusSeconds(1), null, 10).keys());
    assertEquals(0, rollup(database).check(ten.plusSeconds(3600), null, 10).keys());
  }

  @Test
  void rebuild_mendsWhateverIsWrong() throws Exception {
    RollupDatabase database = filled(3000);
    database.execute(DAMAGE);
    Checked wrong = rollup(database).check(DAY, null, 0);
    assertTrue(wrong.keys() > 20, wrong + " keys");
    assertTrue(wrong.hours().size() > 1, wrong.hours().toString());
    Rebuilt rebuilt = rollup(database).rebuild(DAY, null);
    assertEquals(new Rebuilt(wrong.hours().size(), wrong.keys()), rebuilt);
    database.assertExact();
    assertEquals(0, rollup(database).check(DAY, null, 0).keys());
    assertEquals(new Rebuilt(0, 0), rollup(database).rebuild(DAY, null));
  }

  @Test
  void rebuild_ofARange_leavesTheRest() throws Exception {
    RollupDatabase database = filled(500);
    database.execute("UPDATE analytics.llm_log_hourly SET errors = errors + 1");
    rollup(database)
        .rebuild(Instant.parse("2026-11-23T11:30:00Z"), Instant.parse("2026-11-23T11:31:00Z"));
    Checked left = rollup(database).check(DAY, null, 0);
    assertEquals(List.of(NOW), left.hours());
  }

  @Test
  void rebuilds_besideWriters_loseAndDoubleNothing() throws Exception {
    RollupDatabase database = filled(2000);
    database.execute(DAMAGE);
    Rollup rollup = rollup(database);
    AtomicInteger writing = new AtomicInteger(4);
    try (EventWriter writer = database.writer()) {
      List<CountingContract.Work> all = new ArrayList<>();
      for (int thread = 0; thread < 4; thread++) {
        int first = 2000 + thread * 5000;
        all.add(
            () -> {
              try {
                for (int from = first; from < first + 5000; from += 250) {
                  writer.write(RollupDatabase.batch(from, from + 250));
                }
              } finally {
                writing.decrementAndGet();
              }
            });
      }
      for (int thread = 0; thread < 2; thread++) {
        all.add(
            () -> {
              do {
                rollup.rebuild(DAY, null);
                assertEquals(0, rollup.check(DAY, null, 1).keys());
              } while (writing.get() > 0);
            });
      }
      CountingContract.runAtOnce(all);
    }
    assertEquals("22000", database.text("SELECT sum(calls) FROM analytics.llm_log_hourly"));
    database.assertExact();
  }

  @Test
  void rebuild_ofAnHourThatAWriterIsIn_waitsForNothingThatIsRight() throws Exception {
    RollupDatabase database = filled(500);
    database.execute("DELETE FROM analytics.llm_log_hourly WHERE company_id = 4");
    try (Connection writer = database.connect()) {
      insertAndStay(writer);
      assertTrue(rollup(database).rebuild(DAY, null).keys() > 0);
      writer.commit();
    }
    database.assertExact();
  }

  @Test
  void rebuild_besideATransactionThatHasFolded_waitsForItsEnd() throws Exception {
    RollupDatabase database = filled(500);
    database.execute("DELETE FROM analytics.llm_log_hourly WHERE company_id = 4");
    ExecutorService executor = Executors.newSingleThreadExecutor();
    try (Connection writer = database.connect()) {
      insertAndStay(writer);
      writer.createStatement().execute(RollupDatabase.FOLD.formatted(1000));
      Future<Rebuilt> rebuilding = executor.submit(() -> rollup(database).rebuild(DAY, null));
      long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
      while (database
          .texts("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
          .isEmpty()) {
        assertTrue(System.nanoTime() < end, "nobody waits");
      }
      writer.commit();
      assertTrue(rebuilding.get().keys() > 0);
    } finally {
      executor.shutdownNow();
    }
    database.assertExact();
  }

  @Test
  void rebuild_besideATransactionThatHasFoldedAndStays_saysSoAndChangesNothing() throws Exception {
    RollupDatabase database = filled(500);
    database.execute("DELETE FROM analytics.llm_log_hourly WHERE company_id = 4");
    try (Connection writer = database.connect()) {
      insertAndStay(writer);
      writer.createStatement().execute(RollupDatabase.FOLD.formatted(1000));
      Checked before = rollup(database).check(DAY, null, 10);
      RollupException refused =
          assertThrows(RollupException.class, () -> rollup(database, 1).rebuild(DAY, null));
      assertTrue(
          String.valueOf(refused.getMessage())
              .matches(
                  "(?s)2026-11-23T11:00:00Z could not be mended, .*lock timeout.*pg_blocking_pids.*"),
          refused.getMessage());
      assertEquals(before, rollup(database).check(DAY, null, 10));
    }
    rollup(database).rebuild(DAY, null);
    database.assertExact();
  }

  /** In a transaction that does not fold by itself: at this isolation none does. */
  private static void insertAndStay(Connection writer) throws SQLException {
    writer.setAutoCommit(false);
    writer.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
    try (Statement statement = writer.createStatement()) {
      statement.execute(
          """
          INSERT INTO analytics.llm_logs (created_at, action, company_id, model, provider)
          SELECT created_at, action, company_id, model, provider FROM analytics.llm_logs
          WHERE company_id = 5
          """);
    }
  }

  @Test
  void rebuild_pastRetention_isRefused() throws Exception {
    RollupDatabase database = RollupDatabase.create(server());
    database.execute(
        """
        INSERT INTO analytics.llm_logs (created_at, action) VALUES ('2025-10-24T11:00:00Z', 'old');
        UPDATE analytics.llm_log_hourly SET calls = 5
        """);
    Rollup rollup = rollup(database);
    // 13 months before, less the day that writers have.
    Instant oldest = Instant.parse("2025-10-24T12:00:00Z");
    assertEquals(oldest, rollup.oldest());
    RollupException refused =
        assertThrows(RollupException.class, () -> rollup.rebuild(oldest.minusSeconds(1), null));
    assertTrue(
        String.valueOf(refused.getMessage())
            .startsWith(
                "2025-10-24T11:00:00Z is before 2025-10-24T12:00:00Z, where retention ends"),
        refused.getMessage());
    assertThrows(RollupException.class, () -> rollup.check(oldest.minusSeconds(1), null, 1));
    rollup.rebuild(oldest, null);
    assertEquals("5", database.text("SELECT calls FROM analytics.llm_log_hourly"));
  }

  @Test
  void rebuild_ofAMonthWhosePartitionIsGone_isRefused() throws Exception {
    RollupDatabase database = filled(500);
    database.execute(
        """
        INSERT INTO analytics.llm_logs (created_at, action)
        SELECT '2026-12-05T00:00:00Z', 'december' FROM generate_series(1, 3);
        DROP TABLE analytics.llm_logs_2026_12
        """);
    RollupException refused =
        assertThrows(RollupException.class, () -> rollup(database).rebuild(DAY, null));
    assertTrue(
        String.valueOf(refused.getMessage()).startsWith("2026-12-05T00:00:00Z has no partition"),
        refused.getMessage());
    assertEquals(
        "3", database.text("SELECT calls FROM analytics.llm_log_hourly WHERE action = 'december'"));
    // What came since, into DEFAULT, is there already; more than the rows is never taken away.
    database.execute(
        "INSERT INTO analytics.llm_logs (created_at, action) VALUES ('2026-12-05T00:00:00Z', 'new')");
    assertThrows(RollupException.class, () -> rollup(database).rebuild(DAY, null));
    assertEquals(
        "4",
        database.text("SELECT sum(calls) FROM analytics.llm_log_hourly WHERE hour > '2026-12-01'"));
  }

  @Test
  void rebuild_ofRowsInDefault_addsWhatIsMissing() throws Exception {
    RollupDatabase database = RollupDatabase.create(server());
    database.execute(
        """
        INSERT INTO analytics.llm_logs (created_at, action)
        SELECT '2026-03-05T00:00:00Z', 'late' FROM generate_series(1, 3);
        DELETE FROM analytics.llm_log_hourly
        """);
    assertEquals(
        new Rebuilt(1, 1), rollup(database).rebuild(Instant.parse("2026-03-01T00:00:00Z"), null));
    database.assertExact();
  }

  @Test
  void rebuild_ofRowsThatSomebodyDeleted_takesThemOut() throws Exception {
    RollupDatabase database = filled(500);
    database.execute("DELETE FROM analytics.llm_logs WHERE company_id > 3");
    rollup(database).rebuild(DAY, null);
    database.assertExact();
    database.execute("TRUNCATE analytics.llm_logs");
    rollup(database).rebuild(DAY, null);
    assertEquals("0", database.text("SELECT count(*) FROM analytics.llm_log_hourly"));
  }

  @Test
  void textsOfFullWidth_areMended() throws Exception {
    RollupDatabase database = RollupDatabase.create(server());
    database.execute(
        """
        INSERT INTO analytics.llm_logs (created_at, action, provider, model, deployment_environment)
        SELECT '2026-11-23T11:00:00Z', a, a || a, a || a, a || left(a, 99) || b
        FROM (SELECT string_agg(chr(131072 + (i * 7919) % 40000), '') AS a
          FROM generate_series(1, 100) i) x, (VALUES ('x'), ('y')) y (b);
        UPDATE analytics.llm_log_hourly SET calls = 9
        """);
    assertEquals(new Rebuilt(1, 2), rollup(database).rebuild(DAY, null));
    database.assertExact();
  }
}
