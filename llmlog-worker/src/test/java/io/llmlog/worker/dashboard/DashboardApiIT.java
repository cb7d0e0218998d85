package io.llmlog.worker.dashboard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.llmlog.testkit.PostgresServer;
import io.llmlog.worker.RecordingLog;
import io.llmlog.worker.Rows;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.event.Level;

/** Calls, dead letters and the pipeline over HTTP, and what becomes of bad requests. */
class DashboardApiIT {
  @RegisterExtension static final PostgresServer SERVER = PostgresServer.create();

  private static final String JSON = "application/json";
  private static final RecordingLog LOG = new RecordingLog();
  private static final ConcurrentLinkedQueue<String> TIMED = new ConcurrentLinkedQueue<>();
  private static final String FROM_ROWS = "SELECT count(*) FROM analytics.llm_logs WHERE ";

  private static String url = "";
  private static @Nullable DashboardServer server;

  @BeforeAll
  static void start() throws Exception {
    url = SERVER.createDatabase("api");
    DashboardData.fill(url);
    server =
        new DashboardServer(
            DashboardData.api(
                url,
                (question, took) -> {
                  TIMED.add(question);
                  throw new IllegalStateException("a timer that is broken");
                },
                LOG));
  }

  @AfterAll
  static void stop() {
    server().close();
  }

  private static DashboardServer server() {
    return Objects.requireNonNull(server);
  }

