package io.llmlog.jdbc.usage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.jdbc.PostgresDataSource;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.Roles;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.schema.Schema;
import io.llmlog.jdbc.usage.CallDetail.Contents;
import io.llmlog.jdbc.usage.CallFilter.Outcome;
import io.llmlog.jdbc.usage.CallPage.Call;
import io.llmlog.jdbc.usage.CallPage.Cursor;
import io.llmlog.jdbc.usage.UsageQuery.Dimension;
import io.llmlog.testkit.PostgresServer;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class CallQueriesIT {
  /** Roles belong to a whole server. */
  @RegisterExtension static final PostgresServer SERVER = PostgresServer.owned();

  private static final SchemaName SCHEMA = new SchemaName("analytics");
  private static final Instant END = Instant.parse("2026-11-20T00:00:00Z");
  private static final CallFilter ALL = CallFilter.between(END.minus(Duration.ofDays(60)), END);
  private static final UUID FULL = UUID.fromString("00000000-0000-0000-0000-0000000000ff");
  private static final Instant FULL_AT = Instant.parse("2026-11-20T12:00:00.123456Z");

  private static String url = "";

  /** Two calls of one moment each; every tenth fails, every third of a session. */
  @BeforeAll
  static void createRows() throws Exception {
    url = SERVER.createDatabase("calls");
    Schema schema = new Schema(PostgresUrl.parse(url), SCHEMA);
    schema.apply(false, Instant.parse("2026-09-15T00:00:00Z"));
    PostgresServer.execute(
        url,
        """
        INSERT INTO analytics.llm_logs (created_at, action, company_id, user_id, end_user, model,
          provider, deployment_environment, cost_usd, error_type, error_message, session_id, trace_id)
        SELECT '2026-11-20Z'::timestamptz - (1 + i / 2) * interval '257 seconds', 'a' || i % 12,
          nullif(i % 40, 0), CASE WHEN i % 2 = 0 THEN i % 100 END,
          CASE WHEN i % 2 = 1 THEN 'user ' || i % 100 END, 'm' || i % 6, nullif('p' || i % 3, 'p0'),
          CASE WHEN i % 7 > 0 THEN 'prod' END, CASE WHEN i % 5 > 0 THEN 0.5 ELSE 'NaN' END,
          CASE WHEN i % 20 = 0 THEN 'timeout' END, CASE WHEN i % 20 = 10 THEN 'broke' END,
          's' || i / 3, 't' || i
        FROM generate_series(0, 29999) i;
        INSERT INTO analytics.llm_logs (event_id, created_at, action, id, company_id, metadata,
          cost_usd, streaming, tokens_input, message)
        VALUES ('00000000-0000-0000-0000-0000000000ff', '2026-11-20T12:00:00.123456Z', 'full',
          9223372036854775807, -1, '{"n": 123456789012345678901234567890.10, "a": ["<b>"]}',
          0.000000000001, true, 9223372036854775807, '<script>');
        INSERT INTO analytics.llm_log_contents (event_id, created_at, request, response)
        VALUES ('00000000-0000-0000-0000-0000000000ff', '2026-11-20T12:00:00.123456Z', '{"q": 1}',
          NULL);
        ANALYZE analytics.llm_logs
        """);
    Roles.create(url, SCHEMA);
  }

  @Test
  void allPages_oneAfterTheOther_areAllCalls_andNoneTwice() throws Exception {
    CallFilter week = CallFilter.between(END.minus(Duration.ofDays(7)), END);
    List<UUID> seen = new ArrayList<>();
    Cursor after = null;
    do {
      CallPage page = queries(url).newest(week, after, 199);
      page.calls().forEach(call -> seen.add(call.eventId()));
      after = page.next() == null ? null : Cursor.parse(page.next().text());
    } while (after != null);
    assertEquals(ids("WHERE created_at >= '2026-11-13Z' AND created_at < '2026-11-20Z'"), seen);
  }

  @Test
  void aPageThatIsJustFull_isTheLast() throws Exception {
    CallFilter two = CallFilter.between(END.minusSeconds(300), END);
    assertEquals(2, queries(url).newest(two, null, 2).calls().size());
    assertNull(queries(url).newest(two, null, 2).next());
    CallPage one = queries(url).newest(two, null, 1);
    assertNotNull(one.next());
    assertEquals(1, queries(url).newest(two, one.next(), 1).calls().size());
  }

  @Test
  void eachFilter_findsWhatPlainSqlFinds() throws Exception {
    check(ALL.where(Dimension.COMPANY, "7"), "company_id = 7");
    check(ALL.where(Dimension.COMPANY, null), "company_id IS NULL");
    check(ALL.where(Dimension.COMPANY, "7").where(Dimension.COMPANY, "8"), "company_id IN (7, 8)");
    check(
        ALL.where(Dimension.COMPANY, "7").where(Dimension.COMPANY, null),
        "(company_id = 7 OR company_id IS NULL)");
    check(ALL.where(Dimension.MODEL, "m3"), "model = 'm3'");
    check(ALL.where(Dimension.MODEL, "' OR true --"), "false");
    check(ALL.where(Dimension.ACTION, "a11"), "action = 'a11'");
    check(ALL.where(Dimension.PROVIDER, null), "provider IS NULL");
    check(ALL.where(Dimension.ENVIRONMENT, "prod"), "deployment_environment = 'prod'");
    check(ALL.where(Dimension.USER, "42"), "user_id = 42");
    check(ALL.where(Dimension.USER, "user 43"), "end_user = 'user 43'");
    check(ALL.ended(Outcome.FAILED), "(error_type IS NOT NULL OR error_message IS NOT NULL)");
    check(ALL.ended(Outcome.SUCCEEDED), "error_type IS NULL AND error_message IS NULL");
    check(ALL.failedBy("timeout"), "error_type = 'timeout'");
    check(ALL.ofSession("s9"), "session_id = 's9'");
    check(ALL.ofTrace("t9"), "trace_id = 't9'");
    check(
        ALL.where(Dimension.MODEL, "m2").where(Dimension.COMPANY, "8").failedBy("timeout"),
        "model = 'm2' AND company_id = 8 AND error_type = 'timeout'");
  }

  private static void check(CallFilter filter, String condition) throws Exception {
    List<UUID> expected =
        ids(
            "WHERE created_at >= '%s' AND created_at < '%s' AND %s"
                .formatted(filter.from(), filter.to(), condition));
    List<UUID> found =
        queries(url).newest(filter, null, CallQueries.MOST).calls().stream()
            .map(Call::eventId)
            .toList();
    assertEquals(expected.subList(0, Math.min(CallQueries.MOST, expected.size())), found);
  }

  @Test
  void whatIsUnknown_isNull() throws Exception {
    CallFilter noon = CallFilter.between(FULL_AT, FULL_AT.plusSeconds(1));
    Call call = queries(url).newest(noon, null, 1).calls().get(0);
    assertEquals(FULL, call.eventId());
    assertEquals(FULL_AT, call.createdAt());
    assertNull(call.companyId(), "-1 is none");
    assertNull(call.user());
    assertEquals(Long.MAX_VALUE, call.tokensInput());
    assertEquals(new BigDecimal("0.000000000001"), call.costUsd());
    List<Call> few = queries(url).newest(ALL, null, 20).calls();
    assertTrue(few.stream().anyMatch(one -> one.costUsd() == null), "NaN is unknown");
  }

  @Test
  void oneCall_hasAllItsColumnsAndItsContents() throws Exception {
    CallDetail call = queries(url).call(FULL, FULL_AT);
    assertNotNull(call);
    assertEquals(33, call.columns().size(), call.toString());
    assertEquals(Long.MAX_VALUE, call.columns().get("id"));
    assertEquals(FULL.toString(), call.columns().get("event_id"));
    assertEquals(FULL_AT, call.columns().get("created_at"));
    assertEquals(true, call.columns().get("streaming"));
    assertEquals("<script>", call.columns().get("message"));
    assertTrue(call.columns().containsKey("user_id"));
    assertNull(call.columns().get("user_id"));
    assertTrue(
        String.valueOf(call.metadata()).contains("123456789012345678901234567890.10"),
        call.toString());
    assertEquals(new Contents("{\"q\": 1}", null), call.contents());
    assertNull(call.contentsNote());
    assertNull(queries(url).call(FULL, FULL_AT.plusSeconds(1)));
  }

  @Test
  void contents_areShownToWhoMayReadThem_andOthersAreTold() throws Exception {
    String reader = Roles.url(url, "reader");
    CallDetail without = queries(reader).call(FULL, FULL_AT);
    assertNotNull(without);
    assertNull(without.contents());
    assertTrue(
        String.valueOf(without.contentsNote()).contains("llm_log_texts"), without.toString());
    PostgresServer.execute(url, "GRANT SELECT ON analytics.llm_log_texts TO llmlog_reader");
    CallDetail with = queries(reader).call(FULL, FULL_AT);
    assertNotNull(with);
    assertNotNull(with.contents());
    Call other = queries(reader).newest(ALL, null, 1).calls().get(0);
    CallDetail none = queries(reader).call(other.eventId(), other.createdAt());
    assertNotNull(none);
    assertTrue(String.valueOf(none.contentsNote()).contains("none was kept"), none.toString());
    PostgresServer.execute(url, "REVOKE SELECT ON analytics.llm_log_texts FROM llmlog_reader");
  }

  @Test
  void everyPlan_isBoundedByTheRange_andReadsTheKeyInItsOrder() throws Exception {
    CallFilter day = CallFilter.between(END.minus(Duration.ofDays(1)), END);
    Cursor after = new Cursor(END.minus(Duration.ofHours(6)), FULL);
    for (CallFilter filter :
        List.of(
            day,
            ALL,
            day.where(Dimension.COMPANY, "7"),
            day.where(Dimension.MODEL, "m3"),
            day.ended(Outcome.FAILED),
            day.ofTrace("t9"),
            day.ofSession("s9").where(Dimension.USER, "42"))) {
      for (Cursor cursor : new Cursor[] {null, after}) {
        String plan = String.join("\n", queries(url).plan(filter, cursor, 50));
        assertTrue(plan.contains("Limit"), plan);
        assertFalse(plan.contains("Seq Scan on llm_logs_2026"), plan);
        assertTrue(plan.contains("created_at >= "), plan);
      }
    }
    for (CallFilter filter : List.of(day, ALL, ALL.where(Dimension.MODEL, "m3"))) {
      String plan = String.join("\n", queries(url).plan(filter, after, 50));
      assertTrue(plan.contains("Index Scan Backward using llm_logs_2026_11_pkey"), plan);
      assertFalse(plan.contains("Sort Key"), plan);
    }
    String company =
        String.join("\n", queries(url).plan(ALL.where(Dimension.COMPANY, "7"), null, 5));
    assertTrue(company.contains("company_id_date_bin_idx"), company);
    assertTrue(company.contains("Presorted Key"), company);
    String oneDay = String.join("\n", queries(url).plan(day, null, 50));
    assertFalse(oneDay.contains("2026_10"), oneDay);
    assertFalse(oneDay.contains("default"), oneDay);
  }

  @Test
  void aRangeOrALimitThatIsTooMuch_isRefused() {
    assertThrows(
        IllegalArgumentException.class,
        () -> CallFilter.between(END.minus(Duration.ofDays(401)), END));
    assertThrows(IllegalArgumentException.class, () -> CallFilter.between(END, END));
    assertThrows(IllegalArgumentException.class, () -> ALL.ofTrace("\0"));
    assertThrows(IllegalArgumentException.class, () -> queries(url).newest(ALL, null, 0));
    assertThrows(IllegalArgumentException.class, () -> queries(url).newest(ALL, null, 201));
    for (String text : List.of("", "1", "1.x", "99999999999999999999." + FULL, "1." + FULL + "0")) {
      assertThrows(IllegalArgumentException.class, () -> Cursor.parse(text), text);
    }
    assertEquals(new Cursor(FULL_AT, FULL), Cursor.parse(new Cursor(FULL_AT, FULL).text()));
  }

  @Test
  void whatTakesTooLong_isGivenUp_andSaysWhatHelps() throws Exception {
    PostgresServer.execute(
        url,
        """
        CREATE SCHEMA slow;
        CREATE VIEW slow.llm_log_calls AS
        SELECT * FROM analytics.llm_log_calls WHERE pg_sleep(1) IS NOT NULL
        """);
    CallQueries queries =
        new CallQueries(
            ReadDatabase.of(new PostgresDataSource(PostgresUrl.parse(url), Duration.ofSeconds(30))),
            new SchemaName("slow"),
            Duration.ofMillis(200));
    UsageException slow = assertThrows(UsageException.class, () -> queries.newest(ALL, null, 50));
    assertTrue(slow.getMessage().contains("ask for a shorter range"), slow.getMessage());
  }

  private static List<UUID> ids(String condition) throws Exception {
    List<UUID> ids = new ArrayList<>();
    try (Connection connection = PostgresServer.connect(url);
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT event_id FROM analytics.llm_logs %s ORDER BY created_at DESC, event_id DESC"
                    .formatted(condition))) {
      while (row.next()) {
        ids.add(row.getObject(1, UUID.class));
      }
    }
    return ids;
  }

  private static CallQueries queries(String url) {
    return new CallQueries(
        ReadDatabase.of(new PostgresDataSource(PostgresUrl.parse(url), Duration.ofSeconds(30))),
        SCHEMA);
  }
}
