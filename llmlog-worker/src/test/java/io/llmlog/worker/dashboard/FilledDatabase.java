package io.llmlog.worker.dashboard;

import io.llmlog.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** A month of calls, written as rows so that the rollup counts them, and some that mean harm. */
final class FilledDatabase {
  static final int CALLS = 200_000;

  /** What would leave a mark in {@code window.harmed} if it were taken for anything but text. */
  static final String SCRIPT = "<script>window.harmed=1</script>";

  static final String IMAGE = "<img src=x onerror=window.harmed=2>";
  static final String LINK = "javascript:window.harmed=3";

  /** A dead letter that can never be a row. */
  static final String HOPELESS = "01890a5d-ac96-774b-bcce-b302099a8002";

  /** The schema makes the partitions of this month and of later ones. */
  private static final String LAST_MONTH =
      """
      DO $$
      DECLARE
        month timestamp := date_trunc('month', now() AT TIME ZONE 'UTC') - interval '1 month';
      BEGIN
        EXECUTE format('CREATE TABLE IF NOT EXISTS llm_logs_%s PARTITION OF llm_logs'
          ' FOR VALUES FROM (%L) TO (%L)', to_char(month, 'YYYY_MM'),
          to_char(month, 'YYYY-MM-DD') || ' 00:00:00+00',
          to_char(month + interval '1 month', 'YYYY-MM-DD') || ' 00:00:00+00');
      END $$
      """;

  /** More of late than long ago, by day than by night, of few companies and models than of many. */
  private static final String CALLS_SQL =
      """
      INSERT INTO llm_logs (created_at, action, message, user_id, company_id, model, tokens_input,
        tokens_output, tokens_cache_read, cost_usd, latency_ms, ttft_ms, streaming, error_type,
        error_message, metadata, deployment_version, deployment_environment, provider,
        response_model, finish_reason, trace_id, session_id, service)
      SELECT at - CASE WHEN night AND chance < 0.75 THEN interval '9 hours' ELSE interval '0' END,
        (ARRAY['interview.question', 'cv.parse', 'interview.summary', 'job.match', 'mail.draft'])[
          1 + floor(5 * power(b, 1.6))::int],
        CASE WHEN n % 50 = 0 THEN 'Question ' || n || E' of an interview.\\nSecond line.' END,
        company * 1000 + n % 37, company, m.name, input, output, input / 3,
        (input * m.price + output * m.price * 4) / 1000000,
        (180 + 4000 * power(c, 4) + output * 3)::bigint, (90 + 400 * c)::bigint, n % 3 = 0,
        CASE WHEN n % 71 = 0 THEN 'rate_limited' WHEN n % 193 = 0 THEN 'timeout' END,
        CASE WHEN n % 71 = 0 THEN '429 Too Many Requests' WHEN n % 193 = 0 THEN 'no answer in 30 s' END,
        CASE WHEN n % 20 = 0 THEN jsonb_build_object('attempt', n % 3, 'tags', ARRAY['batch']) END,
        '1.4.' || n % 4, CASE WHEN n % 9 = 0 THEN 'staging' ELSE 'production' END, m.provider,
        m.name, 'stop', md5(n::text), 'session-' || n / 5, 'interview-service'
      FROM (
        SELECT n, at, date_part('hour', at AT TIME ZONE 'UTC') < 7 AS night, random() AS chance,
          floor(40 * power(random(), 2.4))::bigint + 1 AS company,
          1 + floor(7 * power(random(), 1.7))::int AS model, random() AS b, random() AS c,
          200 + floor(3000 * power(random(), 2))::bigint AS input,
          20 + floor(700 * power(random(), 2))::bigint AS output
        FROM (
          SELECT n, now() - interval '10 seconds' - interval '27 days' * power(random(), 1.25) AS at
          FROM generate_series(1, ${calls}) n) times) calls
      JOIN (VALUES
        (1, 'gpt-4o-mini', 'openai', 0.15), (2, 'claude-sonnet-4', 'anthropic', 3.0),
        (3, 'gpt-4o', 'openai', 2.5), (4, 'gemini-2.0-flash', 'google', 0.1),
        (5, 'claude-haiku-3.5', 'anthropic', 0.8), (6, 'mistral-large', 'mistral', 2.0),
        (7, 'in-house', NULL, NULL)) AS m (id, name, provider, price) ON m.id = model
      """
          .replace("${calls}", String.valueOf(CALLS));

