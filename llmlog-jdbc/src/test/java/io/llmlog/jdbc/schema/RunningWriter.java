package io.llmlog.jdbc.schema;

import io.llmlog.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A service of the proposal: one row after the other, by its own columns. The first error ends it.
 */
final class RunningWriter implements Callable<Long> {
  private final String url;
  private volatile boolean stopped;
  private final AtomicLong rows = new AtomicLong();
  private volatile long longest;

  RunningWriter(String url) {
    this.url = url;
  }

  /** Inserts until it is stopped; how many rows. */
  @Override
  public Long call() throws SQLException {
    try (Connection connection = PostgresServer.connect(url);
        PreparedStatement insert =
            connection.prepareStatement(
                """
                INSERT INTO llm_logs (created_at, action, company_id, model, tokens_input, cost_usd)
                VALUES ('2026-11-23T11:00:00Z', 'running', 7, 'model-1', ?, 0.000123)
                """)) {
      while (!stopped) {
        insert.setInt(1, (int) rows.get());
        long start = System.nanoTime();
        insert.execute();
        longest = Math.max(longest, System.nanoTime() - start);
        rows.incrementAndGet();
      }
    }
    return rows.get();
  }

  void stop() {
    stopped = true;
  }

  long rows() {
    return rows.get();
  }

  long longestMillis() {
    return TimeUnit.NANOSECONDS.toMillis(longest);
  }

  void awaitRows(long wanted) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (rows.get() < wanted) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("the writer does not go on");
      }
      LockSupport.parkNanos(1_000_000);
    }
  }
}
