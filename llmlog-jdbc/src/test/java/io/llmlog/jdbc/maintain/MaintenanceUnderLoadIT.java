package io.llmlog.jdbc.maintain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.jdbc.PostgresWriter;
import io.llmlog.spi.Message;
import io.llmlog.spi.WriteException;
import io.llmlog.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Maintenance while others write and read. */
class MaintenanceUnderLoadIT {
  @RegisterExtension static final PostgresServer SERVER = PostgresServer.create();

  private static final Instant APPLIED = Instant.parse("2025-09-15T12:00:00Z");
  private static final Instant NOW = Instant.parse("2026-11-15T12:00:00Z");
  private static final int FIRST = 4000;

  private final ExecutorService executor = Executors.newCachedThreadPool();
  private final AtomicBoolean done = new AtomicBoolean();

  @AfterEach
  void end() {
    executor.shutdownNow();
  }

  @Test
  void rowsLeaveDefaultOnce_whileTheirDuplicatesArriveAndReadersLook() throws Exception {
    Tables tables = new Tables(SERVER, APPLIED);
    List<Message> first = new ArrayList<>();
    for (int i = 0; i < FIRST; i++) {
      first.add(Tables.message(i, time(i), "first"));
    }
    AtomicInteger numbers = new AtomicInteger(FIRST);
    try (PostgresWriter writer = Tables.writer(tables.url(), NOW)) {
      for (int i = 0; i < FIRST; i += 1000) {
        assertEquals(1000, writer.write(first.subList(i, i + 1000)).stored());
      }
      assertEquals(FIRST, tables.number("SELECT count(*) FROM analytics.llm_logs_default"));
      List<Future<?>> others = new ArrayList<>();
      for (int seed = 1; seed <= 2; seed++) {
        others.add(executor.submit(redelivery(writer, first, numbers, seed)));
      }
      others.add(executor.submit(counting(tables)));
      // The first round makes the present month, which the writers fill; each round is under load.
      MaintenanceReport report = tables.maintenance().run(NOW);
      for (int round = 0;
          round < 20 && !Long.valueOf(0).equals(report.defaultRows().get("llm_logs"));
          round++) {
        report = tables.maintenance().run(NOW);
      }
      done.set(true);
      for (Future<?> other : others) {
        other.get(60, TimeUnit.SECONDS);
      }
      assertEquals(List.of(), report.stuck());
      assertEquals(0L, report.defaultRows().get("llm_logs"));
    }
    String counts =
        tables.text("SELECT count(*) || ' ' || count(DISTINCT event_id) FROM analytics.llm_logs");
    assertEquals(numbers.get() + " " + numbers.get(), counts);
    tables.checkRollup();
  }

  @Test
  void aPartitionIsDropped_betweenWriters_andAfterALongReader(TestReporter reporter)
      throws Exception {
    Tables tables = new Tables(SERVER, APPLIED);
    tables.execute(
        """
        INSERT INTO analytics.llm_logs (created_at, action, message)
        SELECT '2025-09-20Z'::timestamptz + n * interval '1 s', 'old', repeat('x', 200)
        FROM generate_series(1, 20000) AS n
        """);
    // What is ahead first, so that the rounds below have nothing to do but to drop.
    assertEquals(List.of(), tables.partitions().ensure(NOW).stuck());
    AtomicLong longest = new AtomicLong();
    AtomicInteger inserts = new AtomicInteger();
    try (Connection reader = PostgresServer.connect(tables.url())) {
      reader.setAutoCommit(false);
      reader.createStatement().executeQuery("SELECT count(*) FROM analytics.llm_logs").close();
      Future<?> writing = executor.submit(inserting(tables, inserts, longest));
      awaitMore(inserts, 50);
      long quiet = longest.getAndSet(0);
      Future<MaintenanceReport> round = executor.submit(() -> tables.maintenance().run(NOW));
      awaitMore(inserts, 300);
      assertFalse(round.isDone(), "it waits for the reader");
      assertTrue(tables.exists("llm_logs_2025_09"));
      reader.rollback();
      MaintenanceReport report = round.get(120, TimeUnit.SECONDS);
      awaitMore(inserts, 50);
      done.set(true);
      writing.get(60, TimeUnit.SECONDS);
      assertEquals(List.of(), report.stuck());
      assertTrue(report.dropped().contains("llm_logs_2025_09"), report.toString());
      reporter.publishEntry(
          "longest insert, ms",
          "before %.1f, while partitions are dropped %.1f, of %d inserts"
              .formatted(quiet / 1e6, longest.get() / 1e6, inserts.get()));
    }
    assertFalse(tables.exists("llm_logs_2025_09"));
    assertEquals(inserts.get(), tables.number("SELECT count(*) FROM analytics.llm_logs"));
  }

