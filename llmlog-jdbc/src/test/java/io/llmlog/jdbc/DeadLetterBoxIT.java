package io.llmlog.jdbc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.jdbc.DeadLetterBox.Filter;
import io.llmlog.jdbc.DeadLetterBox.Letter;
import io.llmlog.jdbc.DeadLetterBox.Replayed;
import io.llmlog.jdbc.schema.Schema;
import io.llmlog.spi.EventWriter;
import io.llmlog.spi.Message;
import io.llmlog.spi.StoreProvider.StoreSettings;
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
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Dead letters as the writer leaves them, and what a person may do about them. */
class DeadLetterBoxIT {
  @RegisterExtension static final PostgresServer SERVER = PostgresServer.create();

  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
  private static final SchemaName SCHEMA = new SchemaName("analytics");
  private static final Filter ALL = new Filter(null, null);

  private String url = "";

  @BeforeEach
  void createTables() throws Exception {
    url = SERVER.createDatabase("dead");
    new Schema(PostgresUrl.parse(url), SCHEMA).apply(false, NOW);
    execute("ALTER TABLE analytics.llm_logs ADD CONSTRAINT odd CHECK (tokens_input < 1000)");
  }

  @Test
  void list_showsTheLastSeenFirst_pageByPage() throws Exception {
    for (int i = 0; i < 7; i++) {
      write(List.of(refused(i)));
    }
    write(List.of(new Message(bytes("not json \u001b[31m"), new UUID(9, 9), NOW)));
    List<Letter> letters = new ArrayList<>();
    List<Letter> page = box().list(ALL, null, 3, true);
    while (!page.isEmpty()) {
      letters.addAll(page);
      page = box().list(ALL, page.get(page.size() - 1), 3, true);
    }
    assertEquals(8, letters.size());
    assertEquals(8, box().count(ALL));
    for (int i = 1; i < 8; i++) {
      assertTrue(letters.get(i).lastSeen().isBefore(letters.get(i - 1).lastSeen()));
    }
    Letter bad = letters.get(0);
    assertEquals(new UUID(9, 9), bad.id());
    assertEquals(NOW, bad.createdAt());
    assertEquals("not json \u001b[31m", text(bad.beginning()));
    assertEquals(14, bad.bytes());
    assertEquals(1, bad.attempts());
    Letter refused = letters.get(1);
    assertEquals(id(6), refused.id());
    assertEquals("23514", refused.sqlState());
    assertTrue(refused.reason().contains("\"odd\""), refused.reason());
  }

  @Test
  void list_shows_whatIsAskedFor_andTheBeginningsOfMessagesAlone() throws Exception {
    byte[] large = bytes("x".repeat(1_000_000));
    write(List.of(refused(1), refused(2), new Message(large, new UUID(9, 9), NOW)));
    assertEquals(2, box().list(new Filter(null, "Constraint \"ODD\""), null, 9, false).size());
    assertEquals(2, box().count(new Filter(null, "constraint")));
    assertEquals(0, box().count(new Filter(null, "%")));
    Filter one = new Filter(Set.of(new UUID(9, 9), new UUID(8, 8)), null);
    assertEquals(1, box().count(one));
    Letter letter = box().list(one, null, 9, true).get(0);
    assertEquals(1_000_000, letter.bytes());
    assertEquals(DeadLetterBox.SHOWN_BYTES, letter.beginning().length);
    assertEquals(0, box().list(one, null, 9, false).get(0).beginning().length);
    assertEquals(Set.of(new UUID(8, 8)), box().unknown(Set.of(new UUID(9, 9), new UUID(8, 8))));
  }

