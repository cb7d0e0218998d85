package io.llmlog.jdbc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.jdbc.schema.Schema;
import io.llmlog.spi.EventWriter;
import io.llmlog.spi.Message;
import io.llmlog.spi.StoreProvider;
import io.llmlog.spi.StoreProvider.StoreSettings;
import io.llmlog.spi.TooManyRefusedException;
import io.llmlog.spi.WriteException;
import io.llmlog.spi.WriteResult;
import io.llmlog.spi.WriteResult.DeadLetter;
import io.llmlog.testkit.PostgresServer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.Period;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What this writer does where the contract leaves off: refused rows, retention, failures. */
class PostgresWriterIT {
  @RegisterExtension static final PostgresServer SERVER = PostgresServer.owned();

  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
  private static final SchemaName SCHEMA = new SchemaName("analytics");

  private String url = "";

  @BeforeEach
  void createTables() throws Exception {
    url = SERVER.createDatabase("writer");
    new Schema(PostgresUrl.parse(url), SCHEMA).apply(false, NOW);
  }

  @Test
  void write_ofRowsThatTheTableRefuses_storesAllOthers() throws Exception {
    execute("ALTER TABLE analytics.llm_logs ADD CONSTRAINT odd CHECK (action <> 'refused')");
    try (EventWriter writer = writer(url)) {
      for (List<Integer> bad : List.of(List.of(0), List.of(99), List.of(13, 14, 50))) {
        execute("TRUNCATE analytics.llm_logs, analytics.llm_log_dead_letters");
        WriteResult result = writer.write(batch(100, bad));
        assertEquals(100 - bad.size(), result.stored());
        assertEquals(bad, result.deadLetters().stream().map(d -> d.index()).toList());
        assertEquals(100 - bad.size(), number("SELECT count(*) FROM analytics.llm_logs"));
        assertEquals(
            bad.size(),
            number(
                """
                SELECT count(*) FROM analytics.llm_log_dead_letters
                WHERE sqlstate = '23514' AND reason LIKE '%constraint "odd"%' AND attempts = 1
                  AND convert_from(raw, 'UTF8')::jsonb->>'action' = 'refused'
                """));
      }
      WriteResult again = writer.write(batch(100, List.of(13, 14, 50)));
      assertEquals(97, again.duplicates());
      assertEquals(2, number("SELECT min(attempts) FROM analytics.llm_log_dead_letters"));
    }
  }

  @Test
  void write_ofABatchRefusedInLargePart_pausesAndKeepsAll() throws Exception {
    execute("ALTER TABLE analytics.llm_logs ADD CONSTRAINT odd CHECK (action <> 'refused')");
    List<Integer> bad = new ArrayList<>();
    for (int i = 0; i < 21; i++) {
      bad.add(i * 4);
    }
    try (EventWriter writer = writer(url)) {
      WriteException paused =
          assertThrows(WriteException.class, () -> writer.write(batch(100, bad)));
      assertEquals(WriteException.Kind.PAUSE, paused.kind());
      assertTrue(paused instanceof TooManyRefusedException, text(paused));
      assertTrue(text(paused).contains("more than 20 of 100 rows"), text(paused));
      assertEquals(0, number("SELECT count(*) FROM analytics.llm_logs"));
      assertEquals(0, number("SELECT count(*) FROM analytics.llm_log_dead_letters"));
      assertEquals(20, writer.write(batch(100, bad.subList(0, 20))).deadLetters().size());
    }
  }

  @Test
  void write_ofABatchThatAPersonAccepted_storesTheGoodAndKeepsTheBad() throws Exception {
    execute("ALTER TABLE analytics.llm_logs ADD CONSTRAINT odd CHECK (action <> 'refused')");
    List<Integer> bad = IntStream.range(0, 60).boxed().toList();
    try (EventWriter writer = writer(url)) {
      assertThrows(TooManyRefusedException.class, () -> writer.write(batch(100, bad), 59));
      WriteResult result = writer.write(batch(100, bad), Integer.MAX_VALUE);
      assertEquals(40, result.stored());
      assertEquals(60, result.deadLetters().stream().filter(DeadLetter::refused).count());
      assertEquals(60, number("SELECT count(*) FROM analytics.llm_log_dead_letters"));
    }
  }

  @Test
  void write_ofSeveralMessagesWithOneKey_storesTheFirstThatIsGood() throws Exception {
    execute("ALTER TABLE analytics.llm_logs ADD CONSTRAINT odd CHECK (action <> 'refused')");
    Message bad = batch(1, List.of(0)).get(0);
    Message good = batch(1, List.of()).get(0);
    Message other =
        new Message(
            new String(good.bytes(), StandardCharsets.UTF_8)
                .replace("\"action\":\"", "\"action\":\"other ")
                .getBytes(StandardCharsets.UTF_8),
            good.identity(),
            good.claimedAt());
    try (EventWriter writer = writer(url)) {
      List<Message> batch = new ArrayList<>(List.of(bad, bad, other, good));
      batch.addAll(batch(50, List.of()).subList(1, 50));
      WriteResult result = writer.write(batch);
      assertEquals(50, result.stored());
      assertEquals(2, result.duplicates());
      assertEquals(List.of(0), result.deadLetters().stream().map(DeadLetter::index).toList());
      assertEquals(
          1, number("SELECT count(*) FROM analytics.llm_logs WHERE action LIKE 'other %'"));
      assertEquals(1, number("SELECT count(*) FROM analytics.llm_log_dead_letters"));
      assertEquals(0, writer.write(batch).stored());
    }
  }

