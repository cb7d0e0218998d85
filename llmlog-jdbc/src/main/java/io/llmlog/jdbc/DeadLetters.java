package io.llmlog.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.List;

/** The table of what could not be stored. */
final class DeadLetters {
  private final String insert;

  DeadLetters(SchemaName schema) {
    insert =
        """
        INSERT INTO %s AS known
          (id, created_at, raw, reason, sqlstate, first_seen, last_seen, attempts)
        VALUES (?, ?, ?, ?, ?, now(), now(), 1)
        ON CONFLICT (id) DO UPDATE SET
          last_seen = excluded.last_seen, attempts = known.attempts + 1,
          reason = excluded.reason, sqlstate = excluded.sqlstate
        """
            .formatted(schema.table("llm_log_dead_letters"));
  }

  /** Adds them in the transaction of their batch, in the order of their ids, as locks demand. */
  void add(Connection connection, List<DeadLetter> dead) throws SQLException {
    if (dead.isEmpty()) {
      return;
    }
    try (PreparedStatement statement = connection.prepareStatement(insert)) {
      for (DeadLetter letter :
          dead.stream().sorted(Comparator.comparing(DeadLetter::id)).toList()) {
        statement.setObject(1, letter.id());
        statement.setObject(2, letter.createdAt().atOffset(ZoneOffset.UTC));
        statement.setBytes(3, letter.raw());
        statement.setString(4, letter.reason());
        statement.setString(5, letter.sqlState());
        statement.addBatch();
      }
      statement.executeBatch();
    }
  }
}
