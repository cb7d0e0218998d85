package io.llmlog.benchmarks.worker;

import io.llmlog.benchmarks.Proposal;
import io.llmlog.event.Column;
import io.llmlog.event.LlmEvent;
import io.llmlog.spi.Message;
import io.llmlog.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * The worker as it was proposed: takes one message by {@code BRPOP}, inserts it, commits. In Java
 * and with a statement that the server has prepared, so faster than the proposal's own would be.
 */
final class ProposalLoop {
  private static final String INSERT =
      "INSERT INTO %s (%s) VALUES (%s)"
          .formatted(
              Proposal.TABLE,
              Load.COLUMNS.stream().map(Column::key).collect(Collectors.joining(", ")),
              Load.COLUMNS.stream()
                  .map(column -> column.type() == Column.Type.JSON ? "?::jsonb" : "?")
                  .collect(Collectors.joining(", ")));

  private ProposalLoop() {}

  /** Makes rows of so many messages. */
  static void run(RedisLine redis, String queue, String databaseUrl, int messages)
      throws Exception {
    int rows = 0;
    try (Connection connection = PostgresServer.connect(databaseUrl);
        PreparedStatement insert = connection.prepareStatement(INSERT)) {
      connection.setAutoCommit(false);
      while (rows < messages) {
        byte[] message = redis.pop(queue);
        if (message == null) {
          throw new IllegalStateException("the queue is empty after " + rows + " messages");
        }
        set(insert, Load.event(new Message(message, new UUID(0, 0), Instant.EPOCH)));
        rows += insert.executeUpdate();
        connection.commit();
      }
    }
  }

  private static void set(PreparedStatement insert, LlmEvent event) throws SQLException {
    int index = 0;
    for (Column column : Load.COLUMNS) {
      index++;
      switch (column.type()) {
        case TIME -> insert.setObject(index, event.createdAt().atOffset(ZoneOffset.UTC));
        case TEXT ->
            insert.setString(index, column == Column.ACTION ? event.action() : event.text(column));
        case INTEGER -> {
          if (event.has(column)) {
            insert.setInt(index, Math.toIntExact(event.integer(column)));
          } else {
            insert.setNull(index, Types.INTEGER);
          }
        }
        case DECIMAL -> insert.setBigDecimal(index, event.costUsd());
        case BOOLEAN -> insert.setBoolean(index, event.streaming());
        default -> insert.setNull(index, Types.VARCHAR);
      }
    }
  }
}
