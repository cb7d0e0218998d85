package io.llmlog.worker.dashboard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.llmlog.testkit.PostgresServer;
import io.llmlog.worker.RecordingLog;
import java.math.BigDecimal;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Overview and companies beside plain SQL over the same 20,000 rows. */
class UsagePagesIT {
  @RegisterExtension static final PostgresServer SERVER = PostgresServer.create();

  private static final String WEEK = "from=2026-11-13T12:10:00Z&to=2026-11-20T12:00:00Z";
  private static final String OF_WEEK =
      "created_at >= '2026-11-13T12:00Z' AND created_at < '2026-11-20T12:00Z'";
  private static final String MONTH = "from=2026-10-20T00:00:00Z&to=2026-11-20T12:00:00Z";
  private static final String OF_MONTH =
      "created_at >= '2026-10-20Z' AND created_at < '2026-11-20T12:00Z'";

  private static @Nullable DashboardServer server;
  private static @Nullable Connection connection;

  @BeforeAll
  static void start() throws Exception {
    String url = SERVER.createDatabase("pages");
    DashboardData.fill(url);
    connection = PostgresServer.connect(url);
    server =
        new DashboardServer(DashboardData.api(url, (question, took) -> {}, new RecordingLog()));
  }

  @AfterAll
  static void stop() throws SQLException {
    server().close();
    Objects.requireNonNull(connection).close();
  }

  private static DashboardServer server() {
    return Objects.requireNonNull(server);
  }

  @Test
  void overview_unlessAsked_isOfTheLast24Hours_byModelAndHour() throws Exception {
    JsonNode answer = server().get("/api/overview");
    assertEquals("2026-11-19T13:00:00Z", answer.get("from").asText());
    assertEquals("2026-11-20T13:00:00Z", answer.get("to").asText());
    assertEquals("hour", answer.get("step").asText());
    assertEquals("primary", answer.get("origin").get("source").asText());
    assertEquals(0, answer.get("origin").get("lag_seconds").asDouble());
    assertTrue(answer.get("origin").get("notice").isNull(), answer.toString());
    check(answer.get("total"), "created_at >= '2026-11-19T13:00Z'");
    check(
        answer.get("before"),
        "created_at >= '2026-11-18T13:00Z' AND created_at < '2026-11-19T13:00Z'");
  }

  @ParameterizedTest
  @CsvSource({
    "model, model, 12",
    "company, company_id::text, 21",
    "action, action, 5",
    "provider, provider, 2",
    "environment, deployment_environment, 2"
  })
  void overview_ofEachDimension_isWhatPlainSqlSays(String by, String column, int groups)
      throws Exception {
    for (String[] range : new String[][] {{WEEK, OF_WEEK, "hour"}, {MONTH, OF_MONTH, "day"}}) {
      JsonNode answer = server().get("/api/overview?by=" + by + "&" + range[0]);
      assertEquals(range[2], answer.get("step").asText());
      check(answer.get("total"), range[1]);
      List<JsonNode> shown = list(answer.get("groups"));
      assertEquals(groups > 8 ? 9 : groups, shown.size());
      List<String> others = new ArrayList<>();
      for (JsonNode group : shown) {
        if (group.has("other")) {
          continue;
        }
        String is =
            group.get("key").isNull() ? " IS NULL" : " = '" + group.get("key").asText() + "'";
        check(group.get("figures"), range[1] + " AND " + column + is);
        others.add("coalesce(" + column + is + ", false)");
      }
      if (groups > 8) {
        assertTrue(shown.get(8).get("other").asBoolean());
        check(
            shown.get(8).get("figures"),
            range[1] + " AND NOT (" + String.join(" OR ", others) + ")");
      }
      checkSeries(answer, shown, range[1]);
    }
  }

  /** In each piece of time the same groups in the same order; together they are the groups. */
  private static void checkSeries(JsonNode answer, List<JsonNode> groups, String where)
      throws SQLException {
    long[] calls = new long[groups.size()];
    BigDecimal[] costs = new BigDecimal[groups.size()];
    Map<String, Long> pieces = new TreeMap<>();
    for (JsonNode piece : answer.get("series")) {
      assertEquals(groups.size(), piece.get("groups").size());
      long sum = 0;
      for (int i = 0; i < groups.size(); i++) {
        JsonNode part = piece.get("groups").get(i);
        assertEquals(groups.get(i).get("key"), part.get("key"));
        calls[i] += part.get("figures").get("calls").asLong();
        sum += part.get("figures").get("calls").asLong();
        JsonNode cost = part.get("figures").get("cost_usd");
        if (!cost.isNull()) {
          costs[i] = decimal(cost).add(costs[i] == null ? BigDecimal.ZERO : costs[i]);
        }
      }
      pieces.put(piece.get("time").asText(), sum);
    }
    assertEquals(
        text(
            """
            SELECT coalesce(string_agg(time || '=' || calls, ', ' ORDER BY time), '') FROM (
              SELECT to_char(date_trunc('%s', created_at, 'UTC') AT TIME ZONE 'UTC',
                'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS time, count(*) AS calls
              FROM analytics.llm_logs WHERE %s GROUP BY 1) AS pieces
            """
                .formatted(answer.get("step").asText(), where)),
        pieces.toString().replaceAll("[{}]", ""));
    for (int i = 0; i < groups.size(); i++) {
      JsonNode figures = groups.get(i).get("figures");
      assertEquals(figures.get("calls").asLong(), calls[i]);
      assertEquals(0, decimal(figures.get("cost_usd")).compareTo(costs[i]));
    }
  }

