package io.llmlog.jdbc.schema;

import io.llmlog.jdbc.SchemaName;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Puts a hypertable of TimescaleDB in the place of each partitioned table, in the transaction of
 * the migration that makes it: the migrations are the same for both kinds, and nobody ever sees the
 * other.
 */
final class Hypertables {
  private final SchemaName schema;
  private final Timescale timescale;

  private Hypertables(SchemaName schema, Timescale timescale) {
    this.schema = schema;
    this.timescale = timescale;
  }

  /**
   * Changes nothing.
   *
   * @param place of the database, for people
   * @throws SchemaException if the database cannot have hypertables
   */
  static Hypertables check(Connection connection, String place, SchemaName schema)
      throws SQLException, SchemaException {
    Timescale timescale = Timescale.read(connection);
    timescale.check(place);
    return new Hypertables(schema, timescale);
  }

  /** Before the first migration: makes the extension where there is none. */
  void begin(Statement statement) throws SQLException {
    // It advises other types, once per column.
    statement.execute("SET LOCAL client_min_messages = error");
    if (timescale.namespace() == null) {
      statement.execute(Migrations.extension(schema));
    }
  }

  /** After each migration. */
  void replace(Statement statement, String file) throws SQLException {
    String sql = Migrations.hypertable(file, schema, namespace());
    if (sql != null) {
      statement.execute(sql);
    }
  }

  /** After all else: a table with compression cannot be changed in every way. */
  void finish(Statement statement) throws SQLException {
    statement.execute(Migrations.compression(schema, namespace()));
  }

  private String namespace() {
    String known = timescale.namespace();
    return known == null ? Timescale.USUAL_NAMESPACE : known;
  }
}
