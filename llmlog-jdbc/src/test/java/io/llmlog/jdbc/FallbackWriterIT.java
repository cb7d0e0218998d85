package io.llmlog.jdbc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.jdbc.schema.Schema;
import io.llmlog.spi.EventWriter;
import io.llmlog.spi.EventWriter.Connections;
import io.llmlog.spi.Message;
import io.llmlog.spi.Providers;
import io.llmlog.spi.StoreProvider.StoreSettings;
import io.llmlog.spi.WriteException;
import io.llmlog.testkit.FaultProxy;
import io.llmlog.testkit.PostgresServer;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.time.Duration;
import java.time.Instant;
import java.time.Period;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The writer inside a service: what it costs there, and how long it keeps its caller. */
final class FallbackWriterIT {
  @RegisterExtension static final PostgresServer SERVER = PostgresServer.owned();

  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
  private static final SchemaName SCHEMA = new SchemaName("analytics");
  private static final Duration TIMEOUT = Duration.ofSeconds(3);

  /** What a test's own work and a busy machine may add to a bound. */
  private static final Duration SLACK = Duration.ofMillis(1500);

  private final String name = "fallback-" + UUID.randomUUID();
  private String url = "";
  private FaultProxy proxy = FaultProxy.to("127.0.0.1", 1);

  @BeforeEach
  void createTables() throws Exception {
    url = SERVER.createDatabase("fallback");
    new Schema(PostgresUrl.parse(url), SCHEMA).apply(false, NOW);
    proxy.close();
    URI uri = new URI(url);
    proxy = FaultProxy.to(uri.getHost(), uri.getPort());
  }

  @AfterEach
  void closeProxy() {
    proxy.close();
  }

  @Test
  void aWriterThatIsNeverNeeded_connectsToNothingAndStartsNoThread() {
    Set<Thread> before = threads();
    EventWriter writer = writer();
    assertPool(writer, 0, 0);
    assertEquals(Set.of(), newThreads(before));
    writer.close();
    assertPool(writer, 0, 0);
    assertEquals(Set.of(), newThreads(before));
    assertEquals(0, proxy.connections());
  }

