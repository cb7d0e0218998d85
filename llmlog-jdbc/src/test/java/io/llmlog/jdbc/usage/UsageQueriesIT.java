package io.llmlog.jdbc.usage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.llmlog.jdbc.PostgresDataSource;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.schema.Schema;
import io.llmlog.jdbc.usage.UsageQuery.Dimension;
import io.llmlog.testkit.PostgresServer;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

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
    List<Usage> answer = queries.ask(UsageQuery.groupedBy(Dimension.COMPANY));
    assertEquals("10 7 9 null", keys(answer));
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
    assertEquals(
        "10", keys(queries.ask(new UsageQuery(List.of(Dimension.COMPANY), null, null, 1))));
    assertThrows(IllegalArgumentException.class, () -> new UsageQuery(List.of(), null, null, 0));
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

  private static String keys(List<Usage> answer) {
    return String.join(
        " ",
        answer.stream()
            .map(usage -> String.join("/", usage.key().stream().map(String::valueOf).toList()))
            .toList());
  }

  private static UsageQueries queries(String url) {
    return new UsageQueries(
        new PostgresDataSource(PostgresUrl.parse(url), Duration.ofSeconds(30)), SCHEMA);
  }
}