  @Test
  void replay_afterTheCauseWasMended_makesRowsOfTheEventsAsTheyWere() throws Exception {
    Message withoutIdentity =
        new Message(bytes("{\"action\":\"a\",\"tokens_input\":7000}"), new UUID(5, 5), NOW);
    Message bad = new Message(bytes("[1]"), new UUID(9, 9), NOW);
    write(List.of(refused(1), refused(2), withoutIdentity, bad));
    assertEquals(new Replayed(0, 0, 4, 0), box().replay(null));
    assertEquals(2, number("SELECT min(attempts) FROM analytics.llm_log_dead_letters"));
    assertEquals(0, rows());

    execute("ALTER TABLE analytics.llm_logs DROP CONSTRAINT odd");
    assertEquals(new Replayed(3, 0, 1, 0), box().replay(null));
    assertEquals(3, rows());
    assertEquals(
        1,
        number(
            """
            SELECT count(*) FROM analytics.llm_logs
            WHERE event_id = '00000000-0000-0005-0000-000000000005'
              AND created_at = '2026-11-23T12:00:00Z' AND tokens_input = 7000
            """));
    assertEquals(
        1,
        number(
            """
            SELECT count(*) FROM analytics.llm_log_dead_letters
            WHERE attempts = 3 AND last_seen > first_seen AND reason LIKE '%object%'
              AND raw = '[1]'
            """));
    // The queue may bring the same messages once more.
    write(List.of(refused(1), refused(2), withoutIdentity));
    assertEquals(3, rows());
  }

  @Test
  void replay_ofNamedLetters_leavesTheOthers() throws Exception {
    write(List.of(refused(1), refused(2), refused(3)));
    execute("ALTER TABLE analytics.llm_logs DROP CONSTRAINT odd");
    assertEquals(new Replayed(2, 0, 0, 1), box().replay(Set.of(id(1), id(3), new UUID(8, 8))));
    assertEquals(List.of(id(2)), ids());
    assertEquals(new Replayed(0, 0, 0, 0), box().replay(Set.of()));
  }

  @Test
  void replay_ofAnExpiredEvent_leavesItExpired() throws Exception {
    StoreSettings settings = settings(Period.ofMonths(13));
    try (EventWriter writer = PostgresWriter.create(settings, Clock.fixed(NOW, ZoneOffset.UTC))) {
      writer.write(List.of(message(1, "2025-01-01T00:00:00Z", 5)));
    }
    DeadLetterBox box = box(Period.ofMonths(13));
    assertEquals(new Replayed(0, 0, 1, 0), box.replay(null));
    assertTrue(box.list(ALL, null, 9, false).get(0).reason().startsWith("expired"));
    assertEquals(0, rows());
  }

  @Test
  void replay_ofManyLetters_goesOnInBatches() throws Exception {
    for (int from = 0; from < 1300; from += 20) {
      List<Message> few = new ArrayList<>();
      for (int i = from; i < from + 20; i++) {
        few.add(i % 13 == 0 ? new Message(bytes("?"), new UUID(9, i), NOW) : refused(i));
      }
      write(few);
    }
    String large = "{\"action\":\"a\",\"tokens_input\":5000,\"message\":\"%s\"}";
    for (int i = 0; i < 4; i++) {
      write(List.of(new Message(bytes(large.formatted("m".repeat(5 << 20))), new UUID(6, i), NOW)));
    }
    execute("ALTER TABLE analytics.llm_logs DROP CONSTRAINT odd");
    execute("ALTER TABLE analytics.llm_logs ADD CONSTRAINT odder CHECK (tokens_input < 1900)");
    // 100 in 1,300 are no JSON, and of 900 to 1,299 those that are 1,900 tokens or more.
    long refusedStill =
        number("SELECT count(*) FROM generate_series(900, 1299) i WHERE i % 13 <> 0");
    Replayed replayed = box().replay(null);
    assertEquals(100 + refusedStill + 4, replayed.stillDead());
    assertEquals(1200 - refusedStill, replayed.stored());
    assertEquals(1200 - refusedStill, rows());
    execute("ALTER TABLE analytics.llm_logs DROP CONSTRAINT odder");
    assertEquals(new Replayed(refusedStill + 4, 0, 100, 0), box().replay(null));
    assertEquals(1204, rows());
  }