  @Test
  void write_ofAnExpiredEvent_isADeadLetter() throws Exception {
    StoreSettings settings =
        new StoreSettings(url, "analytics", Period.ofMonths(13), 2, Duration.ofSeconds(5));
    try (EventWriter writer = PostgresWriter.create(settings, Clock.fixed(NOW, ZoneOffset.UTC))) {
      WriteResult result =
          writer.write(
              List.of(
                  at("2025-10-24T11:59:59.999999Z"),
                  at("2025-10-24T12:00:00Z"),
                  at("2026-11-23T12:00:00Z")));
      assertEquals(2, result.stored());
      assertEquals(1, result.deadLetters().size());
      assertTrue(result.deadLetters().get(0).reason().startsWith("expired"));
      assertEquals(
          1,
          number(
              """
              SELECT count(*) FROM analytics.llm_log_dead_letters
              WHERE created_at = '2025-10-24T11:59:59.999999Z' AND sqlstate IS NULL
              """));
    }
  }

  @Test
  void write_withoutTables_pausesUntilTheyAreThere() throws Exception {
    String empty = SERVER.createDatabase("empty");
    try (EventWriter writer = writer(empty)) {
      assertFails(writer, WriteException.Kind.PAUSE, "42P01");
      new Schema(PostgresUrl.parse(empty), SCHEMA).apply(false, NOW);
      assertEquals(5, writer.write(batch(5, List.of())).stored());
    }
  }

  @Test
  void write_behindALock_isTriedAgain() throws Exception {
    try (EventWriter writer =
            PostgresWriter.create(
                new StoreSettings(
                    url, "analytics", Period.ofYears(3000), 2, Duration.ofSeconds(20)));
        Connection other = PostgresServer.connect(url)) {
      other.setAutoCommit(false);
      other.createStatement().execute("LOCK TABLE analytics.llm_logs");
      assertFails(writer, WriteException.Kind.RETRY, "55P03");
      other.rollback();
      assertEquals(5, writer.write(batch(5, List.of())).stored());
    }
  }

  @Test
  void write_pastItsTimeout_isTriedAgain() throws Exception {
    try (EventWriter writer = writer(url);
        Connection other = PostgresServer.connect(url)) {
      other.setAutoCommit(false);
      other.createStatement().execute("LOCK TABLE analytics.llm_logs");
      assertFails(writer, WriteException.Kind.RETRY, "57014");
    }
  }

