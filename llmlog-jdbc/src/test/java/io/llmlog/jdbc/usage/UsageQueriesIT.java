package io.llmlog.jdbc.usage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.jdbc.PostgresDataSource;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.schema.Schema;
import io.llmlog.jdbc.usage.UsageQuery.Dimension;
import io.llmlog.testkit.PostgresServer;
import java.math.BigInteger;
import java.sql.Connection;
import java.sql.ResultSet;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.LoggerFactory;

class UsageQueriesIT {
  @RegisterExtension static final PostgresServer SERVER = PostgresServer.create();

  private static final SchemaName SCHEMA = new SchemaName("analytics");
  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");

  private String url = "";
  private UsageQueries queries = queries("postgresql://h/d");

  @BeforeEach
  void createRows() throws Exception {
    url = SERVER.createDatabase("usage");
    new Schema(PostgresUrl.parse(url), SCHEMA).apply(false, NOW);
    queries = queries(url);
    PostgresServer.execute(
        url,
        """
        INSERT INTO analytics.llm_logs (created_at, action, company_id, user_id, end_user, model,
          provider, tokens_input, tokens_output, tokens_cache_read, cost_usd, error_type,
          error_message, deployment_environment) VALUES
        ('2026-11-23T09:59:59Z', 'ask', 7, 1, NULL, 'big', 'p', 100, 10, 5, 0.5, NULL, NULL, 'prod'),
        ('2026-11-23T10:00:00Z', 'ask', 7, NULL, 'ann', 'small', 'p', 200, 20, NULL, 0.000000000001,
          NULL, NULL, 'prod'),
        ('2026-11-23T10:30:00Z', 'parse', 10, 2, NULL, 'big', 'q', 300, 30, NULL, 2, 'Timeout', NULL,
          NULL),
        ('2026-11-24T00:00:00Z', 'parse', 9, NULL, NULL, 'new', 'q', NULL, NULL, NULL, NULL, NULL,
          'broke', NULL),
        ('2026-11-24T00:00:01Z', 'parse', NULL, NULL, NULL, NULL, NULL, 9223372036854775807,
          9223372036854775807, NULL, NULL, NULL, NULL, NULL),
        ('2026-11-24T00:00:02Z', 'parse', NULL, NULL, NULL, NULL, NULL, 1, 1, NULL, NULL, 'x', 'y',
          NULL)
        """);
  }

  @Test
  void ask_byCompany_answersDearestFirstAndUnknownLast() throws Exception {
    UsageAnswer answered = queries.ask(UsageQuery.groupedBy(Dimension.COMPANY));
    assertEquals("10 7 9 null", keys(answered));
    List<Usage> answer = answered.groups();
    assertEquals("2.000000000000", String.valueOf(answer.get(0).costUsd()));
    assertEquals("0.500000000001", String.valueOf(answer.get(1).costUsd()));
    assertNull(answer.get(2).costUsd());
    assertNull(answer.get(3).costUsd());
    assertEquals(2, answer.get(3).callsCostUnknown());
    assertEquals(1, answer.get(3).errors());
    assertEquals(1, answer.get(2).errors());
    assertEquals(new BigInteger("9223372036854775808"), answer.get(3).tokensInput());
    assertEquals(BigInteger.valueOf(5), answer.get(1).tokensCacheRead());
  }

