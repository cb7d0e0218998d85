package io.llmlog.jdbc.maintain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.jdbc.PostgresDataSource;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.usage.UsageQueries;
import io.llmlog.jdbc.usage.UsageQuery;
import io.llmlog.jdbc.usage.UsageQuery.Dimension;
import io.llmlog.testkit.PostgresServer;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Days and months say what the hours say, whatever comes late or goes. */
class SummedRollupIT {
  @RegisterExtension static final PostgresServer SERVER = PostgresServer.create();

  private static final SchemaName SCHEMA = new SchemaName("analytics");
  private static final Instant ALL = Instant.parse("0001-01-01T00:00:00Z");

  /** Calls on most days of three months, across the end of a year. */
  private static final String ROWS =
      """
      INSERT INTO analytics.llm_logs (created_at, action, company_id, model, tokens_input, cost_usd,
        latency_ms, error_type)
      SELECT moment, 'a' || i % 2, i % 3, 'm' || i % 2, i, i * 0.001, i * i, CASE i % 7 WHEN 0 THEN 'e' END
      FROM generate_series(1, 89) AS i,
        LATERAL (SELECT timestamptz '2024-11-30T22:00:00Z' + i * interval '25 hours') AS t (moment)
      WHERE extract(day FROM moment AT TIME ZONE 'UTC') <> 13
      """;

  /** What a tier says else than the hours of its whole units, both ways. */
  private static final String DIFFERENT =
      """
      WITH counted AS (
        SELECT date_trunc('%1$s', hour, 'UTC') AS %1$s, company_id, provider, model, action,
          environment, sum(calls) AS calls, sum(errors) AS errors, sum(tokens_input) AS input,
          sum(cost_usd) AS cost, sum(calls_cost_unknown) AS unknown, sum(latency_ms_sum) AS latency,
          analytics.llm_log_histogram_total(latency_histogram) AS histogram
        FROM analytics.llm_log_hourly
        WHERE date_trunc('%1$s', hour, 'UTC') IN (SELECT %1$s FROM analytics.llm_log_usage_%1$ss)
        GROUP BY 1, 2, 3, 4, 5, 6),
      known AS (
        SELECT %1$s, coalesce(company_id, -1), coalesce(provider, ''), coalesce(model, ''), action,
          coalesce(environment, ''), calls::numeric, errors::numeric, tokens_input, cost_usd,
          calls_cost_unknown::numeric, latency_ms_sum, latency_histogram
        FROM analytics.llm_log_usage_%2$s)
      SELECT (SELECT count(*) FROM (TABLE counted EXCEPT TABLE known) AS missing)
        + (SELECT count(*) FROM (TABLE known EXCEPT TABLE counted) AS too_much)
      """;

  /** What the days of all companies together say else than the days. */
  private static final String DIFFERENT_OVERALL =
      """
      WITH counted AS (
        SELECT day, provider, model, action, environment, sum(calls) AS calls,
          sum(errors) AS errors, sum(tokens_input) AS input, sum(cost_usd) AS cost,
          sum(calls_cost_unknown) AS unknown, sum(latency_ms_sum) AS latency,
          analytics.llm_log_histogram_total(latency_histogram) AS histogram
        FROM analytics.llm_log_usage_daily JOIN analytics.llm_log_usage_days USING (day)
        WHERE overall GROUP BY 1, 2, 3, 4, 5),
      known AS (
        SELECT day, provider, model, action, environment, calls::numeric, errors::numeric,
          tokens_input, cost_usd, calls_cost_unknown::numeric, latency_ms_sum, latency_histogram
        FROM analytics.llm_log_usage_overall)
      SELECT (SELECT count(*) FROM (TABLE counted EXCEPT TABLE known) AS missing)
        + (SELECT count(*) FROM (TABLE known EXCEPT TABLE counted) AS too_much)
      """;

  private static final String NOT_OVERALL =
      "SELECT count(*) FROM analytics.llm_log_usage_days WHERE NOT overall";

  private final ExecutorService executor = Executors.newCachedThreadPool();
  private Tables tables;
  private SummedRollup sums;
  private UsageQueries queries;

  SummedRollupIT() throws Exception {
    tables = new Tables(SERVER, Instant.parse("2026-11-15T12:00:00Z"));
    PostgresDataSource database =
        new PostgresDataSource(PostgresUrl.parse(tables.url()), Duration.ofMinutes(1));
    sums = new SummedRollup(database::getConnection, SCHEMA);
    queries = new UsageQueries(database, SCHEMA);
  }

  @BeforeEach
  void fill() {
    tables.execute(ROWS);
  }