  @Test
  void manyWriters_shareTwoNamedConnections_whichAreGoneSecondsAfterTheLastWrite()
      throws Exception {
    try (EventWriter writer = writer()) {
      ExecutorService callers = Executors.newFixedThreadPool(6);
      try {
        List<Callable<Integer>> writes = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
          List<Message> batch = batch(i * 50, 50);
          writes.add(() -> writer.write(batch).stored());
        }
        for (Future<Integer> write : callers.invokeAll(writes)) {
          assertEquals(50, write.get());
        }
      } finally {
        callers.shutdownNow();
      }
      long end = System.nanoTime();
      assertTrue(sessions() >= 1);
      assertTrue(proxy.connections() <= 2, proxy.connections() + " connections were made");
      await("no session is left", () -> sessions() == 0);
      assertAtMost(ConnectionPool.IDLE.plus(SLACK), end);
      assertTrue(
          elapsed(end).compareTo(ConnectionPool.IDLE.minusSeconds(1)) > 0, "closed too soon");

      assertEquals(50, writer.write(batch(0, 50)).duplicates());
      assertEquals(1, sessions());
    }
    await("no session is left", () -> sessions() == 0);
  }

  @Test
  void itsThreads_areDaemonsAndEndWithIt() throws Exception {
    Set<Thread> before = threads();
    try (EventWriter writer = writer()) {
      writer.write(batch(0, 10));
      assertPool(writer, 0, 1);
      Set<Thread> own = newThreads(before);
      own.removeIf(thread -> thread.getName().startsWith("fault-proxy"));
      assertFalse(own.isEmpty());
      for (Thread thread : own) {
        assertTrue(thread.isDaemon(), thread.getName());
        assertTrue(
            thread.getName().startsWith("llmlog-postgresql-")
                || thread.getName().startsWith("PostgreSQL-JDBC-"),
            thread.getName());
      }
      assertTrue(own.size() <= 4, names(own));
    }
    awaitNoThreads(before, Duration.ofSeconds(2));
    await("no session is left", () -> sessions() == 0);
  }

  @Test
  void aRefusedConnection_isSaidAtOnce() throws Exception {
    SERVER.stop();
    try (EventWriter writer = writer()) {
      for (int i = 0; i < 3; i++) {
        long start = System.nanoTime();
        assertRetry(writer);
        assertAtMost(Duration.ofMillis(500).plus(SLACK), start);
      }
    } finally {
      SERVER.restart();
    }
  }

  @Test
  void aWrongPassword_pausesAtOnce() {
    try (EventWriter writer = writer(throughProxy().replaceFirst("//[^@/]*@", "//nobody:pw@"))) {
      long start = System.nanoTime();
      WriteException e = assertThrows(WriteException.class, () -> writer.write(batch(0, 5)));
      assertEquals(WriteException.Kind.PAUSE, e.kind(), e.getMessage());
      assertEquals("28P01", e.sqlState());
      assertAtMost(Duration.ofMillis(500).plus(SLACK), start);
    }
  }

  @Test
  void aLoginThatNobodyAnswers_holdsTheCallerForSeconds() throws Exception {
    proxy.blackHole();
    try (EventWriter writer = writer()) {
      long start = System.nanoTime();
      assertRetry(writer);
      assertAtMost(ConnectionPool.LONGEST_WAIT.plus(SLACK), start);
      assertTrue(proxy.connections() >= 1);
      proxy.forward();
      awaitStored(writer, 0);
    }
  }

  @Test
  void aNetworkThatSwallowsAConnectionInUse_holdsTheCallerForSeconds() throws Exception {
    try (EventWriter writer = writer()) {
      writer.write(batch(0, 5));
      proxy.blackHole();
      long start = System.nanoTime();
      assertRetry(writer);
      assertAtMost(TIMEOUT.plusSeconds(2).plus(SLACK), start);
      assertTrue(proxy.swallowedBytes() > 0);
      proxy.forward();
      awaitStored(writer, 5);
    }
  }

  @Test
  void aConnectionThatDiedUnseen_isFoundOutBeforeItIsUsed() throws Exception {
    try (EventWriter writer = writer()) {
      writer.write(batch(0, 5));
      proxy.cut();
      assertEquals(1, proxy.cuts());
      awaitStored(writer, 5);
    }
  }

  @Test
  void aReplyToCommitThatIsLost_isWrittenAgainAndStoredOnce() throws Exception {
    try (EventWriter writer = writer()) {
      List<Message> batch = batch(0, 100);
      // With its end: the statement that makes the stage has the word in it, too.
      proxy.cutReplyTo("COMMIT\0");
      WriteException lost = assertThrows(WriteException.class, () -> writer.write(batch));
      assertEquals(WriteException.Kind.RETRY, lost.kind(), lost.getMessage());
      assertEquals(1, proxy.cuts());
      await("the commit is through", () -> rows() == 100);
      assertEquals(100, writer.write(batch).duplicates());
      assertEquals(100, rows());
    }
  }

  @Test
  void aServerThatWasAway_isUsedAgain() throws Exception {
    try (EventWriter writer = writer()) {
      assertEquals(5, writer.write(batch(0, 5)).stored());
      SERVER.stopImmediately();
      long start = System.nanoTime();
      assertRetry(writer);
      assertRetry(writer);
      assertAtMost(TIMEOUT.plus(SLACK), start);
      SERVER.restart();
      awaitStored(writer, 5);
      assertEquals(10, rows());
    }
  }

  @Test
  void aTableThatIsLocked_holdsTheCallerForTheTimeOfOneStatement() throws Exception {
    try (EventWriter writer = writer();
        Connection other = PostgresServer.connect(url)) {
      other.setAutoCommit(false);
      other.createStatement().execute("LOCK TABLE analytics.llm_logs");
      long start = System.nanoTime();
      assertRetry(writer);
      assertAtMost(TIMEOUT.plus(SLACK), start);
      other.rollback();
      assertEquals(5, writer.write(batch(0, 5)).stored());
    }
  }

  @Test
  void close_whileAWriteHangs_endsItAndLeavesNothing() throws Exception {
    Set<Thread> before = threads();
    EventWriter writer = writer();
    writer.write(batch(0, 5));
    proxy.blackHole();
    CompletableFuture<Void> hanging =
        CompletableFuture.runAsync(
            () -> {
              try {
                writer.write(batch(5, 5));
              } catch (WriteException | InterruptedException e) {
                throw new IllegalStateException(e);
              }
            },
            task -> new Thread(task, "hanging").start());
    await("the write hangs", () -> proxy.swallowedBytes() > 0);
    long start = System.nanoTime();
    writer.close();
    assertThrows(ExecutionException.class, () -> hanging.get(1, TimeUnit.SECONDS));
    assertAtMost(Duration.ofSeconds(1).plus(SLACK), start);
    proxy.forward();
    awaitNoThreads(before, Duration.ofSeconds(2));
    await("no session is left", () -> sessions() == 0);
  }

  @Test
  void close_whileALoginHangs_leavesNoConnectionBehind() throws Exception {
    Set<Thread> before = threads();
    proxy.blackHole();
    EventWriter writer = writer();
    assertRetry(writer);
    long start = System.nanoTime();
    writer.close();
    assertAtMost(Duration.ofSeconds(1).plus(SLACK), start);
    proxy.forward();
    awaitNoThreads(before, Duration.ofSeconds(15));
    await("no session is left", () -> sessions() == 0);
  }

  @Test
  void close_byAnInterruptedThread_leavesNothing() throws Exception {
    Set<Thread> before = threads();
    EventWriter writer = writer();
    writer.write(batch(0, 5));
    Thread.currentThread().interrupt();
    writer.close();
    assertTrue(Thread.interrupted());
    awaitNoThreads(before, Duration.ofSeconds(2));
    await("no session is left", () -> sessions() == 0);
  }

  private static void assertPool(EventWriter writer, int active, int idle) {
    Connections pool = Objects.requireNonNull(writer.connections());
    assertTrue(pool.pool().startsWith("llmlog-postgresql-"), pool.pool());
    assertEquals(new Connections(pool.pool(), active, idle, 0, 2), pool);
  }

  private EventWriter writer() {
    return writer(throughProxy());
  }

  private static EventWriter writer(String url) {
    return Providers.store(url)
        .writer(new StoreSettings(url, "analytics", Period.ofMonths(13), 2, TIMEOUT));
  }

  private String throughProxy() {
    String direct = URI.create(url).getHost() + ":" + URI.create(url).getPort();
    return url.replace(direct, "127.0.0.1:" + proxy.port())
        + (url.contains("?") ? "&" : "?")
        + "application_name="
        + name;
  }

  private static void assertRetry(EventWriter writer) {
    WriteException e = assertThrows(WriteException.class, () -> writer.write(batch(0, 5)));
    assertEquals(WriteException.Kind.RETRY, e.kind(), e.getMessage());
  }

  /** The connection that broke may be found out by one more failure. */
  private static void awaitStored(EventWriter writer, int from) {
    await(
        "a write goes through",
        () -> {
          try {
            return writer.write(batch(from, 5)).stored() == 5;
          } catch (WriteException e) {
            assertEquals(WriteException.Kind.RETRY, e.kind(), e.getMessage());
            return false;
          }
        });
  }

  private static List<Message> batch(int from, int size) {
    List<Message> batch = new ArrayList<>();
    for (int i = from; i < from + size; i++) {
      String json =
          "{\"event_id\":\"%s\",\"created_at\":\"%s\",\"action\":\"a\"}"
              .formatted(new UUID(1, i), NOW.plusSeconds(i % 3));
      batch.add(new Message(json.getBytes(StandardCharsets.UTF_8), new UUID(2, i), NOW));
    }
    return batch;
  }

  /** As the server sees them. */
  private long sessions() throws Exception {
    return number("SELECT count(*) FROM pg_stat_activity WHERE application_name = '" + name + "'");
  }

  private long rows() throws Exception {
    return number("SELECT count(*) FROM analytics.llm_logs");
  }

  private long number(String sql) throws Exception {
    try (Connection connection = PostgresServer.connect(url);
        ResultSet row = connection.createStatement().executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }

  private static Set<Thread> threads() {
    return Thread.getAllStackTraces().keySet();
  }

  private static Set<Thread> newThreads(Set<Thread> before) {
    Set<Thread> now = new HashSet<>(threads());
    now.removeAll(before);
    return now;
  }

  /** The driver's cleaner is one for the whole process, and ends by itself after half a minute. */
  private static void awaitNoThreads(Set<Thread> before, Duration within) {
    long end = System.nanoTime() + within.toNanos();
    while (true) {
      Set<Thread> left = newThreads(before);
      left.removeIf(thread -> !thread.getName().startsWith("llmlog-postgresql-"));
      if (left.isEmpty()) {
        return;
      }
      assertTrue(System.nanoTime() < end, "still alive: " + names(left));
      LockSupport.parkNanos(10_000_000);
    }
  }

  private static String names(Set<Thread> threads) {
    return threads.stream().map(Thread::getName).sorted().collect(Collectors.joining(", "));
  }

  private static void await(String what, Callable<Boolean> condition) {
    long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    try {
      while (!condition.call()) {
        assertTrue(System.nanoTime() < end, "waited in vain: " + what);
        LockSupport.parkNanos(20_000_000);
      }
    } catch (Exception e) {
      throw new AssertionError(what, e);
    }
  }

  private static Duration elapsed(long startNanos) {
    return Duration.ofNanos(System.nanoTime() - startNanos);
  }

  private static void assertAtMost(Duration bound, long startNanos) {
    Duration took = elapsed(startNanos);
    assertTrue(took.compareTo(bound) <= 0, "took " + took + ", at most " + bound);
  }
}