  /** One call with the text in every field, a few seconds ago, and its contents. */
  private static final String HARMFUL =
      """
      WITH harmful AS (
        INSERT INTO llm_logs (created_at, action, message, model, tokens_input, tokens_output,
          latency_ms, error_type, error_message, metadata, deployment_version,
          deployment_environment, end_user, provider, response_model, response_id, finish_reason,
          price_version, trace_id, span_id, session_id, service)
        SELECT now() - interval '1 second' * %2$d / 10, p, p, p, 1, 1, 1, p, p,
          jsonb_build_object(p, p, 'list', jsonb_build_array(p, jsonb_build_object(p, p))),
          p, p, p, p, p, p, p, p, p, p, p, p
        FROM (SELECT '%1$s' AS p) payload
        RETURNING event_id, created_at, action AS p)
      INSERT INTO llm_log_contents (event_id, created_at, request, response)
      SELECT event_id, created_at, jsonb_build_object('messages', jsonb_build_array(p)), to_jsonb(p)
      FROM harmful
      """;

  private static final String GOOD_LETTER =
      """
      INSERT INTO llm_log_dead_letters (id, created_at, raw, reason)
      VALUES ('%1$s', now(), convert_to('{"event_id":"%1$s","created_at":"'
        || to_char(now() AT TIME ZONE 'UTC' - interval '60 days', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
        || '","action":"replayed","message":"%2$s"}', 'UTF8'), 'its cause was mended: %2$s')
      """;

  private static final String BAD_LETTER =
      """
      INSERT INTO llm_log_dead_letters (id, created_at, raw, reason, sqlstate)
      VALUES ('%1$s', now(), convert_to('%2$s %3$s', 'UTF8'), 'no JSON object: %2$s', '%3$s')
      """;

  private final String url;

  FilledDatabase(String url) {
    this.url = url;
  }

  void fill() {
    PostgresServer.execute(url, LAST_MONTH);
    PostgresServer.execute(url, "SELECT setseed(0.42); " + CALLS_SQL);
    PostgresServer.execute(url, "ANALYZE");
    for (String payload : List.of(SCRIPT, IMAGE, LINK)) {
      PostgresServer.execute(url, HARMFUL.formatted(payload, payload.length()));
    }
    addBadLetter(HOPELESS);
  }

  /**
   * A message that is a row when it is tried again. Its call is older than what other tests count:
   * pages may show what was so some seconds ago.
   */
  void addGoodLetter(String id) {
    PostgresServer.execute(url, GOOD_LETTER.formatted(id, SCRIPT));
  }

  void addBadLetter(String id) {
    PostgresServer.execute(url, BAD_LETTER.formatted(id, IMAGE, LINK));
  }

  /** The first row that a query answers, as texts. */
  List<String> row(String sql) throws SQLException {
    List<List<String>> rows = rows(sql);
    if (rows.isEmpty()) {
      throw new AssertionError("no row: " + sql);
    }
    return rows.get(0);
  }

  List<List<String>> rows(String sql) throws SQLException {
    try (Connection connection = PostgresServer.connect(url);
        Statement statement = connection.createStatement();
        ResultSet found = statement.executeQuery(sql)) {
      List<List<String>> rows = new ArrayList<>();
      while (found.next()) {
        List<String> row = new ArrayList<>();
        for (int i = 1; i <= found.getMetaData().getColumnCount(); i++) {
          row.add(String.valueOf(found.getString(i)));
        }
        rows.add(row);
      }
      return rows;
    }
  }
}