  @Test
  void calls_pageByPage_areThoseOfTheDay_theNewestFirst() throws Exception {
    List<String> times = new ArrayList<>();
    Set<String> ids = new TreeSet<>();
    String cursor = "";
    do {
      JsonNode page = server().get("/api/calls?limit=90" + cursor);
      for (JsonNode call : page.get("calls")) {
        times.add(call.get("created_at").asText());
        assertTrue(ids.add(call.get("event_id").asText()), call.toString());
      }
      cursor = page.get("next").isNull() ? "" : "&cursor=" + page.get("next").asText();
    } while (!cursor.isEmpty());
    assertEquals(times.stream().sorted((a, b) -> b.compareTo(a)).toList(), times);
    assertEquals(Rows.number(url, FROM_ROWS + "created_at >= '2026-11-19T12:30Z'"), times.size());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          error=any                     | error_type IS NOT NULL OR error_message IS NOT NULL
          error=none                    | error_type IS NULL AND error_message IS NULL
          error=timeout                 | error_type = 'timeout'
          session=s24                   | session_id = 's24'
          trace=t44                     | trace_id = 't44'
          user=44                       | user_id = 44
          user=user+45                  | end_user = 'user 45'
          company=3&company=            | company_id = 3 OR company_id IS NULL
          model=&action=action.1        | model IS NULL AND action = 'action.1'
          provider=provider-1&error=any | provider = 'provider-1' AND error_message IS NOT NULL
          environment=                  | deployment_environment IS NULL
          """)
  void calls_withAFilter_areThoseOfPlainSql(String query, String condition) throws Exception {
    String range = "&from=2026-11-20T00:00:00Z&to=2026-11-20T12:00:00Z";
    JsonNode page = server().get("/api/calls?limit=200&" + query + range);
    String where =
        "created_at >= '2026-11-20Z' AND created_at < '2026-11-20T12:00Z' AND (%s)"
            .formatted(condition);
    long rows = Rows.number(url, FROM_ROWS + where);
    assertTrue(rows > 0, condition);
    assertEquals(rows, page.get("calls").size());
  }

  @Test
  void aCall_hasAllColumns_withItsMetadata_andSaysWhyThereAreNoContents() throws Exception {
    JsonNode listed = server().get("/api/calls?trace=t144").get("calls").get(0);
    assertEquals("<img src=x onerror=alert(1)>", listed.get("model").asText());
    String path = "/api/calls/" + listed.get("event_id").asText();
    JsonNode call = server().get(path + "?created_at=" + listed.get("created_at").asText());
    assertEquals("<img src=x onerror=alert(1)>", call.get("model").asText());
    assertEquals(144, call.get("metadata").get("i").asInt());
    assertEquals("s36", call.get("session_id").asText());
    assertTrue(call.get("user_id").isTextual(), call.toString());
    assertTrue(call.get("span_id").isNull());
    assertTrue(call.get("contents").isNull());
    assertEquals("none was kept, or its time is over", call.get("contents_note").asText());
    HttpResponse<String> none = server().send(path + "?created_at=2026-11-20T12:00:00Z");
    assertEquals(404, none.statusCode());

    PostgresServer.execute(
        url,
        "INSERT INTO analytics.llm_log_contents (event_id, created_at, request, response) VALUES"
            + " ('%s', '%s', '{\"q\": \"<script>\", \"n\": 1e400}', '\"a\"')"
                .formatted(listed.get("event_id").asText(), listed.get("created_at").asText()));
    String with = server().send(path + "?created_at=" + listed.get("created_at").asText()).body();
    assertTrue(with.contains("\"q\": \"<script>\""), with);
    assertTrue(with.contains("\"response\":\"a\""), with);
  }

  @Test
  void deadLetters_areListed_replayedAndDiscarded() throws Exception {
    PostgresServer.execute(
        url,
        """
        INSERT INTO analytics.llm_log_dead_letters (id, created_at, raw, reason, last_seen)
        SELECT ('00000000-0000-0000-0000-0000000000' || lpad(i::text, 2, '0'))::uuid,
          '2026-11-20T10:00:00Z', convert_to('{"action":"dead","message":"<script>"}', 'UTF8'),
          CASE WHEN i < 30 THEN 'refused' ELSE 'Odd' || chr(27) END,
          '2026-11-20T11:00:00.000001Z'::timestamptz + i / 2 * interval '1 second'
        FROM generate_series(10, 39) i;
        UPDATE analytics.llm_log_dead_letters SET raw = 'no JSON \\377' WHERE reason <> 'refused'
        """);
    Set<String> ids = new TreeSet<>();
    JsonNode page = server().get("/api/dead-letters?limit=7");
    while (true) {
      assertEquals(30, page.get("count").asLong());
      page.get("letters").forEach(letter -> ids.add(letter.get("id").asText()));
      if (page.get("next").isNull()) {
        break;
      }
      page = server().get("/api/dead-letters?limit=7&cursor=" + page.get("next").asText());
    }
    assertEquals(30, ids.size());
    JsonNode odd = server().get("/api/dead-letters?reason=odd");
    assertEquals(10, odd.get("count").asLong());
    assertTrue(odd.get("letters").get(0).get("beginning").asText().startsWith("no JSON"));

    JsonNode replayed =
        DashboardServer.json(
            server()
                .post(
                    "/api/dead-letters/replay",
                    JSON,
                    ids(IntStream.range(25, 35).boxed().toList())));
    assertEquals(5, replayed.get("stored").asLong(), replayed.toString());
    assertEquals(5, replayed.get("still_dead").asLong(), replayed.toString());
    JsonNode discarded =
        DashboardServer.json(
            server()
                .post(
                    "/api/dead-letters/discard",
                    JSON + "; charset=utf-8",
                    ids(IntStream.range(20, 32).boxed().toList())));
    assertEquals(7, discarded.get("discarded").asLong(), "five are rows now");
    assertEquals(18, server().get("/api/dead-letters").get("count").asLong());
    assertEquals(5, Rows.number(url, FROM_ROWS + "action = 'dead'"));

    List<String> lines = LOG.lines(Level.INFO);
    assertTrue(
        lines.stream()
            .anyMatch(
                line ->
                    line.startsWith("INFO Dead letters replayed for 127.0.0.1: 5 of 10 asked for")),
        lines.toString());
    assertTrue(
        lines.stream()
            .anyMatch(
                line ->
                    line.startsWith("INFO Dead letters discarded for 127.0.0.1: 7 of 12 asked for")
                        && line.contains("00000000-0000-0000-0000-000000000020")),
        lines.toString());
    assertTrue(lines.stream().noneMatch(line -> line.contains("\n")), lines.toString());
  }

  private static String ids(List<Integer> numbers) {
    return "{\"ids\":[%s]}"
        .formatted(
            String.join(
                ",",
                numbers.stream()
                    .map(n -> "\"00000000-0000-0000-0000-0000000000" + n + '"')
                    .toList()));
  }

  @Test
  void thePipeline_isWhatTheWatchSaw() throws Exception {
    JsonNode answer = server().get("/api/pipeline");
    assertEquals("2026-11-20T12:30:00Z", answer.get("at").asText());
    assertEquals(1234, answer.get("queue").get("depth").asLong());
    assertEquals(61.5, answer.get("queue").get("oldest_age_seconds").asDouble());
    assertEquals(3, answer.get("history").size());
    assertEquals(9000, answer.get("history").get(0).get("write_max_ms").asDouble());
    assertTrue(answer.get("history").get(1).get("write_max_ms").isNull(), "nothing was written");
    assertEquals(32.5, answer.get("history").get(2).get("write_mean_ms").asDouble());
    assertEquals("paused", answer.get("loops").get(0).get("state").asText());
    assertEquals(8, answer.get("worker").get("stored").asLong());
    assertEquals(2, answer.get("pool").get("max").asInt());
    assertEquals("2026-11-20T12:29:57Z", answer.get("write").get("last").asText());
    assertEquals(16, answer.get("write").get("recent").asLong(), "within a minute");
    assertEquals(32.5, answer.get("write").get("mean_ms").asDouble());
    assertEquals(145, answer.get("write").get("max_ms").asDouble());
    assertEquals("the database is away", answer.get("store").get("problem").asText());
    assertFalse(answer.get("store").has("dead_letters"), "unknown is not 0");
    assertEquals("silent", answer.get("replica").get("problem").asText());
    assertTrue(answer.get("maintenance").isNull());
    assertEquals("P30D", answer.get("retention").get("contents").asText());
    assertEquals("LlmlogQueueDepth", answer.get("alerts").get(0).get("name").asText());
    assertEquals("queue", answer.get("health").get(0).get("name").asText());
    assertTrue(answer.get("health").get(0).get("ok").asBoolean());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          overview?form=x             | unknown parameter "form": must be one of action, by, company
          overview?by=user            | by="user": must be one of company, model
          overview?by=model&by=action | by: must be given 1 time at most
          overview?from=yesterday     | from="yesterday": must be a time such as
          overview?from=2026-13-01T00:00:00Z | must be a time such as
          overview?from=%2B999999999-01-01T00:00:00Z | must be in the years 1970 to 9998
          overview?from=0001-01-01T00:00:00Z | must be in the years 1970 to 9998
          overview?to=9999-12-31T23:00:00Z   | must be in the years 1970 to 9998
          overview?from=2026-11-20T00:00:00Z&to=2026-11-20T00:00:00Z | must be after
          overview?from=2026-11-21T00:00:00Z | must be after
          overview?from=1980-01-01T00:00:00Z | must be at most 3660 days
          overview?company=acme       | company="acme": must be a whole number
          overview?company=99999999999999999999 | must be a whole number
          overview?company=1.5        | must be a whole number
          overview?model=a%00b        | must not contain NUL
          overview?%E2%80%AE%0D%0Aforged=1 | unknown parameter "???forged"
          companies?sort=name         | sort="name": must be one of cost, calls
          companies?order=up          | must be one of asc, desc
          companies?limit=0           | must be a whole number, 1 to 1000
          companies?limit=1001        | must be a whole number, 1 to 1000
          companies?limit=-1          | must be a whole number, 1 to 1000
          companies.csv?limit=x       | must be a whole number, 1 to 1000
          calls?limit=201             | must be a whole number, 1 to 200
          calls?cursor=1              | cursor="1": must be the next of an answer
          calls?cursor=1.%27          | must be the next of an answer
          calls?from=2024-11-20T00:00:00Z | must be at most 400 days
          calls?user=1&user=2         | user: must be given 1 time at most
          calls?q=1                   | unknown parameter "q"
          calls/x?created_at=2026-11-20T12:00:00Z | event_id="x": must be an id such as
          calls/00000000-0000-0000-0000-000000000001 | created_at: must be given
          calls/00000000-0000-0000-0000-000000000001?created_at=now | must be a time such as
          pipeline?x=1                | unknown parameter "x": must be none
          dead-letters?limit=101      | must be a whole number, 1 to 100
          dead-letters?cursor=x       | must be the next of an answer
          """)
  void whatIsWrongWithARequest_isSaid(String path, String sentence) throws Exception {
    refused(server().send("/api/" + path), 400, sentence);
  }

