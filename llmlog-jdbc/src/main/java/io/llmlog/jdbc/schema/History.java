package io.llmlog.jdbc.schema;

import io.llmlog.jdbc.SchemaName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The record of the migrations that were applied, a row each, read and written in the caller's
 * transaction: a migration and its row are there together or not at all. The table has the form of
 * Flyway's, which the first builds used.
 */
final class History {
  /** A name of our own: the schema may hold another program's history. */
  static final String TABLE = "llmlog_schema_history";

  private final List<Entry> entries;

  private History(List<Entry> entries) {
    this.entries = entries;
  }

  /**
   * A migration that was applied.
   *
   * @param checksum null: not known
   */
  private record Entry(int version, String script, @Nullable Integer checksum, boolean success) {}

  /** Reads a history that exists. */
  static History read(Connection connection, SchemaName schema) throws SQLException {
    List<Entry> entries = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                """
                SELECT version::int, script, checksum, success FROM %s
                WHERE version ~ '^[0-9]+$' AND version::int > 0 ORDER BY 1, installed_rank
                """
                    .formatted(schema.table(TABLE)))) {
      while (rows.next()) {
        int checksum = rows.getInt(3);
        entries.add(
            new Entry(
                rows.getInt(1),
                rows.getString(2),
                rows.wasNull() ? null : checksum,
                rows.getBoolean(4)));
      }
    }
    return new History(entries);
  }

  /** That of a schema without tables. */
  static History none() {
    return new History(List.of());
  }

  /** The number of the newest that was applied; 0: there is none. */
  int version() {
    return entries.stream().filter(Entry::success).mapToInt(Entry::version).max().orElse(0);
  }

  /**
   * What is wrong with the record, for a person: no migration may follow upon that; null where it
   * is what applying the files one after another leaves.
   *
   * @param files those that this program knows; the record must not be longer
   */
  @Nullable String problem(List<String> files) {
    for (Entry entry : entries) {
      if (!entry.success()) {
        return "migration %d (%s) is recorded as failed: make sure that nothing of it is left, then delete that row of %s"
            .formatted(entry.version(), entry.script(), TABLE);
      }
    }
    for (int number = 1; number <= entries.size(); number++) {
      Entry entry = entries.get(number - 1);
      if (entry.version() != number) {
        return entry.version() < number
            ? "migration %d is recorded twice in %s".formatted(entry.version(), TABLE)
            : "migration %d is not recorded in %s, but %d is"
                .formatted(number, TABLE, entry.version());
      }
      String file = files.get(number - 1);
      int known = Migrations.checksum(file);
      if (entry.checksum() != null && entry.checksum() != known) {
        return "migration %d (%s) was applied with the checksum %d, but this program's %s has %d: use the llmlog that applied it, or a newer one"
            .formatted(number, entry.script(), entry.checksum(), file, known);
      }
    }
    return null;
  }

  /** Makes the table of a schema that has none. */
  static void create(Connection connection, SchemaName schema) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          """
          CREATE TABLE %s (
            installed_rank INTEGER CONSTRAINT llmlog_schema_history_pk PRIMARY KEY,
            version        VARCHAR(50),
            description    VARCHAR(200) NOT NULL,
            type           VARCHAR(20) NOT NULL,
            script         VARCHAR(1000) NOT NULL,
            checksum       INTEGER,
            installed_by   VARCHAR(100) NOT NULL,
            installed_on   TIMESTAMP NOT NULL DEFAULT now(),
            execution_time INTEGER NOT NULL,
            success        BOOLEAN NOT NULL
          )
          """
              .formatted(schema.table(TABLE)));
    }
  }

  /** Records a migration that was just applied. */
  static void add(Connection connection, SchemaName schema, int version, String file, long millis)
      throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            """
            INSERT INTO %1$s (installed_rank, version, description, type, script, checksum,
              installed_by, execution_time, success)
            SELECT coalesce(max(installed_rank), 0) + 1, ?, ?, 'SQL', ?, ?, current_user, ?, true
            FROM %1$s
            """
                .formatted(schema.table(TABLE)))) {
      insert.setString(1, Integer.toString(version));
      insert.setString(2, file.replaceFirst("^V\\d+__", "").replace(".sql", "").replace('_', ' '));
      insert.setString(3, file);
      insert.setInt(4, Migrations.checksum(file));
      insert.setInt(5, (int) Math.min(millis, Integer.MAX_VALUE));
      insert.execute();
    }
  }
}