  @Test
  void ask_byEachDimension_findsItsGroups() throws Exception {
    assertEquals("2 1 ann null", keys(queries.ask(UsageQuery.groupedBy(Dimension.USER))));
    assertEquals("big small new null", keys(queries.ask(UsageQuery.groupedBy(Dimension.MODEL))));
    assertEquals("parse ask", keys(queries.ask(UsageQuery.groupedBy(Dimension.ACTION))));
    assertEquals("q p null", keys(queries.ask(UsageQuery.groupedBy(Dimension.PROVIDER))));
    assertEquals("null prod", keys(queries.ask(UsageQuery.groupedBy(Dimension.ENVIRONMENT))));
    assertEquals("2026-11-23 2026-11-24", keys(queries.ask(UsageQuery.groupedBy(Dimension.DAY))));
    assertEquals(
        "2026-11-23T10:00Z 2026-11-23T09:00Z 2026-11-24T00:00Z",
        keys(queries.ask(UsageQuery.groupedBy(Dimension.HOUR))));
    assertEquals(
        "10/big 7/big 7/small 9/new null/null",
        keys(queries.ask(UsageQuery.groupedBy(Dimension.COMPANY, Dimension.MODEL))));
  }

  @Test
  void ask_aboutARange_takesItsFirstMomentAndNotItsEnd() throws Exception {
    Instant from = Instant.parse("2026-11-23T10:00:00Z");
    Instant to = Instant.parse("2026-11-24T00:00:00Z");
    assertEquals(2, queries.total(from, to).calls());
    assertEquals(5, queries.total(from, null).calls());
    assertEquals(3, queries.total(null, to).calls());
    assertEquals(
        "10 7", keys(queries.ask(UsageQuery.groupedBy(Dimension.COMPANY).between(from, to))));
  }

  @Test
  void ask_withALimit_answersTheDearest() throws Exception {
    assertEquals("10", keys(queries.ask(UsageQuery.groupedBy(Dimension.COMPANY).top(1))));
    assertThrows(IllegalArgumentException.class, () -> UsageQuery.groupedBy().top(0));
    assertThrows(
        IllegalArgumentException.class,
        () -> UsageQuery.groupedBy().between(NOW, NOW.minusSeconds(1)));
  }

  @Test
  void total_ofNoCalls_hasNoCost() throws Exception {
    Usage none = queries.total(NOW.plus(Duration.ofDays(9)), null);
    assertEquals(0, none.calls());
    assertNull(none.costUsd());
    assertEquals(BigInteger.ZERO, none.tokensInput());
  }

  @Test
  void ask_forFewerCalls_findsThemInTheRollupAndInRows() throws Exception {
    UsageQuery all = UsageQuery.groupedBy(Dimension.COMPANY);
    Instant hour = Instant.parse("2026-11-23T09:00:00Z");
    for (Instant from : new Instant[] {hour, hour.plusSeconds(1)}) {
      UsageQuery question = all.between(from, null);
      assertEquals("7", keys(queries.ask(question.where(Dimension.COMPANY, "7"))));
      assertEquals("10 7", keys(queries.ask(question.where(Dimension.MODEL, "big"))));
      assertEquals(
          "10 7 9",
          keys(
              queries.ask(question.where(Dimension.PROVIDER, "p").where(Dimension.PROVIDER, "q"))));
      assertEquals("null", keys(queries.ask(question.where(Dimension.COMPANY, null))));
      assertEquals("9 null", keys(queries.ask(day(question).where(Dimension.ENVIRONMENT, null))));
      assertEquals("", keys(queries.ask(question.where(Dimension.MODEL, "' OR true --"))));
      assertEquals("7", keys(queries.ask(question.where(Dimension.USER, "ann"))));
    }
    assertThrows(IllegalArgumentException.class, () -> all.where(Dimension.COMPANY, "x"));
    assertThrows(IllegalArgumentException.class, () -> all.where(Dimension.DAY, "2026-11-23"));
  }

  private static UsageQuery day(UsageQuery question) {
    return question.between(Instant.parse("2026-11-24T00:00:00Z"), null);
  }

