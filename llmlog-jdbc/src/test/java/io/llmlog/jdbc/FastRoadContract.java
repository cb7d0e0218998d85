package io.llmlog.jdbc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.event.Column;
import io.llmlog.jdbc.schema.Schema;
import io.llmlog.spi.EventWriter;
import io.llmlog.spi.Message;
import io.llmlog.spi.StoreProvider.StoreSettings;
import io.llmlog.spi.WriteException;
import io.llmlog.spi.WriteResult;
import io.llmlog.spi.WriteResult.DeadLetter;
import io.llmlog.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.Period;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Which road a batch takes, and that nobody can tell from the tables; subclasses name the server.
 */
abstract class FastRoadContract {
  private static final SchemaName SCHEMA = new SchemaName("analytics");
  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");

  private String url = "";

  abstract PostgresServer server();

  Partitioning partitioning() {
    return Partitioning.NATIVE;
  }

  /** Sequences count the tries of each road, also those that were rolled back. */
  @BeforeEach
  void createTables() throws Exception {
    url = server().createDatabase("roads");
    new Schema(PostgresUrl.parse(url), SCHEMA, partitioning()).apply(false, NOW);
    execute(
        """
        CREATE SEQUENCE analytics.fast;
        CREATE SEQUENCE analytics.sure;
        CREATE FUNCTION analytics.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          PERFORM nextval((CASE WHEN current_query() LIKE 'COPY%' THEN 'analytics.fast'
            ELSE 'analytics.sure' END)::regclass);
          RETURN NULL;
        END $$;
        CREATE TRIGGER note BEFORE INSERT ON analytics.llm_logs
          FOR EACH STATEMENT EXECUTE FUNCTION analytics.note()
        """);
  }

  @Test
  void newRows_goTheFastRoad_andAreCounted() throws Exception {
    try (EventWriter writer = writer()) {
      assertEquals(new WriteResult(100, 0, List.of()), writer.write(batch(0, 100)));
      assertEquals(new WriteResult(1, 2, List.of()), writer.write(thrice(message(100, "\"a\":1"))));
    }
    assertTries(2, 0);
    assertRows(101);
  }

  @Test
  void aDuplicate_leadsToTheSureRoad_whichStoresTheRest() throws Exception {
    try (EventWriter writer = writer()) {
      writer.write(batch(0, 50));
      assertEquals(new WriteResult(10, 40, List.of()), writer.write(batch(10, 60)));
    }
    assertTries(2, 1);
    assertRows(60);
  }

  @Test
  void afterADuplicate_theSureRoadIsKeptTo_aWhile() throws Exception {
    try (EventWriter writer = writer()) {
      writer.write(batch(0, 1));
      writer.write(batch(0, 1));
      assertTries(2, 1);
      for (int i = 1; i <= Detour.FIRST; i++) {
        writer.write(batch(i, i + 1));
      }
      assertTries(2, 1 + Detour.FIRST);
      writer.write(batch(1000, 1001));
      writer.write(batch(1001, 1002));
      assertTries(4, 1 + Detour.FIRST);
    }
    assertRows(Detour.FIRST + 3);
  }

  @Test
  void whatWasRedelivered_takesTheSureRoadAtOnce() throws Exception {
    try (EventWriter writer = writer()) {
      List<Message> batch = new ArrayList<>(batch(0, 9));
      batch.addAll(Redelivering.again(batch(9, 10)));
      assertEquals(10, writer.write(batch).stored());
      assertTries(0, 1);
      assertEquals(10, writer.write(batch(10, 20)).stored());
      assertTries(1, 1);
    }
    assertRows(20);
  }

  @Test
  void rowsOlderThanAWeek_takeTheSureRoadAtOnce() throws Exception {
    String time = "\"created_at\":\"%s\"";
    try (EventWriter writer = writer()) {
      writer.write(
          List.of(message(1, time.formatted(NOW.minus(FastRoad.OLDEST).minusNanos(1000)))));
      assertTries(0, 1);
      writer.write(List.of(message(2, time.formatted(NOW.minus(FastRoad.OLDEST)))));
      assertTries(1, 1);
    }
    assertRows(2);
  }

  @Test
  void contents_takeTheSureRoad_whereTheyAreCaptured() throws Exception {
    List<Message> batch = List.of(message(1, "\"request\":1"), message(2, "\"action\":\"a\""));
    try (EventWriter capturing = writer(Period.ofDays(30))) {
      capturing.write(batch);
      assertTries(0, 1);
      capturing.write(batch(10, 20));
      assertTries(1, 1);
    }
    try (EventWriter passing = writer()) {
      passing.write(List.of(message(3, "\"request\":1")));
    }
    assertTries(2, 1);
    assertEquals(1, number("SELECT count(*) FROM analytics.llm_log_contents"));
    assertRows(13);
  }