  @Test
  void replaysAtTheSameTime_makeEachRowOnce() throws Exception {
    List<Message> all = new ArrayList<>();
    for (int i = 0; i < 1500; i++) {
      all.add(refused(i));
    }
    for (int from = 0; from < 1500; from += 20) {
      write(all.subList(from, from + 20));
    }
    execute("ALTER TABLE analytics.llm_logs DROP CONSTRAINT odd");
    int threads = 4;
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      CountDownLatch start = new CountDownLatch(1);
      List<Future<Replayed>> outcomes = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        outcomes.add(
            executor.submit(
                () -> {
                  start.await();
                  return box().replay(null);
                }));
      }
      // A worker that brings the same messages meanwhile.
      Future<?> worker =
          executor.submit(
              () -> {
                write(all);
                return null;
              });
      start.countDown();
      Replayed sum = Replayed.NONE;
      for (Future<Replayed> outcome : outcomes) {
        sum = sum.plus(outcome.get());
      }
      worker.get();
      assertEquals(1500, sum.stored() + sum.duplicate());
      assertEquals(0, sum.stillDead());
      assertEquals(1500, rows());
      assertEquals(List.of(), ids());
    } finally {
      executor.shutdownNow();
    }
  }

  @Test
  void replayThatIsCutOff_betweenRowAndLetter_hasDoneNeither() throws Exception {
    write(List.of(refused(1), refused(2)));
    execute("ALTER TABLE analytics.llm_logs DROP CONSTRAINT odd");
    execute(
        """
        CREATE FUNCTION analytics.stand_still() RETURNS trigger LANGUAGE plpgsql AS
          'BEGIN PERFORM pg_advisory_xact_lock(4711); RETURN OLD; END';
        CREATE TRIGGER stand_still BEFORE DELETE ON analytics.llm_log_dead_letters
          FOR EACH ROW EXECUTE FUNCTION analytics.stand_still()
        """);
    ExecutorService executor = Executors.newSingleThreadExecutor();
    try (Connection other = PostgresServer.connect(url)) {
      other.setAutoCommit(false);
      other.createStatement().execute("SELECT pg_advisory_xact_lock(4711)");
      Future<Replayed> cutOff = executor.submit(() -> box().replay(null));
      long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
      while (number(
              """
              SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
              WHERE datname = current_database() AND wait_event = 'advisory'
              """)
          == 0) {
        assertTrue(System.nanoTime() < deadline, "the replay never came to the letter");
        LockSupport.parkNanos(1_000_000);
      }
      ExecutionException e = assertThrows(ExecutionException.class, cutOff::get);
      assertTrue(e.getCause() instanceof SQLException, String.valueOf(e.getCause()));
      other.rollback();
    } finally {
      executor.shutdownNow();
    }
    assertEquals(0, rows());
    assertEquals(2, ids().size());
    assertEquals(new Replayed(2, 0, 0, 0), box().replay(null));
    assertEquals(2, rows());
    assertEquals(0, ids().size());
  }

  @Test
  void replayOfALetterWhoseRowIsThere_removesTheLetter() throws Exception {
    write(List.of(refused(1)));
    execute("ALTER TABLE analytics.llm_logs DROP CONSTRAINT odd");
    write(List.of(refused(1)));
    assertEquals(1, ids().size());
    assertEquals(new Replayed(0, 1, 0, 0), box().replay(null));
    assertEquals(1, rows());
    assertEquals(0, ids().size());
  }

  @Test
  void lettersThatSayTheSameEvent_goOneByOne() throws Exception {
    write(List.of(refused(1)));
    // As an older program leaves it that could not read the message.
    execute(
        """
        INSERT INTO analytics.llm_log_dead_letters (id, created_at, raw, reason)
        SELECT '00000000-0000-0009-0000-000000000009', created_at, raw, 'unreadable'
        FROM analytics.llm_log_dead_letters
        """);
    assertEquals(new Replayed(0, 0, 1, 1), box().replay(null));
    assertEquals(2, ids().size());
    execute("ALTER TABLE analytics.llm_logs DROP CONSTRAINT odd");
    assertEquals(new Replayed(1, 0, 0, 1), box().replay(null));
    assertEquals(new Replayed(0, 1, 0, 0), box().replay(null));
    assertEquals(1, rows());
  }

  @Test
  void discard_throwsAwayWhatIsNamed_orAll() throws Exception {
    write(List.of(refused(1), refused(2), refused(3)));
    assertEquals(1, box().discard(Set.of(id(2), new UUID(8, 8))));
    assertEquals(Set.of(id(1), id(3)), new HashSet<>(ids()));
    assertEquals(2, box().discard(null));
    assertEquals(0, box().discard(null));
    assertEquals(0, rows());
  }

  @Test
  void rightsThatTheDocumentationNames_suffice() throws Exception {
    write(List.of(refused(1), refused(2)));
    execute("ALTER TABLE analytics.llm_logs DROP CONSTRAINT odd");
    String role = "mender_" + url.substring(url.lastIndexOf('_') + 1);
    execute(
        """
        CREATE ROLE %1$s LOGIN PASSWORD 'pw';
        GRANT USAGE ON SCHEMA analytics TO %1$s;
        GRANT INSERT, SELECT (created_at, event_id) ON analytics.llm_logs TO %1$s;
        GRANT SELECT, INSERT, UPDATE, DELETE ON analytics.llm_log_dead_letters TO %1$s
        """
            .formatted(role));
    DeadLetterBox poor =
        new DeadLetterBox(
            PostgresUrl.parse(url.replaceFirst("//[^@]+@", "//" + role + ":pw@")),
            SCHEMA,
            Period.ofYears(3000),
            null,
            Clock.systemUTC());
    assertEquals(new Replayed(1, 0, 0, 0), poor.replay(Set.of(id(1))));
    assertEquals(1, poor.discard(null));
  }

  @Test
  void boxWithoutTables_saysSo() {
    String empty = SERVER.createDatabase("empty");
    DeadLetterBox box =
        new DeadLetterBox(
            PostgresUrl.parse(empty), SCHEMA, Period.ofYears(3000), null, Clock.systemUTC());
    assertEquals("42P01", assertThrows(SQLException.class, () -> box.replay(null)).getSQLState());
  }

  private DeadLetterBox box() {
    return box(Period.ofYears(3000));
  }

  private DeadLetterBox box(Period retention) {
    Clock clock = Clock.fixed(NOW, ZoneOffset.UTC);
    return new DeadLetterBox(PostgresUrl.parse(url), SCHEMA, retention, null, clock);
  }

  private StoreSettings settings(Period retention) {
    return new StoreSettings(url, SCHEMA.name(), retention, 2, Duration.ofSeconds(20));
  }

  private void write(List<Message> messages) throws Exception {
    try (EventWriter writer = PostgresWriter.create(settings(Period.ofYears(3000)))) {
      writer.write(messages);
    }
  }

  private static UUID id(int number) {
    return new UUID(1, number);
  }

  /** An event of more tokens than the table takes. */
  private static Message refused(int number) {
    return message(number, NOW.minusSeconds(number).toString(), 1000 + number);
  }

  private static Message message(int number, String createdAt, int tokens) {
    String json =
        "{\"event_id\":\"%s\",\"created_at\":\"%s\",\"action\":\"a\",\"tokens_input\":%d}"
            .formatted(id(number), createdAt, tokens);
    return new Message(bytes(json), new UUID(2, number), NOW);
  }

  private List<UUID> ids() throws SQLException {
    return box().list(ALL, null, 10_000, false).stream()
        .map(Letter::id)
        .collect(Collectors.toList());
  }

  private long rows() throws SQLException {
    return number("SELECT count(*) FROM analytics.llm_logs");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
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