  @Test
  void ask_forUsers_looksAtTheLastDaysUnlessTold_andRefusesTooMany() throws Exception {
    UsageQuery question = UsageQuery.groupedBy(Dimension.USER);
    assertEquals(
        NOW.plus(Duration.ofDays(2)).minus(UsageQueries.USERS_UNLESS_ASKED),
        queries.ask(question).from());
    PostgresServer.execute(
        url,
        "INSERT INTO analytics.llm_logs (created_at, action, user_id, cost_usd)"
            + " VALUES ('2026-09-01', 'old', 99, 100)");
    assertEquals("2 1 ann null", keys(queries.ask(question)));
    assertEquals(
        "99 2 1 ann null",
        keys(queries.ask(question.between(Instant.parse("2026-09-01T00:00:00Z"), null))));
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> queries.ask(question.between(Instant.parse("2025-01-01T00:00:00Z"), null)));
    assertTrue(String.valueOf(refused.getMessage()).contains("400 days"), refused.toString());
  }

  @Test
  void ask_afterRowsAreDropped_stillKnowsWholeHours_andRefusesPartsOfThem() throws Exception {
    PostgresServer.execute(url, "TRUNCATE analytics.llm_logs");
    Instant hour = Instant.parse("2026-11-23T10:00:00Z");
    assertEquals(2, queries.total(hour, hour.plusSeconds(3600)).calls());
    assertEquals(6, queries.total(null, null).calls());
    UsageException refused =
        assertThrows(UsageException.class, () -> queries.total(hour.plusSeconds(1), null));
    assertTrue(
        refused.getMessage().contains("2026-11-23T10:00:00Z, of whose 2 calls 0 rows are left"),
        refused.getMessage());
    // Nothing was ever in that hour.
    assertEquals(3, queries.total(NOW.plusSeconds(1), null).calls());
  }

  @Test
  void ask_whereNothingFitsTheQuestion_saysWhatHelps() throws Exception {
    PostgresServer.execute(url, "DROP VIEW analytics.llm_log_usage");
    UsageException old = assertThrows(UsageException.class, () -> queries.total(null, null));
    assertTrue(old.getMessage().contains("run llmlog schema apply"), old.getMessage());
    assertTrue(old.getMessage().startsWith("127.0.0.1:"), old.getMessage());

    ReadDatabase hasty =
        new ReadDatabase(
            new PostgresDataSource(PostgresUrl.parse(url), Duration.ofSeconds(30)),
            null,
            Duration.ofMillis(100),
            LoggerFactory.getLogger(UsageQueriesIT.class));
    UsageException slow =
        assertThrows(
            UsageException.class,
            () -> hasty.read(c -> c.createStatement().execute("SELECT pg_sleep(5)")));
    assertTrue(slow.getMessage().contains("ask for a shorter range"), slow.getMessage());
  }

  @Test
  void histogram_hasTheBoundsOfTheDatabase() throws Exception {
    try (Connection connection = PostgresServer.connect(url);
        ResultSet row =
            connection
                .createStatement()
                .executeQuery("SELECT analytics.llm_log_latency_bounds()")) {
      row.next();
      Long[] bounds = (Long[]) row.getArray(1).getArray();
      assertArrayEquals(
          LatencyHistogram.bounds(), Arrays.stream(bounds).mapToLong(Long::longValue).toArray());
    }
  }

  @Test
  void aMonth_andACompany_areFoundByTheirIndexes() throws Exception {
    PostgresServer.execute(
        url,
        """
        INSERT INTO analytics.llm_log_hourly_sums (hour, company_id, calls, errors, tokens_input,
          tokens_output, tokens_cache_read, tokens_cache_write, tokens_reasoning, cost_usd,
          calls_cost_unknown, latency_ms_sum, latency_histogram)
        SELECT '2025-01-01Z'::timestamptz + hour * interval '1 hour', company, 1, 0, 1, 1, 1, 1, 1,
          1, 0, 1, array_fill(1, ARRAY[40])
        FROM generate_series(0, 9999) hour, generate_series(1, 10) company;
        ANALYZE analytics.llm_log_hourly_sums
        """);
    UsageQuery month =
        UsageQuery.groupedBy(Dimension.COMPANY)
            .between(Instant.parse("2025-06-01T00:00:00Z"), Instant.parse("2025-07-01T00:00:00Z"));
    assertEquals(720, queries.ask(month).groups().get(0).calls());
    // By which index is the planner's choice: newer majors skip over the companies of the other.
    assertFalse(plan(month).contains("Seq Scan on llm_log_hourly_sums"), plan(month));
    String model = plan(month.where(Dimension.MODEL, "m"));
    assertFalse(model.contains("Seq Scan on llm_log_hourly_sums"), model);
    String one = plan(month.where(Dimension.COMPANY, "7"));
    assertTrue(one.contains("llm_log_hourly_company_id_hour_idx"), one);
  }

  @Test
  void eachQuestion_readsTheFewestRowsThatKnowIt() throws Exception {
    PostgresServer.execute(
        url,
        """
        INSERT INTO analytics.llm_log_months VALUES ('2026-08-01Z', true), ('2026-10-01Z', false);
        INSERT INTO analytics.llm_log_days VALUES ('2026-08-07Z', true, true),
          ('2026-09-07Z', true, true), ('2026-09-08Z', true, false), ('2026-09-09Z', false, false)
        """);
    assertEquals("monthly daily hourly", read(Dimension.COMPANY));
    assertEquals("daily hourly", read(Dimension.COMPANY, Dimension.DAY));
    assertEquals("overall daily hourly", read(Dimension.MODEL));
    assertEquals("overall daily hourly", read(Dimension.MODEL, Dimension.DAY));
    assertEquals("hourly", read(Dimension.HOUR));
  }

  private String read(Dimension... by) throws Exception {
    String plan =
        plan(UsageQuery.groupedBy(by).between(Instant.parse("2026-07-01T00:00:00Z"), NOW));
    return Stream.of("monthly", "overall", "daily", "hourly")
        .filter(table -> plan.contains("llm_log_" + table))
        .collect(Collectors.joining(" "));
  }

  @Test
  void wholeHours_readNoRows_whateverIsAsked() throws Exception {
    Instant from = Instant.parse("2026-10-01T05:00:00Z");
    for (Dimension by : Dimension.values()) {
      if (by != Dimension.USER) {
        UsageQuery question =
            UsageQuery.groupedBy(by).where(Dimension.MODEL, null).withLatency().between(from, NOW);
        assertFalse(String.join("\n", queries.plan(question)).contains("llm_logs"), by::toString);
        UsageQuery ofParts = question.between(from.plusSeconds(1), NOW);
        assertTrue(String.join("\n", queries.plan(ofParts)).contains("llm_logs"), by::toString);
      }
    }
  }

  private String plan(UsageQuery question) throws Exception {
    return String.join("\n", queries.plan(question));
  }

  @Test
  void storeStatus_tellsOfRowsAndDeadLetters() throws Exception {
    PostgresDataSource database =
        new PostgresDataSource(PostgresUrl.parse(url), Duration.ofSeconds(30));
    assertEquals(
        new StoreStatus(0, Instant.parse("2026-11-24T00:00:02Z")),
        StoreStatus.read(database, SCHEMA));
    PostgresServer.execute(
        url,
        """
        TRUNCATE analytics.llm_logs;
        INSERT INTO analytics.llm_log_dead_letters (id, created_at, raw, reason)
        VALUES (gen_random_uuid(), now(), '', 'r')
        """);
    assertEquals(new StoreStatus(1, null), StoreStatus.read(database, SCHEMA));
  }

  private static String keys(UsageAnswer answer) {
    return String.join(
        " ",
        answer.groups().stream()
            .map(usage -> String.join("/", usage.key().stream().map(String::valueOf).toList()))
            .toList());
  }

  private static UsageQueries queries(String url) {
    return new UsageQueries(
        ReadDatabase.of(new PostgresDataSource(PostgresUrl.parse(url), Duration.ofSeconds(30))),
        SCHEMA,
        () -> NOW.plus(Duration.ofDays(2)));
  }
}