  @Test
  void overview_withFilters_isOfThoseCallsAlone() throws Exception {
    String hostile = DashboardServer.encoded("<img src=x onerror=alert(1)>");
    JsonNode answer =
        server()
            .get(
                "/api/overview?by=company&model=%s&model=&company=3&company=6&environment=&%s"
                    .formatted(hostile, MONTH));
    String where =
        OF_MONTH
            + " AND company_id IN (3, 6) AND (model IS NULL OR model LIKE '<img%')"
            + " AND deployment_environment IS NULL";
    check(answer.get("total"), where);
    assertEquals(2, answer.get("groups").size());
    checkSeries(answer, list(answer.get("groups")), where);
    JsonNode none = server().get("/api/overview?model=nobody&" + MONTH);
    assertEquals(0, none.get("total").get("calls").asLong());
    assertTrue(none.get("total").get("cost_usd").isNull());
    assertTrue(none.get("total").get("p95_ms").isNull());
    assertEquals(0, none.get("groups").size());
    assertEquals(0, none.get("series").size());
  }

  @Test
  void percentiles_areNearThoseOfTheRows() throws Exception {
    JsonNode total = server().get("/api/overview?" + MONTH).get("total");
    for (String[] each :
        new String[][] {{"p50_ms", "0.5"}, {"p95_ms", "0.95"}, {"p99_ms", "0.99"}}) {
      double exact =
          Double.parseDouble(
              text(
                  "SELECT percentile_disc(%s) WITHIN GROUP (ORDER BY latency_ms) FROM analytics.llm_logs WHERE %s"
                      .formatted(each[1], OF_MONTH)));
      assertEquals(exact, total.get(each[0]).asDouble(), exact * 0.1);
    }
  }

  @Test
  void companies_areWhatPlainSqlSays() throws Exception {
    JsonNode answer = server().get("/api/companies?" + MONTH);
    check(answer.get("total"), OF_MONTH);
    List<JsonNode> companies = list(answer.get("companies"));
    assertEquals(21, companies.size());
    BigDecimal all = decimal(answer.get("total").get("cost_usd"));
    double shares = 0;
    for (JsonNode company : companies) {
      JsonNode key = company.get("company");
      String is = "company_id" + (key.isNull() ? " IS NULL" : " = " + key.asText());
      check(company.get("figures"), OF_MONTH + " AND " + is);
      BigDecimal cost = decimal(company.get("figures").get("cost_usd"));
      assertEquals(
          cost.doubleValue() / all.doubleValue(), company.get("share").asDouble(), 0.00001);
      shares += company.get("share").asDouble();
      double before =
          Double.parseDouble(
              text(
                  "SELECT sum(cost_usd) FROM analytics.llm_logs WHERE %s AND created_at < '2026-10-20Z' AND created_at >= '2026-09-18T12:00Z'"
                      .formatted(is)));
      assertEquals(
          cost.doubleValue() / before - 1, company.get("change").asDouble(), 0.0001, key::toString);
      BigDecimal sum = BigDecimal.ZERO;
      assertTrue(company.get("trend").size() <= 31, company.toString());
      for (JsonNode point : company.get("trend")) {
        sum =
            sum.add(
                point.get("cost_usd").isNull() ? BigDecimal.ZERO : decimal(point.get("cost_usd")));
      }
      assertEquals(0, cost.compareTo(sum), company.toString());
    }
    assertEquals(1, shares, 0.0001);
    assertEquals(costsOf(companies), sorted(costsOf(companies), false));
  }

  private static List<BigDecimal> costsOf(List<JsonNode> companies) {
    return companies.stream().map(row -> decimal(row.get("figures").get("cost_usd"))).toList();
  }

  private static List<BigDecimal> sorted(List<BigDecimal> numbers, boolean ascending) {
    Comparator<BigDecimal> order = Comparator.naturalOrder();
    return numbers.stream().sorted(ascending ? order : order.reversed()).toList();
  }