  @Test
  void aLongText_isRefused_andShownShortened() throws Exception {
    HttpResponse<String> answer = server().send("/api/calls?model=" + "x".repeat(3000));
    refused(answer, 400, "(3000 characters): must be at most 500 characters");
    assertTrue(answer.body().length() < 200, answer.body());
    String many = "&model=x".repeat(51).substring(1);
    refused(server().send("/api/calls?" + many), 400, "model: must be given 50 times at most");
    HttpResponse<String> million = server().send("/api/calls?model=" + "x".repeat(1_000_000));
    assertTrue(million.statusCode() >= 400 && million.statusCode() < 500, million.toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          text/plain       | 415 | {"ids":["00000000-0000-0000-0000-000000000001"]} | must be application/json
          application/json | 400 | ``                            | must be {"ids":["…"]}
          application/json | 400 | {"ids"                        | must be one JSON object
          application/json | 400 | []                            | must be {"ids":["…"]}
          application/json | 400 | {"ids":[]} x                  | must be one JSON object
          application/json | 400 | {"ids":[],"ids":[]}           | must be one JSON object
          application/json | 400 | {"ids":[]}                    | 0 of them, must be 1 to 1000
          application/json | 400 | {"ids":"all"}                 | must be {"ids":["…"]}
          application/json | 400 | {"ids":["x\\r\\nINFO forged"]} | ids="x??INFO forged": must be an id
          application/json | 400 | {"ids":[null]}                | ids="null": must be an id
          application/json | 400 | {"ids":["00000000-0000-0000-0000-000000000001"],"all":true} | hold nothing else
          """)
  void whatIsWrongWithABody_isSaid_andNothingIsDone(
      String type, int status, String body, String sentence) throws Exception {
    for (String action : List.of("replay", "discard")) {
      refused(server().post("/api/dead-letters/" + action, type, body), status, sentence);
    }
    assertTrue(LOG.lines(Level.INFO).stream().noneMatch(line -> line.contains("forged")));
  }

  @Test
  void aBodyThatIsTooLong_orOfTooManyIds_isRefused() throws Exception {
    String id = "\"" + UUID.randomUUID() + "\"";
    String many = "{\"ids\":[" + (id + ",").repeat(1000) + id + "]}";
    refused(server().post("/api/dead-letters/discard", JSON, many), 400, "1001 of them");
    String long64 = "{\"ids\":[" + " ".repeat(64 << 10) + id + "]}";
    refused(server().post("/api/dead-letters/discard", JSON, long64), 413, "at most 65536 bytes");
    String deep = "[".repeat(60_000);
    assertEquals(400, server().post("/api/dead-letters/discard", JSON, deep).statusCode());
  }

  private static void refused(HttpResponse<String> answer, int status, String sentence)
      throws Exception {
    assertEquals(status, answer.statusCode(), answer.body());
    assertEquals(
        "application/json;charset=utf-8",
        answer.headers().firstValue("Content-Type").orElse("").replace(" ", ""));
    String error = DashboardServer.json(answer).get("error").asText();
    assertTrue(error.contains(sentence), error);
    assertFalse(error.matches("(?s).*\\p{Cc}.*"), error);
  }

  @Test
  void aDatabaseThatIsAway_isSaid_withoutItsPassword() throws Exception {
    String away = "postgresql://llmlog:hunter2@127.0.0.1:1/none";
    try (DashboardServer lost =
        new DashboardServer(DashboardData.api(away, (question, took) -> {}, new RecordingLog()))) {
      for (String path :
          List.of("overview", "companies", "companies.csv", "calls", "dead-letters")) {
        HttpResponse<String> answer = lost.send("/api/" + path);
        refused(answer, 503, "127.0.0.1:1");
        assertFalse(answer.body().contains("hunter2"), answer.body());
      }
      assertEquals(200, lost.send("/api/pipeline").statusCode());
    }
  }

  @Test
  void eachAnswer_isTimed_underOneOfAFewNames_whateverTheTimerThrows() throws Exception {
    TIMED.clear();
    server().get("/api/overview");
    server().get("/api/pipeline");
    server().send("/api/calls/made-up?created_at=x");
    assertEquals(List.of("overview", "pipeline", "call"), List.copyOf(TIMED));
  }
}