  @Test
  void aRowThatIsRefused_isADeadLetter_andTheOthersAreStored() throws Exception {
    execute("ALTER TABLE analytics.llm_logs ADD CONSTRAINT odd CHECK (action <> 'refused')");
    try (EventWriter writer = writer()) {
      List<Message> batch = new ArrayList<>(batch(0, 30));
      batch.add(7, message(100, "\"action\":\"refused\""));
      batch.add(9, new Message("no JSON".getBytes(UTF_8), new UUID(9, 9), NOW));
      WriteResult result = writer.write(batch);
      assertEquals(30, result.stored());
      assertEquals(List.of(7, 9), result.deadLetters().stream().map(DeadLetter::index).toList());
      assertEquals(1, number("SELECT CASE WHEN is_called THEN last_value END FROM analytics.fast"));
    }
    assertEquals(2, number("SELECT count(*) FROM analytics.llm_log_dead_letters"));
    assertRows(30);
  }

  @Test
  void aMessageThatIsNoJson_isADeadLetterOnTheFastRoadToo() throws Exception {
    try (EventWriter writer = writer()) {
      List<Message> batch = new ArrayList<>(batch(0, 30));
      batch.add(9, new Message("no JSON".getBytes(UTF_8), new UUID(9, 9), NOW));
      assertEquals(30, writer.write(batch).stored());
    }
    assertTries(1, 0);
    assertEquals(1, number("SELECT count(*) FROM analytics.llm_log_dead_letters"));
    assertRows(30);
  }

  @Test
  void whatBothRoadsStore_isTheSame() throws Exception {
    List<Message> batch = variety();
    String rows =
        """
        SELECT string_agg((to_jsonb(l) - 'id' || jsonb_build_object('bytes', pg_column_size(cost_usd)))
          ::text, chr(10) ORDER BY event_id) FROM analytics.llm_logs l
        """;
    String sums =
        """
        SELECT string_agg(to_jsonb(h)::text, chr(10) ORDER BY hour, company_id, provider, model, action)
        FROM analytics.llm_log_hourly h
        """;
    // Where no row is too old.
    try (EventWriter writer = PostgresWriter.create(settings(null), PostgresContract.ANCIENT)) {
      assertEquals(batch.size(), writer.write(batch).stored());
      assertTries(1, 0);
      String fastRows = text(rows);
      String fastSums = text(sums);
      execute("TRUNCATE analytics.llm_logs, analytics.llm_log_hourly");
      assertEquals(batch.size(), writer.write(Redelivering.again(batch)).stored());
      assertTries(1, 1);
      assertEquals(text(rows), fastRows);
      assertEquals(text(sums), fastSums);
    }
  }

  @Test
  void columnsOfOtherTypes_takeTheSureRoad_andKeepEachValue() throws Exception {
    try (EventWriter writer = writer()) {
      writer.write(batch(0, 1));
      // Read as a numeric, many an int8 is a valid one, and another number.
      alter("ttft_ms TYPE numeric");
      String members = "\"ttft_ms\":5,\"user_id\":3000000000";
      assertEquals(1, writer.write(List.of(message(1, members))).stored());
      assertEquals(5, number("SELECT ttft_ms FROM analytics.llm_logs WHERE ttft_ms IS NOT NULL"));
      assertTries(1, 1);
      alter("ttft_ms TYPE bigint");
      alter("user_id TYPE integer USING NULL");
      for (int i = 10; i < 10 + Detour.FIRST; i++) {
        writer.write(batch(i, i + 1));
      }
      WriteResult result =
          writer.write(List.of(message(100, members), message(101, "\"user_id\":7")));
      assertEquals(1, result.stored());
      assertEquals(List.of(0), result.deadLetters().stream().map(DeadLetter::index).toList());
      assertEquals(7, number("SELECT max(user_id) FROM analytics.llm_logs"));
      assertEquals(1, number("SELECT last_value FROM analytics.fast"));
    }
    assertRows(3 + Detour.FIRST);
  }

