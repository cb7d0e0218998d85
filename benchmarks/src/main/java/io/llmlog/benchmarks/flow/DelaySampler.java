package io.llmlog.benchmarks.flow;

import io.llmlog.jdbc.SchemaName;
import io.llmlog.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Measures the time from the beginning of {@code log()} to the moment when another connection sees
 * the row. It hears of samples, and asks for those that it has not seen every few milliseconds, so
 * a delay is too long by up to that and the time of the question, and never too short. Both clocks
 * are the machine's.
 *
 * <p>The time of a commit that PostgreSQL can tell ({@code pg_xact_commit_timestamp}) is none for
 * this: it is taken before the commit is forced to the disk, and rows are seen after that.
 */
final class DelaySampler implements Consumer<String>, AutoCloseable {
  /** How often it asks. */
  static final long LOOK_MILLIS = 3;

  /**
   * More would make the question itself expensive; the others are asked for when these are seen.
   */
  private static final int ASKED_AT_ONCE = 64;

  private final Connection connection;
  private final PreparedStatement question;
  private final Thread thread = new Thread(this::run, "benchmark-delays");
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Map<UUID, Instant> waiting = new LinkedHashMap<>();
  private final List<Long> micros = new ArrayList<>();
  private @Nullable Exception failure;

  DelaySampler(String url, SchemaName schema) throws SQLException {
    this.connection = PostgresServer.connect(url);
    try (Statement statement = connection.createStatement()) {
      // The planner knows nothing yet of a table that is filled meanwhile.
      statement.execute("SET enable_seqscan = off");
      statement.execute("SET enable_hashjoin = off");
      statement.execute("SET enable_mergejoin = off");
    }
    this.question =
        connection.prepareStatement(
            """
            SELECT asked.event_id
            FROM unnest(?::timestamptz[], ?::uuid[]) AS asked (created_at, event_id)
            WHERE EXISTS (SELECT FROM %s AS found
              WHERE found.created_at = asked.created_at AND found.event_id = asked.event_id)
            """
                .formatted(schema.table("llm_logs")));
    thread.setDaemon(true);
    thread.start();
  }

  /** Hears of a sample: {@code <microseconds since 1970> <event id>}. */
  @Override
  public synchronized void accept(String sample) {
    String[] words = sample.split(" ", -1);
    waiting.put(
        UUID.fromString(words[1]), Instant.EPOCH.plus(Long.parseLong(words[0]), ChronoUnit.MICROS));
  }

  private void run() {
    try {
      while (!closed.await(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
        Map<UUID, Instant> asked = waiting();
        if (!asked.isEmpty()) {
          seen(ask(asked), Instant.now());
        }
      }
    } catch (SQLException e) {
      failed(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void failed(Exception e) {
    failure = e;
  }

  private synchronized Map<UUID, Instant> waiting() {
    Map<UUID, Instant> oldest = new LinkedHashMap<>();
    for (Map.Entry<UUID, Instant> one : waiting.entrySet()) {
      if (oldest.size() == ASKED_AT_ONCE) {
        break;
      }
      oldest.put(one.getKey(), one.getValue());
    }
    return oldest;
  }

  private List<UUID> ask(Map<UUID, Instant> asked) throws SQLException {
    question.setArray(
        1,
        connection.createArrayOf(
            "timestamptz", asked.values().stream().map(Instant::toString).toArray()));
    question.setArray(2, connection.createArrayOf("uuid", asked.keySet().toArray()));
    List<UUID> found = new ArrayList<>();
    try (ResultSet rows = question.executeQuery()) {
      while (rows.next()) {
        found.add(rows.getObject(1, UUID.class));
      }
    }
    return found;
  }

  private synchronized void seen(List<UUID> found, Instant now) {
    for (UUID id : found) {
      Instant logged = waiting.remove(id);
      if (logged != null) {
        micros.add(ChronoUnit.MICROS.between(logged, now));
      }
    }
  }

  /** How many samples it has not seen yet. */
  synchronized int unseen() {
    if (failure != null) {
      throw new IllegalStateException("the rows could not be asked for", failure);
    }
    return waiting.size();
  }

  /** The delays of all samples seen so far, the shortest first, in microseconds. */
  synchronized List<Long> sorted() {
    List<Long> sorted = new ArrayList<>(micros);
    Collections.sort(sorted);
    return sorted;
  }

  /** The delay that a share of the samples did not exceed, in seconds. */
  static double seconds(List<Long> sorted, double share) {
    return sorted.get((int) Math.ceil(share * sorted.size()) - 1) / 1e6;
  }

  @Override
  public void close() throws SQLException {
    closed.countDown();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    connection.close();
  }
}