  /** Five months, all without partition: three of them past, and one far ahead. */
  private static Instant time(int number) {
    Instant month =
        Instant.parse(
            switch (number % 5) {
              case 0 -> "2026-08-10T00:00:00Z";
              case 1 -> "2026-09-10T00:00:00Z";
              case 2 -> "2026-10-10T00:00:00Z";
              case 3 -> "2026-11-10T00:00:00Z";
              default -> "2027-04-10T00:00:00Z";
            });
    return month.plusSeconds(number);
  }

  /** Sends old events again, and new ones of the same months, until it is done. */
  private Callable<Integer> redelivery(
      PostgresWriter writer, List<Message> first, AtomicInteger numbers, int seed) {
    return () -> {
      Random random = new Random(seed);
      List<Message> sent = new ArrayList<>(first);
      int rounds = 0;
      while (!done.get()) {
        List<Message> batch = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
          int number = numbers.getAndIncrement();
          batch.add(Tables.message(number, time(number), "new"));
        }
        sent.addAll(batch);
        for (int i = 0; i < 80; i++) {
          batch.add(sent.get(random.nextInt(sent.size())));
        }
        Collections.shuffle(batch, random);
        boolean written = false;
        while (!written) {
          try {
            writer.write(batch);
            written = true;
          } catch (WriteException e) {
            assertEquals(WriteException.Kind.RETRY, e.kind(), e.getMessage());
          }
        }
        rounds++;
      }
      return rounds;
    };
  }

  /** Each statement sees each of the first events once. */
  private Callable<Integer> counting(Tables tables) {
    return () -> {
      int looks = 0;
      try (Connection connection = PostgresServer.connect(tables.url());
          PreparedStatement query =
              connection.prepareStatement(
                  "SELECT count(*), count(DISTINCT event_id) FROM analytics.llm_logs"
                      + " WHERE action = 'first'")) {
        while (!done.get()) {
          try (ResultSet row = query.executeQuery()) {
            row.next();
            assertEquals(FIRST + " " + FIRST, row.getLong(1) + " " + row.getLong(2));
          }
          looks++;
        }
      }
      return looks;
    };
  }

  /** Inserts and reads single rows, and fails if one waits for a lock for longer than 100 ms. */
  private Callable<Integer> inserting(Tables tables, AtomicInteger inserts, AtomicLong longest) {
    return () -> {
      try (Connection connection = PostgresServer.connect(tables.url());
          Statement statement = connection.createStatement()) {
        statement.execute("SET lock_timeout = '100ms'");
        while (!done.get()) {
          long start = System.nanoTime();
          statement.execute(
              "INSERT INTO analytics.llm_logs (created_at, action)"
                  + " VALUES ('2026-11-15T00:00:00Z', 'a')");
          long took = System.nanoTime() - start;
          statement.execute("SELECT action FROM analytics.llm_logs LIMIT 1");
          longest.accumulateAndGet(took, Math::max);
          inserts.incrementAndGet();
        }
      }
      return inserts.get();
    };
  }

  private static void awaitMore(AtomicInteger counter, int more) {
    int start = counter.get();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (counter.get() < start + more) {
      assertTrue(System.nanoTime() < end, "the writer stands still");
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
    }
  }
}