  @Test
  void columnsOfOtherWidths_refuseAndRoundAsOnTheSureRoad() throws Exception {
    alter("cost_usd TYPE numeric(10, 6)");
    alter("session_id TYPE varchar(5)");
    alter("model TYPE text");
    String good =
        "\"cost_usd\":1234.1234565,\"session_id\":\"12345\",\"model\":\"%s\""
            .formatted("m".repeat(150));
    List<Message> batch =
        List.of(
            message(1, good),
            message(2, "\"cost_usd\":123456.5"),
            message(3, "\"session_id\":\"123456\""));
    for (List<Message> one : List.of(batch, Redelivering.again(batch))) {
      execute("TRUNCATE analytics.llm_logs, analytics.llm_log_dead_letters");
      try (EventWriter writer = writer()) {
        WriteResult result = writer.write(one);
        assertEquals(1, result.stored());
        assertEquals(List.of(1, 2), result.deadLetters().stream().map(DeadLetter::index).toList());
      }
      assertEquals("1234.123457", text("SELECT cost_usd FROM analytics.llm_logs"));
      assertEquals(
          "22001 22003",
          text(
              """
              SELECT string_agg(sqlstate, ' ' ORDER BY sqlstate)
              FROM analytics.llm_log_dead_letters
              """));
    }
    try (EventWriter writer = writer()) {
      long before = number("SELECT last_value FROM analytics.sure");
      assertEquals(1, writer.write(List.of(message(4, good))).stored());
      assertEquals("1234.123457", text("SELECT max(cost_usd) FROM analytics.llm_logs"));
      assertEquals(before, number("SELECT last_value FROM analytics.sure"), "not fast");
    }
  }

  @Test
  void withoutItsUniqueKey_theTableTakesNothing() throws Exception {
    try (EventWriter writer = writer()) {
      writer.write(batch(0, 1));
      execute("ALTER TABLE analytics.llm_logs DROP CONSTRAINT llm_logs_pkey");
      WriteException e = assertThrows(WriteException.class, () -> writer.write(batch(0, 5)));
      assertEquals(WriteException.Kind.PAUSE, e.kind(), e.getMessage());
      assertEquals("42P10", e.sqlState());
      execute(
          """
          ALTER TABLE analytics.llm_logs
            ADD CONSTRAINT llm_logs_pkey PRIMARY KEY (created_at, event_id)
          """);
      assertEquals(new WriteResult(4, 1, List.of()), writer.write(batch(0, 5)));
    }
    assertRows(5);
  }

  @Test
  void aRoleThatMayNotLockTheTable_takesTheSureRoad() throws Exception {
    String role = "columns_" + url.substring(url.lastIndexOf('_') + 1);
    execute(
        """
        CREATE ROLE %1$s LOGIN PASSWORD 'pw'; GRANT USAGE ON SCHEMA analytics TO %1$s;
        GRANT INSERT (%2$s), SELECT ON analytics.llm_logs TO %1$s;
        GRANT USAGE ON SEQUENCE analytics.fast, analytics.sure TO %1$s
        """
            .formatted(role, CopyRows.NAMES));
    StoreSettings settings =
        new StoreSettings(
            url.replaceFirst("//[^@]+@", "//" + role + ":pw@"),
            "analytics",
            Period.ofMonths(13),
            1,
            Duration.ofSeconds(20));
    try (EventWriter writer = PostgresWriter.create(settings, clock())) {
      writer.prepare();
      assertEquals(5, writer.write(batch(0, 5)).stored());
      assertEquals(5, writer.write(batch(5, 10)).stored());
    }
    assertRows(10);
  }

  @Test
  void writersOnBothRoads_storeEachEventOnce() throws Exception {
    int threads = 4;
    int rounds = 15;
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try (EventWriter fast = writer();
        EventWriter sure = new Redelivering(writer())) {
      List<Callable<Integer>> writing = new ArrayList<>();
      for (int thread = 0; thread < threads; thread++) {
        Random random = new Random(thread);
        EventWriter writer = thread % 2 == 0 ? fast : sure;
        writing.add(
            () -> {
              int sum = 0;
              for (int round = 0; round < rounds; round++) {
                List<Message> batch = new ArrayList<>(batch(round * 50, round * 50 + 100));
                Collections.shuffle(batch, random);
                sum += writer.write(batch).stored();
              }
              return sum;
            });
      }
      int sum = 0;
      for (Future<Integer> stored : executor.invokeAll(writing)) {
        sum += stored.get();
      }
      assertEquals(rounds * 50 + 50, sum);
      assertRows(sum);
    } finally {
      executor.shutdownNow();
    }
  }

  private static Clock clock() {
    return Clock.fixed(NOW, ZoneOffset.UTC);
  }

  private EventWriter writer() {
    return writer(null);
  }

  private EventWriter writer(@Nullable Period contentRetention) {
    return PostgresWriter.create(settings(contentRetention), clock());
  }

  private StoreSettings settings(@Nullable Period contentRetention) {
    return new StoreSettings(
        url, "analytics", Period.ofYears(3000), 4, Duration.ofSeconds(20), contentRetention);
  }

