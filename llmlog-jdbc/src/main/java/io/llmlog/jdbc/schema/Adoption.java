package io.llmlog.jdbc.schema;

import io.llmlog.jdbc.SchemaName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves the rows of the proposal's table, which {@link Takeover} has set aside, into the new one,
 * the newest first. A batch is deleted there and inserted here by one statement, so each row is in
 * one place at any time; whatever ends this, the next one goes on where it stopped. The trigger of
 * the new table counts the rows in the rollup as it does all others.
 */
final class Adoption {
  private static final Logger LOG = LoggerFactory.getLogger(Adoption.class);

  /** A writer of calls in the same hours waits for a batch: some 0.1 s. */
  static final int BATCH = 5000;

  private static final long REPORT_NANOS = TimeUnit.SECONDS.toNanos(10);

  /**
   * The rules are the queue's (docs/MESSAGE.md), as far as a value is one that a message could not
   * bring. A JSON null, which some mappers write for no metadata, is none.
   */
  private static final String MOVE =
      """
      WITH moved AS (DELETE FROM %1$s WHERE id BETWEEN ? AND ? RETURNING *),
      seen AS (
        SELECT *,
          (created_at >= '0001-01-01 00:00:00+00' AND created_at < '10000-01-01 00:00:00+00')
            IS TRUE AS timed,
          coalesce(jsonb_typeof(metadata), 'null') AS kind,
          ARRAY['invalid', 'truncated', 'usage'] AS reserved
        FROM moved)
      INSERT INTO %2$s (%3$s)
      SELECT id, CASE WHEN timed THEN created_at ELSE ? END, action, message, user_id, company_id,
        interview_id, model, tokens_used, tokens_input, tokens_output, nullif(cost_usd, 'NaN'),
        latency_ms, streaming, error_type, error_message,
        CASE WHEN timed AND (kind = 'null' OR kind = 'object' AND metadata - reserved = metadata)
          THEN nullif(metadata, 'null')
          ELSE CASE kind WHEN 'object' THEN metadata - reserved ELSE '{}' END
            || jsonb_build_object('invalid',
              CASE WHEN timed THEN '{}' ELSE jsonb_build_object('created_at', created_at) END
              || CASE
                WHEN kind = 'null' OR kind = 'object' AND metadata - reserved = metadata THEN '{}'
                WHEN kind = 'object' THEN jsonb_build_object('metadata', (
                  SELECT jsonb_object_agg(key, value) FROM jsonb_each(metadata)
                  WHERE key = ANY (reserved)))
                ELSE jsonb_build_object('metadata', metadata) END)
        END,
        deployment_version, deployment_environment
      FROM seen ORDER BY timed, created_at
      """;

  private final String place;
  private final SchemaName schema;
  private final Transactions transactions;
  private final String aside;
  private final int batch;

  /**
   * @param place of the database, for people
   * @param batch the most rows that move in one transaction
   */
  Adoption(String place, SchemaName schema, Transactions transactions, int batch) {
    this.place = place;
    this.schema = schema;
    this.transactions = transactions;
    this.aside = schema.table(Takeover.ASIDE);
    this.batch = batch;
  }

  /** What one transaction did: the rows and the highest id that may be left. */
  private record Step(long rows, long highest, boolean done) {}

  /** Whether rows wait. */
  static boolean waits(Connection connection, SchemaName schema) throws SQLException {
    return ProposalTable.read(connection, schema, Takeover.ASIDE) != null;
  }

  /**
   * Moves all rows that wait, and drops the table that held them.
   *
   * @param now the time of rows that have none
   * @return how many this call moved; another process may have moved some too
   * @throws SchemaException if what waits is not the proposal's table
   */
  long move(Connection connection, Instant now)
      throws SQLException, SchemaException, InterruptedException {
    long moved = 0;
    long reported = System.nanoTime();
    Step step = new Step(0, Long.MAX_VALUE, false);
    while (!step.done()) {
      long highest = step.highest();
      step = transactions.run(connection, statement -> step(statement, highest, now));
      moved += step.rows();
      if (System.nanoTime() - reported > REPORT_NANOS) {
        reported = System.nanoTime();
        LOG.info("{} rows of the table before have moved so far", moved);
      }
    }
    return moved;
  }

  private Step step(Statement statement, long highest, Instant now)
      throws SQLException, SchemaException {
    ProposalTable found = ProposalTable.read(statement.getConnection(), schema, Takeover.ASIDE);
    if (found == null) {
      return new Step(0, highest, true);
    }
    if (!found.differences().isEmpty()) {
      throw new SchemaException(
          "%s: the rows of %s cannot be adopted: %s"
              .formatted(place, Takeover.ASIDE, String.join("; ", found.differences())),
          null);
    }
    // Below the last batch: what was deleted above is still in the index, and would be read again.
    try (ResultSet row =
        statement.executeQuery(
            "SELECT min(id) FROM (SELECT id FROM %s WHERE id <= %d ORDER BY id DESC LIMIT %d) batch"
                .formatted(aside, highest, batch))) {
      row.next();
      long lowest = row.getLong(1);
      if (!row.wasNull()) {
        long rows = move(statement.getConnection(), lowest, highest, now);
        return lowest == Long.MIN_VALUE
            ? new Step(rows, Long.MAX_VALUE, false)
            : new Step(rows, lowest - 1, false);
      }
    }
    statement.execute("LOCK TABLE " + aside + " IN ACCESS EXCLUSIVE MODE");
    try (ResultSet row = statement.executeQuery("SELECT EXISTS (SELECT FROM " + aside + ")")) {
      row.next();
      if (row.getBoolean(1)) {
        // Somebody has inserted into it by its new name.
        return new Step(0, Long.MAX_VALUE, false);
      }
    }
    statement.execute("DROP TABLE " + aside);
    return new Step(0, highest, true);
  }

  private long move(Connection connection, long lowest, long highest, Instant now)
      throws SQLException {
    String sql = MOVE.formatted(aside, schema.table("llm_logs"), ProposalTable.columns());
    try (PreparedStatement move = connection.prepareStatement(sql)) {
      move.setLong(1, lowest);
      move.setLong(2, highest);
      move.setObject(3, now.truncatedTo(ChronoUnit.MICROS).atOffset(ZoneOffset.UTC));
      return move.executeUpdate();
    }
  }
}
