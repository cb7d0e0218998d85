package io.llmlog.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How the tables that grow are cut by time: {@code LLMLOG_PARTITIONING}. */
public enum Partitioning {
  /** Partitions of PostgreSQL's own, which llmlog makes and drops. */
  NATIVE,
  /** Hypertables of the extension TimescaleDB, which makes their chunks by itself. */
  TIMESCALE;

  /**
   * By its name in the environment.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static Partitioning of(String name) {
    for (Partitioning one : values()) {
      if (one.toString().equals(name)) {
        return one;
      }
    }
    throw new IllegalArgumentException(
        "partitioning \"" + name + "\": must be native or timescale");
  }

  /**
   * What the tables of a schema have. Configuration does not count, the catalog does: a hypertable
   * is an ordinary table to PostgreSQL, and ours is partitioned otherwise.
   *
   * @return null where there is no {@code llm_logs}
   * @throws SQLException if the database is away
   */
  public static @Nullable Partitioning read(Connection connection, SchemaName schema)
      throws SQLException {
    try (PreparedStatement query =
        connection.prepareStatement(
            """
            SELECT relkind = 'p' FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = ? AND c.relname = 'llm_logs'
            """)) {
      query.setString(1, schema.name());
      try (ResultSet row = query.executeQuery()) {
        if (!row.next()) {
          return null;
        }
        return row.getBoolean(1) ? NATIVE : TIMESCALE;
      }
    }
  }

  /** Its name in the environment. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