  /** Rows of every kind, all of them new and none refused. */
  private static List<Message> variety() {
    List<Message> batch = new ArrayList<>();
    StringBuilder all = new StringBuilder("\"created_at\":\"2026-02-28T23:59:59.999999Z\"");
    StringBuilder none = new StringBuilder("\"other\":null");
    for (Column column : Column.values()) {
      String value =
          switch (column.type()) {
            case TEXT -> "\"text of " + column.key() + " \u00e9\u4e2d\ud83d\ude00\\t\\u0000\"";
            case INTEGER -> Long.toString(1_000_000_007L * (column.ordinal() + 1));
            case DECIMAL -> "123456.123456789012";
            case BOOLEAN -> "true";
            default -> null;
          };
      if (value != null) {
        all.append(",\"").append(column.key()).append("\":").append(value);
        none.append(",\"").append(column.key()).append("\":null");
      }
    }
    String metadata =
        "\"metadata\":{\"k\":[1,1.50,-0,1e3,{\"deep\":\"\u00e9 \ud83d\ude00\"}],\"\":null,\"e\":{}}";
    List<String> members =
        new ArrayList<>(
            List.of(
                all + "," + metadata,
                none.toString(),
                "\"action\":\"\"",
                "\"action\":\"" + "\ud83d\ude00".repeat(100) + "\",\"metadata\":{}",
                "\"action\":\"" + "x".repeat(101) + "\",\"model\":\"" + "y ".repeat(150) + "\"",
                "\"action\":\"a\",\"model\":\"trailing" + " ".repeat(300) + "\"",
                "\"created_at\":\"0001-01-01T00:00:00Z\",\"tokens_input\":" + Long.MAX_VALUE,
                "\"created_at\":\"9999-12-31T23:59:59.999999Z\",\"tokens_output\":"
                    + Long.MIN_VALUE,
                "\"message\":\"" + "x\u00e9".repeat(1 << 20) + "\"",
                "\"metadata\":{\"large\":\"" + "z\u4e2d".repeat(1 << 18) + "\"}",
                "\"latency_ms\":\"soon\",\"user_id\":1.5,\"odd\":[true]",
                "\"error_type\":\"\",\"error_message\":\"\\\\N\",\"streaming\":true"));
    for (String cost :
        List.of(
            "0",
            "0.000000000000",
            "1",
            "10000",
            "0.0001",
            "0.5",
            "99999.5",
            "0.000000000001",
            "-999999.999999999999",
            "1e-30",
            "1e5",
            "\"NaN\"",
            "1e40",
            "0.0000000000005")) {
      members.add("\"action\":\"cost\",\"company_id\":7,\"cost_usd\":" + cost);
    }
    for (String one : members) {
      batch.add(message(batch.size(), one));
    }
    return batch;
  }

  private static List<Message> thrice(Message message) {
    return List.of(message, message, message);
  }

  private static List<Message> batch(int from, int to) {
    List<Message> batch = new ArrayList<>();
    for (int number = from; number < to; number++) {
      Instant time = NOW.minusSeconds(number % 7).plusNanos(number * 1000L);
      batch.add(message(number, "\"action\":\"good\",\"created_at\":\"" + time + "\""));
    }
    return batch;
  }

  private static Message message(int number, String members) {
    String time = members.contains("created_at") ? "" : "\"created_at\":\"" + NOW + "\",";
    String json = "{\"event_id\":\"" + new UUID(7, number) + "\"," + time + members + "}";
    return new Message(json.getBytes(UTF_8), new UUID(8, number), NOW);
  }

  /** How often each road was begun with rows. */
  private void assertTries(int fast, int sure) throws SQLException {
    String tries = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM analytics.%s";
    assertEquals(
        List.of((long) fast, (long) sure),
        List.of(number(tries.formatted("fast")), number(tries.formatted("sure"))),
        "tries of the fast road, of the sure one");
  }

  private void assertRows(long rows) throws SQLException {
    assertEquals(rows, number("SELECT count(*) FROM analytics.llm_logs"));
    assertEquals(rows, number("SELECT sum(calls) FROM analytics.llm_log_hourly"));
  }

  /** Views stand on the columns. */
  private void alter(String column) {
    execute(
        "DROP VIEW IF EXISTS analytics.llm_log_calls CASCADE; ALTER TABLE analytics.llm_logs ALTER "
            + column);
  }

  private void execute(String sql) {
    PostgresServer.execute(url, sql);
  }

  private long number(String sql) throws SQLException {
    return Long.parseLong(text(sql));
  }

  private String text(String sql) throws SQLException {
    try (Connection connection = PostgresServer.connect(url);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      assertTrue(row.next());
      return String.valueOf(row.getString(1));
    }
  }
}