  @AfterEach
  void end() {
    executor.shutdownNow();
  }

  @Test
  void whatIsPast_isAddedUp_andOnlyOnce() throws Exception {
    assertEquals(Map.of(), addUp(ALL).deleted());
    assertEquals("2024-12 2025-01 2025-02 2025-03", months());
    assertExact();
    String before = tables.text("SELECT max(xmin::text::bigint) FROM analytics.llm_log_monthly");
    addUp(ALL);
    assertEquals(
        before, tables.text("SELECT max(xmin::text::bigint) FROM analytics.llm_log_monthly"));
  }

  @Test
  void theMonthThatIsNotOver_isNotAddedUp() throws Exception {
    tables.execute(
        "INSERT INTO analytics.llm_logs (created_at, action)"
            + " SELECT date_trunc('month', now() - interval '36 hours', 'UTC') + n * interval '1 hour', 'a'"
            + " FROM generate_series(0, 35) n");
    addUp(ALL);
    assertEquals("2024-12 2025-01 2025-02 2025-03", months());
    assertExact();
  }

  @Test
  void aLateRow_marksItsMonth_evenOnADayThatHadNone() throws Exception {
    addUp(ALL);
    insert("2025-01-13T08:00:00Z");
    assertEquals("2024-12 2025-02 2025-03", months());
    assertEquals("0", day("2025-01-13"));
    assertAnswers();
    insert("2024-12-31T23:59:59.999999Z");
    insert("2025-03-01T00:00:00Z");
    assertEquals("2025-02", months());
    assertEquals("0", day("2024-12-31"));
    assertAnswers();
    addUp(ALL);
    assertEquals("2024-12 2025-01 2025-02 2025-03", months());
    assertEquals("1", day("2025-01-13"));
    assertEquals(0, tables.number(NOT_OVERALL));
    assertExact();
  }

  @Test
  void daysThatAnOlderProgramAddedUp_getTheirOverallSumsLater() throws Exception {
    sums.addUp(Tier.DAY, ALL, new Findings());
    long days = tables.number("SELECT count(*) FROM analytics.llm_log_usage_days");
    assertEquals(days, tables.number(NOT_OVERALL));
    assertAnswers();
    sums.addUp(Tier.OVERALL, ALL, new Findings());
    assertEquals(0, tables.number(NOT_OVERALL));
    assertExact();
    insert("2025-01-14T08:00:00Z");
    sums.addUp(Tier.DAY, ALL, new Findings());
    assertEquals(1, tables.number(NOT_OVERALL));
    assertExact();
    sums.addUp(Tier.OVERALL, ALL, new Findings());
    assertEquals(0, tables.number(NOT_OVERALL));
    assertExact();
  }

  @Test
  void aMonthWaitsForItsDays() throws Exception {
    addUp(ALL);
    insert("2025-01-14T08:00:00Z");
    Findings findings = new Findings();
    sums.addUp(Tier.MONTH, ALL, findings);
    assertEquals("2024-12 2025-02 2025-03", months());
    sums.addUp(Tier.DAY, ALL, findings);
    assertEquals("2024-12 2025-02 2025-03", months());
    assertExact();
    sums.addUp(Tier.MONTH, ALL, findings);
    assertEquals("2024-12 2025-01 2025-02 2025-03", months());
    assertExact();
  }

  @Test
  void theFirstMomentThatThereIs_failsNoRow() throws Exception {
    addUp(ALL);
    tables.execute(
        """
        INSERT INTO analytics.llm_logs (created_at, action) VALUES
          ('4714-11-24 00:00:00+00 BC', 'a'), ('-infinity', 'a'), ('infinity', 'a')
        """);
    assertEquals("2024-12 2025-01 2025-02 2025-03", months());
  }

  @Test
  void retention_takesAMonthWithItsFirstDay_andTheRestStaysAsDays() throws Exception {
    addUp(ALL);
    Instant cutoff = Instant.parse("2025-01-10T12:00:00Z");
    Findings findings = new Findings();
    sums.deleteBefore(cutoff, findings);
    assertEquals("2025-02 2025-03", months());
    assertEquals("0", day("2025-01-09"));
    assertEquals("1", day("2025-01-10"));
    assertTrue(deleted(findings).containsKey("llm_log_monthly"), deleted(findings).toString());
    assertAnswers();
    addUp(cutoff);
    assertEquals("2025-02 2025-03", months());
    sums.deleteBefore(Instant.parse("2025-02-01T00:00:00Z"), new Findings());
    assertEquals("2025-02 2025-03", months());
    assertAnswers();
  }

