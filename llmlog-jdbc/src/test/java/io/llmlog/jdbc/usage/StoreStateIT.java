package io.llmlog.jdbc.usage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.jdbc.PostgresDataSource;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.Roles;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.maintain.Retention;
import io.llmlog.jdbc.maintain.TableMaintenance;
import io.llmlog.jdbc.schema.Schema;
import io.llmlog.jdbc.usage.StoreState.Part;
import io.llmlog.jdbc.usage.StoreState.Slice;
import io.llmlog.jdbc.usage.StoreState.SlowStatement;
import io.llmlog.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.Period;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class StoreStateIT {
  /** Roles belong to a whole server. */
  @RegisterExtension static final PostgresServer SERVER = PostgresServer.owned();

  private static final SchemaName SCHEMA = new SchemaName("analytics");
  private final Instant now = Instant.now();

  private String url = "";

  @BeforeEach
  void createTables() throws Exception {
    url = SERVER.createDatabase("state");
    new Schema(PostgresUrl.parse(url), SCHEMA).apply(false, now);
  }

  @Test
  void ofEmptyTables_thereIsNothingButTheirPartitions() throws Exception {
    StoreState state = read(url);
    assertTrue(state.schemaVersion() >= 6, state.toString());
    assertEquals(0, state.deadLetters());
    assertEquals(0, state.defaultRows());
    assertEquals(Duration.ZERO, state.rollupLag());
    assertEquals(List.of(), state.slow());
    assertEquals(Map.of(), state.unseen());
    assertEquals(4, slices(state, "llm_logs").size());
    assertEquals(8, slices(state, "llm_log_contents").size());
    Slice first = slices(state, "llm_logs").get(0);
    assertFalse(now.isBefore(first.from()), first.toString());
    assertTrue(now.isBefore(first.to()), first.toString());
    assertTrue(state.bytes() > first.bytes() && first.bytes() > 0, state.toString());
  }

  @Test
  void rowsOfAPartition_areEstimated_andThoseWithoutOneAreCounted() throws Exception {
    PostgresServer.execute(
        url,
        """
        INSERT INTO analytics.llm_logs (created_at, action)
        SELECT now(), 'a' FROM generate_series(1, 2000);
        INSERT INTO analytics.llm_logs (created_at, action) VALUES
          ('0001-01-01', 'past'), ('2999-01-01', 'future'), ('infinity', 'x'), ('-infinity', 'y');
        INSERT INTO analytics.llm_log_dead_letters (id, created_at, raw, reason)
        SELECT gen_random_uuid(), now(), 'x', 'r' FROM generate_series(1, 3);
        ANALYZE analytics.llm_logs
        """);
    StoreState state = read(url);
    assertEquals(4, state.defaultRows());
    assertEquals(3, state.deadLetters());
    assertEquals(2000, slices(state, "llm_logs").get(0).estimatedRows());
  }

  @Test
  void aRoundOfMaintenance_endsTheLagOfTheRollup() throws Exception {
    Instant day = now.truncatedTo(ChronoUnit.DAYS).minus(Duration.ofDays(6));
    PostgresServer.execute(
        url,
        "INSERT INTO analytics.llm_logs (created_at, action) VALUES ('%s', 'a'), ('%s', 'b')"
            .formatted(day, now));
    Duration lag = read(url).rollupLag();
    Duration expected = Duration.between(day.plus(Duration.ofHours(60)), now);
    assertTrue(lag.minus(expected).abs().compareTo(Duration.ofMinutes(5)) < 0, lag.toString());
    maintenance().run(now);
    assertEquals(Duration.ZERO, read(url).rollupLag());
    // A late row is the next round's.
    PostgresServer.execute(
        url,
        "INSERT INTO analytics.llm_logs (created_at, action) VALUES ('%s', 'c')"
            .formatted(day.minus(Duration.ofDays(2))));
    assertEquals(Duration.ZERO, read(url).rollupLag());
  }

  @Test
  void aStatementThatTakesLong_isShownWithoutItsLiterals() throws Exception {
    ExecutorService executor = Executors.newSingleThreadExecutor();
    try (Connection connection = PostgresServer.connect(url + "?ApplicationName=sleeper");
        Statement statement = connection.createStatement()) {
      Future<Boolean> sleeping =
          executor.submit(() -> statement.execute("SELECT pg_sleep(60), 'hunter2'"));
      StoreState state = read(url);
      for (Instant end = Instant.now().plusSeconds(20);
          state.slow().isEmpty() && Instant.now().isBefore(end); ) {
        state = read(url);
      }
      SlowStatement slow = state.slow().get(0);
      assertEquals("SELECT pg_sleep(?), ?", slow.text());
      assertEquals("sleeper", slow.application());
      assertEquals("active", slow.state());
      // Just over a second is a second, in whole milliseconds.
      assertTrue(slow.running().compareTo(Duration.ofSeconds(1)) >= 0, slow.toString());

      String reader = reader();
      StoreState seen = read(reader);
      assertEquals(List.of(), seen.slow());
      assertTrue(
          seen.unseen().getOrDefault(Part.SLOW, "").contains("pg_read_all_stats"), seen.toString());
      PostgresServer.execute(url, "GRANT pg_read_all_stats TO llmlog_reader");
      assertEquals("SELECT pg_sleep(?), ?", read(reader).slow().get(0).text());
      PostgresServer.execute(url, "REVOKE pg_read_all_stats FROM llmlog_reader");
      statement.cancel();
      assertThrows(ExecutionException.class, sleeping::get);
    } finally {
      executor.shutdownNow();
    }
  }

  @Test
  void theReader_seesAllOfTheStore_andTheWriterSaysWhatItDoesNot() throws Exception {
    PostgresServer.execute(
        url,
        """
        INSERT INTO analytics.llm_logs (created_at, action) VALUES ('2999-01-01', 'future');
        INSERT INTO analytics.llm_log_dead_letters (id, created_at, raw, reason)
        VALUES (gen_random_uuid(), now(), 'x', 'r')
        """);
    StoreState reader = read(reader());
    assertEquals(1, reader.deadLetters());
    assertEquals(1, reader.defaultRows());
    assertEquals(12, reader.slices().size());
    assertEquals(Map.of(), reader.unseen());

    StoreState writer = read(Roles.url(url, "writer"));
    assertEquals(1, writer.deadLetters());
    assertEquals(1, writer.defaultRows());
    assertEquals(Set.of(Part.ROLLUP_LAG), writer.unseen().keySet());
    assertEquals(Map.of(), read(Roles.url(url, "maintenance")).unseen());

    PostgresServer.execute(
        url,
        "REVOKE SELECT ON analytics.llm_log_failures, analytics.llm_log_calls FROM llmlog_reader");
    StoreState less = read(Roles.url(url, "reader"));
    assertEquals(Set.of(Part.DEAD_LETTERS, Part.DEFAULT_ROWS), less.unseen().keySet());
    assertTrue(
        less.unseen().getOrDefault(Part.DEAD_LETTERS, "").contains("llm_log_failures"),
        less.toString());
  }

  @Test
  void withoutTables_itSaysWhatHelps() {
    UsageException failed =
        assertThrows(UsageException.class, () -> read(SERVER.createDatabase("empty")));
    assertTrue(failed.getMessage().contains("run llmlog schema apply"), failed.getMessage());
  }

  private String reader() {
    Roles.create(url, SCHEMA);
    return Roles.url(url, "reader");
  }

  private static List<Slice> slices(StoreState state, String table) {
    return state.slices().stream().filter(slice -> slice.table().equals(table)).toList();
  }

  private TableMaintenance maintenance() {
    return new TableMaintenance(
        new PostgresDataSource(PostgresUrl.parse(url), Duration.ofSeconds(30)),
        SCHEMA,
        new Retention(Period.ofYears(90), Period.ofYears(90), Period.ofYears(90)),
        null);
  }

  private static StoreState read(String url) throws UsageException {
    return StoreState.read(
        new PostgresDataSource(PostgresUrl.parse(url), Duration.ofSeconds(30)), SCHEMA);
  }
}
