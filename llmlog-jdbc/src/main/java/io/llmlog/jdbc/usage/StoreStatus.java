package io.llmlog.jdbc.usage;

import io.llmlog.jdbc.SchemaName;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The store at one moment.
 *
 * @param deadLetters how many messages wait for a person
 * @param newestRow the greatest {@code created_at} there is, or null where there are no rows
 */
public record StoreStatus(long deadLetters, @Nullable Instant newestRow) {
  /**
   * Reads it.
   *
   * @throws SQLException if the database is away, or has no such tables
   */
  public static StoreStatus read(DataSource database, SchemaName schema) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT (SELECT count(*) FROM %s), (SELECT max(created_at) FROM %s)"
                    .formatted(schema.table("llm_log_dead_letters"), schema.table("llm_logs")))) {
      row.next();
      OffsetDateTime newest = row.getObject(2, OffsetDateTime.class);
      return new StoreStatus(row.getLong(1), newest == null ? null : newest.toInstant());
    }
  }
}