  @Test
  void aLateWriter_isWaitedFor_andIsInTheSum() throws Exception {
    try (Connection writer = PostgresServer.connect(tables.url())) {
      writer.setAutoCommit(false);
      writer
          .createStatement()
          .execute(
              "INSERT INTO analytics.llm_logs (created_at, action) VALUES ('2025-01-14Z', 'late')");
      Future<MaintenanceReport> round = executor.submit(() -> addUp(ALL));
      awaitWaiting();
      writer.commit();
      assertEquals(List.of(), round.get(60, TimeUnit.SECONDS).stuck());
    }
    assertEquals("2024-12 2025-01 2025-02 2025-03", months());
    assertExact();
  }

  @Test
  void lateWritersBesideMaintenance_areCountedOnceInEachAnswer() throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    List<Future<Integer>> writers =
        List.of(
            executor.submit(() -> write(done, "2024-12-20Z")),
            executor.submit(() -> write(done, "2025-02-13Z")));
    try {
      for (int round = 0; round < 25; round++) {
        assertEquals(List.of(), addUp(ALL).stuck());
        for (UsageQuery question :
            List.of(UsageQuery.groupedBy(), UsageQuery.groupedBy(Dimension.COMPANY))) {
          long before = rows();
          long answered = queries.ask(question).total().calls();
          assertTrue(before <= answered && answered <= rows(), before + ", " + answered);
        }
      }
    } finally {
      done.set(true);
    }
    for (Future<Integer> writer : writers) {
      assertTrue(writer.get(60, TimeUnit.SECONDS) > 0);
    }
    assertAnswers();
    addUp(ALL);
    assertEquals("2024-12 2025-01 2025-02 2025-03", months());
    assertExact();
  }

  private int write(AtomicBoolean done, String from) throws Exception {
    int statements = 0;
    try (Connection connection = PostgresServer.connect(tables.url())) {
      while (!done.get()) {
        connection
            .createStatement()
            .execute(
                """
                INSERT INTO analytics.llm_logs (created_at, action, latency_ms)
                SELECT timestamptz '%s' + n * interval '%d hours', 'late', n
                FROM generate_series(1, 20) n
                """
                    .formatted(from, statements++ % 20));
      }
    }
    return statements;
  }

  private MaintenanceReport addUp(Instant cutoff) throws Exception {
    Findings findings = new Findings();
    sums.addUp(cutoff, findings);
    return findings.report(Instant.EPOCH, false);
  }

  private static Map<String, Long> deleted(Findings findings) {
    return findings.report(Instant.EPOCH, false).deleted();
  }

  private void insert(String time) {
    tables.execute(
        "INSERT INTO analytics.llm_logs (created_at, action, latency_ms) VALUES ('%s', 'late', 7)"
            .formatted(time));
  }

  private long rows() throws Exception {
    return tables.number("SELECT count(*) FROM analytics.llm_logs");
  }

  private String months() throws Exception {
    return tables.text(
        """
        SELECT string_agg(to_char(month AT TIME ZONE 'UTC', 'YYYY-MM'), ' ' ORDER BY month)
        FROM analytics.llm_log_usage_months
        """);
  }

  /** Whether it is whole. */
  private String day(String day) throws Exception {
    return tables.text(
        "SELECT count(*) FROM analytics.llm_log_usage_days WHERE day = '%sZ'".formatted(day));
  }

  /** The tiers say what the hours say, and so do the answers. */
  private void assertExact() throws Exception {
    assertEquals(0, tables.number(DIFFERENT.formatted("day", "daily")));
    assertEquals(0, tables.number(DIFFERENT.formatted("month", "monthly")));
    assertEquals(0, tables.number(DIFFERENT_OVERALL));
    assertAnswers();
  }

  private void assertAnswers() throws Exception {
    assertEquals(rows(), queries.total(null, null).calls());
    UsageQuery byCompany = UsageQuery.groupedBy(Dimension.COMPANY);
    assertEquals(rows(), queries.ask(byCompany).total().calls());
    Instant from = Instant.parse("2024-12-01T00:00:00Z");
    Instant to = Instant.parse("2025-02-14T07:00:00Z");
    assertEquals(
        tables.number(
            "SELECT count(*) FROM analytics.llm_logs WHERE created_at >= '%s' AND created_at < '%s'"
                .formatted(from, to)),
        queries.total(from, to).calls());
    assertEquals(
        queries.total(from, to).calls(), queries.ask(byCompany.between(from, to)).total().calls());
  }

  private void awaitWaiting() throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (tables.number(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        == 0) {
      assertTrue(System.nanoTime() < end, "nobody waits");
    }
  }
}