  @Test
  void companies_areSorted_searchedAndCut() throws Exception {
    for (String sort : List.of("cost", "calls", "tokens", "errors", "trend")) {
      for (String order : List.of("asc", "desc")) {
        JsonNode answer =
            server().get("/api/companies?sort=" + sort + "&order=" + order + "&" + WEEK);
        List<BigDecimal> figures =
            list(answer.get("companies")).stream().map(row -> figure(row, sort)).toList();
        assertEquals(sorted(figures, order.equals("asc")), figures, sort + " " + order);
      }
    }
    JsonNode some = server().get("/api/companies?search=1&limit=3&sort=calls&" + WEEK);
    assertEquals(3, some.get("companies").size());
    for (JsonNode company : some.get("companies")) {
      assertTrue(company.get("company").asText().contains("1"), company.toString());
    }
    check(some.get("total"), OF_WEEK);
    assertEquals(0, server().get("/api/companies?search=none&" + WEEK).get("companies").size());
    JsonNode filtered = server().get("/api/companies?company=5&company=&" + WEEK);
    assertEquals(2, filtered.get("companies").size());
  }

  private static BigDecimal figure(JsonNode row, String sort) {
    JsonNode figures = row.get("figures");
    return switch (sort) {
      case "cost" -> decimal(figures.get("cost_usd"));
      case "tokens" ->
          decimal(figures.get("tokens_input")).add(decimal(figures.get("tokens_output")));
      case "trend" -> BigDecimal.valueOf(row.get("change").asDouble());
      default -> BigDecimal.valueOf(figures.get(sort).asLong());
    };
  }

  @Test
  void aShortRange_hasATrendByHour() throws Exception {
    JsonNode answer =
        server().get("/api/companies?from=2026-11-19T06:00:00Z&to=2026-11-20T18:00:00Z");
    JsonNode trend = answer.get("companies").get(0).get("trend");
    assertEquals(36, trend.size());
    assertEquals("2026-11-19T06:00:00Z", trend.get(0).get("time").asText());
    assertEquals("2026-11-20T17:00:00Z", trend.get(35).get("time").asText());
  }

  @Test
  void csv_hasTheSameRows_andDownloads() throws Exception {
    HttpResponse<String> answer = server().send("/api/companies.csv?sort=calls&" + MONTH);
    assertEquals(200, answer.statusCode());
    assertEquals(
        "text/csv;charset=utf-8",
        answer.headers().firstValue("Content-Type").orElse("").replace(" ", ""));
    assertEquals(
        "attachment; filename=\"companies.csv\"",
        answer.headers().firstValue("Content-Disposition").orElse(""));
    String[] lines = answer.body().split("\r\n", -1);
    assertEquals(23, lines.length, "each line has an end");
    assertTrue(lines[0].startsWith("company,calls,errors,tokens_input,"), lines[0]);
    JsonNode first = server().get("/api/companies?sort=calls&" + MONTH).get("companies").get(0);
    String[] fields = lines[1].split(",", -1);
    assertEquals(first.get("company").asText(), fields[0]);
    assertEquals(first.get("figures").get("calls").asText(), fields[1]);
    assertEquals(first.get("figures").get("cost_usd").asText(), fields[8]);
    assertEquals(first.get("change").asDouble(), Double.parseDouble(fields[11]), 0.0001);
    assertFalse(answer.body().contains("null"), answer.body());
  }

  /** The figures of an answer beside those of the rows. */
  private static void check(JsonNode figures, String where) throws SQLException {
    assertNotNull(figures, where);
    String[] names = {
      "calls",
      "errors",
      "tokens_input",
      "tokens_output",
      "tokens_cache_read",
      "cost_usd",
      "calls_cost_unknown"
    };
    String[] counted =
        text("""
                SELECT concat_ws(' ', count(*),
                  count(*) FILTER (WHERE error_type IS NOT NULL OR error_message IS NOT NULL),
                  coalesce(sum(tokens_input), 0), coalesce(sum(tokens_output), 0),
                  coalesce(sum(tokens_cache_read), 0), coalesce(sum(cost_usd), 0),
                  count(*) FILTER (WHERE cost_usd IS NULL))
                FROM analytics.llm_logs WHERE\s"""
                + where)
            .split(" ", -1);
    for (int i = 0; i < names.length; i++) {
      JsonNode figure = figures.get(names[i]);
      BigDecimal shown = figure.isNull() ? BigDecimal.ZERO : decimal(figure);
      assertEquals(0, new BigDecimal(counted[i]).compareTo(shown), names[i] + " of " + where);
    }
  }

  private static BigDecimal decimal(JsonNode number) {
    return new BigDecimal(number.asText());
  }

  private static List<JsonNode> list(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).toList();
  }

  private static String text(String sql) throws SQLException {
    try (Statement statement = Objects.requireNonNull(connection).createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }
}