  @Test
  void write_onATerminatedSession_isTriedAgain() throws Exception {
    try (EventWriter writer =
            PostgresWriter.create(
                new StoreSettings(
                    url, "analytics", Period.ofYears(3000), 2, Duration.ofSeconds(20)));
        Connection other = PostgresServer.connect(url)) {
      other.setAutoCommit(false);
      other.createStatement().execute("LOCK TABLE analytics.llm_logs");
      CompletableFuture<WriteException.Kind> outcome =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  writer.write(batch(5, List.of()));
                  throw new AssertionError("written");
                } catch (WriteException e) {
                  return e.kind();
                } catch (InterruptedException e) {
                  throw new AssertionError(e);
                }
              });
      long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
      while (number(
              """
              SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
              WHERE datname = current_database() AND wait_event_type = 'Lock'
              """)
          == 0) {
        assertTrue(System.nanoTime() < deadline, "the writer never waited");
        LockSupport.parkNanos(1_000_000);
      }
      assertEquals(WriteException.Kind.RETRY, outcome.join());
      other.rollback();
      assertEquals(5, writer.write(batch(5, List.of())).stored());
    }
  }

  @Test
  void write_withAWrongPassword_pausesAndHidesIt() throws Exception {
    String wrong = url.replaceFirst(":[^:@/]+@", ":hunter2@");
    try (EventWriter writer = writer(wrong)) {
      assertFails(writer, WriteException.Kind.PAUSE, "28P01");
    }
  }

  @Test
  void write_toAMissingDatabase_pauses() throws Exception {
    try (EventWriter writer = writer(SERVER.databaseUrl("nowhere"))) {
      assertFails(writer, WriteException.Kind.PAUSE, "3D000");
    }
  }

  @Test
  void write_withoutRights_pauses() throws Exception {
    String role = "poor_" + url.substring(url.lastIndexOf('_') + 1);
    execute(
        "CREATE ROLE %1$s LOGIN PASSWORD 'pw'; GRANT USAGE ON SCHEMA analytics TO %1$s"
            .formatted(role));
    try (EventWriter writer = writer(url.replaceFirst("//[^@]+@", "//" + role + ":pw@"))) {
      assertFails(writer, WriteException.Kind.PAUSE, "42501");
      execute(
          """
          GRANT INSERT, SELECT (created_at, event_id) ON analytics.llm_logs TO %1$s;
          GRANT INSERT, UPDATE, SELECT ON analytics.llm_log_dead_letters TO %1$s
          """
              .formatted(role));
      List<Message> batch = new ArrayList<>(batch(5, List.of()));
      batch.add(new Message(new byte[] {'x'}, new UUID(4, 4), NOW));
      assertEquals(5, writer.write(batch).stored());
      assertEquals(5, writer.write(batch).duplicates());
    }
  }

  @Test
  void write_toAReadOnlyDatabase_isTriedAgain() throws Exception {
    execute(
        "ALTER DATABASE "
            + PostgresUrl.parse(url).database()
            + " SET default_transaction_read_only = on");
    try (EventWriter writer = writer(url)) {
      assertFails(writer, WriteException.Kind.RETRY, "25006");
    }
  }

  @Test
  void write_whileTheDatabaseIsAway_isTriedAgain() throws Exception {
    try (EventWriter writer = writer(url)) {
      assertEquals(5, writer.write(batch(5, List.of())).stored());
      SERVER.stopImmediately();
      assertFails(writer, WriteException.Kind.RETRY, "");
      SERVER.restart();
      assertEquals(5, writer.write(batch(5, List.of())).duplicates());
    }
  }

  @Test
  void write_whereNobodyListens_failsSoon() throws Exception {
    long start = System.nanoTime();
    try (EventWriter writer = writer("postgresql://u:hunter2@127.0.0.1:1/d")) {
      assertTrue(Duration.ofNanos(System.nanoTime() - start).toMillis() < 1000);
      assertFails(writer, WriteException.Kind.RETRY, "127.0.0.1:1/d");
    }
    assertTrue(Duration.ofNanos(System.nanoTime() - start).toSeconds() < 10);
  }

  @Test
  void write_afterClose_fails() throws Exception {
    EventWriter writer = writer(url);
    writer.write(batch(1, List.of()));
    writer.close();
    writer.close();
    assertFails(writer, WriteException.Kind.RETRY, "closed");
  }

  @Test
  void write_byAnInterruptedThread_endsAndTheWriterGoesOn() throws Exception {
    try (EventWriter writer = writer(url)) {
      Thread.currentThread().interrupt();
      assertThrows(InterruptedException.class, () -> writer.write(batch(5, List.of())));
      assertFalse(Thread.currentThread().isInterrupted());
      assertEquals(5, writer.write(batch(5, List.of())).stored());
    }
  }

  @Test
  void provider_isFoundByUrl() throws Exception {
    StoreProvider provider = ServiceLoader.load(StoreProvider.class).findFirst().orElseThrow();
    assertTrue(provider.schemes().contains("postgresql"));
    StoreSettings settings =
        new StoreSettings(url, "analytics", Period.ofYears(3000), 1, Duration.ofSeconds(5));
    try (EventWriter writer = provider.writer(settings)) {
      assertEquals(1, writer.write(batch(1, List.of())).stored());
    }
  }

  private void assertFails(EventWriter writer, WriteException.Kind kind, String part)
      throws SQLException {
    WriteException e = assertThrows(WriteException.class, () -> writer.write(batch(5, List.of())));
    assertEquals(kind, e.kind(), text(e));
    assertTrue(text(e).contains(part), text(e));
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      assertFalse(String.valueOf(cause.getMessage()).contains("hunter2"), cause.getMessage());
    }
    assertTrue(text(e).contains("127.0.0.1:"), text(e));
  }

  private static String text(WriteException e) {
    return String.valueOf(e.getMessage());
  }

  private static EventWriter writer(String url) {
    return PostgresWriter.create(
        new StoreSettings(url, "analytics", Period.ofYears(3000), 2, Duration.ofSeconds(2)));
  }

  private static Message at(String createdAt) {
    String json =
        "{\"event_id\":\"%s\",\"created_at\":\"%s\"}".formatted(UUID.randomUUID(), createdAt);
    return new Message(json.getBytes(StandardCharsets.UTF_8), UUID.randomUUID(), NOW);
  }

  private static List<Message> batch(int size, List<Integer> bad) {
    List<Message> batch = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      String json =
          "{\"event_id\":\"%s\",\"created_at\":\"%s\",\"action\":\"%s\"}"
              .formatted(
                  new UUID(1, i), NOW.plusSeconds(i % 3), bad.contains(i) ? "refused" : "good");
      batch.add(new Message(json.getBytes(StandardCharsets.UTF_8), new UUID(2, i), NOW));
    }
    return batch;
  }

  private void execute(String sql) {
    PostgresServer.execute(url, sql);
  }

  private long number(String sql) throws SQLException {
    try (Connection connection = PostgresServer.connect(url);
        ResultSet row = connection.createStatement().executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }
}
