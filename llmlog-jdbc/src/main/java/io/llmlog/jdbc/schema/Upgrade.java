package io.llmlog.jdbc.schema;

import io.llmlog.jdbc.Partitioning;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.maintain.Partitions;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The transaction in which tables come to this program's version: those that are missing are made,
 * those of the proposal taken over, and whatever would not fit is refused before anything changes.
 */
final class Upgrade {
  private final String place;
  private final SchemaName schema;
  private final Partitioning partitioning;
  private final List<String> files;
  private final Partitions partitions;

  /**
   * @param place host, port and database, for messages
   * @param partitioning of the tables that it makes
   * @param files the migrations of this version
   */
  Upgrade(
      String place,
      SchemaName schema,
      Partitioning partitioning,
      List<String> files,
      Partitions partitions) {
    this.place = place;
    this.schema = schema;
    this.partitioning = partitioning;
    this.files = files;
    this.partitions = partitions;
  }

  /**
   * What the transaction of the migrations did.
   *
   * @param since when writers began to wait for it; 0 where it took nothing over
   */
  record Migrated(int from, List<String> partitions, long since) {}

  /**
   * Runs what is missing, in the transaction of the statement.
   *
   * @throws SchemaException if the tables cannot become this program's
   */
  Migrated run(Statement statement, Instant now) throws SQLException, SchemaException {
    Connection connection = statement.getConnection();
    Requirements found = Requirements.read(connection, schema);
    History history = found.ours() ? History.read(connection, schema) : History.none();
    int from = history.version();
    if (from > files.size()) {
      throw refused(
          "schema %s is of version %d, newer than this program's %d: use a newer llmlog"
              .formatted(schema.name(), from, files.size()));
    }
    String problem = history.problem(files);
    if (problem != null) {
      throw refused(problem + "; nothing was changed");
    }
    Hypertables hypertables = hypertables(connection, from);
    Takeover takeover = found.table() && from == 0 ? takeover(connection) : null;
    if (!found.schemaExists()) {
      statement.execute("CREATE SCHEMA " + schema.quoted());
    }
    if (takeover != null) {
      takeover.begin(statement);
    }
    if (!found.ours()) {
      History.create(connection, schema);
    }
    if (hypertables != null) {
      hypertables.begin(statement);
    }
    for (int version = from + 1; version <= files.size(); version++) {
      migrate(statement, version, hypertables);
    }
    List<String> made = takeover == null ? List.of() : takeover.finish(statement, partitions, now);
    if (hypertables != null) {
      hypertables.finish(statement);
    }
    return new Migrated(from, made, takeover == null ? 0 : takeover.since());
  }

  private void migrate(Statement statement, int version, @Nullable Hypertables hypertables)
      throws SQLException {
    String file = files.get(version - 1);
    long start = System.nanoTime();
    try {
      statement.execute(Migrations.sql(file, schema));
      if (hypertables != null) {
        hypertables.replace(statement, file);
      }
    } catch (SQLException e) {
      throw new MigrationFailed(file, e);
    }
    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    History.add(statement.getConnection(), schema, version, file, millis);
  }

  /** Whose file failed; the state is the server's. */
  static final class MigrationFailed extends SQLException {
    private static final long serialVersionUID = 1L;

    private final String file;

    private MigrationFailed(String file, SQLException cause) {
      super(file, cause.getSQLState(), cause);
      this.file = file;
    }

    String file() {
      return file;
    }
  }

  /**
   * Null where none are wanted. Tables that are there must be of the kind that is wanted: one is
   * never turned into the other.
   */
  private @Nullable Hypertables hypertables(Connection connection, int from)
      throws SQLException, SchemaException {
    Partitioning found = from == 0 ? null : Partitioning.read(connection, schema);
    if (found != null && found != partitioning) {
      throw refused(
          ("LLMLOG_PARTITIONING=%s, but the tables in schema %s are %s; nothing was changed: set"
                  + " LLMLOG_PARTITIONING=%s, or make new tables in another schema (LLMLOG_SCHEMA)")
              .formatted(
                  partitioning,
                  schema.name(),
                  found == Partitioning.NATIVE
                      ? "partitioned natively"
                      : "hypertables of TimescaleDB",
                  found));
    }
    return partitioning == Partitioning.TIMESCALE
        ? Hypertables.check(connection, place, schema)
        : null;
  }

  private Takeover takeover(Connection connection) throws SQLException, SchemaException {
    ProposalTable table = ProposalTable.read(connection, schema, "llm_logs");
    if (table == null || !table.differences().isEmpty()) {
      throw refused(
          ("schema %s holds a table llm_logs that llmlog did not make; nothing was changed:"
                  + " rename it, or choose another schema. It is not the proposal's, which would"
                  + " be adopted: %s")
              .formatted(
                  schema.name(), table == null ? "" : String.join("; ", table.differences())));
    }
    if (!table.dependents().isEmpty()) {
      throw refused(
          ("schema %s holds the proposal's table llm_logs, but it cannot be adopted while these"
                  + " hang on it: %s; nothing was changed: drop them, and make them again after")
              .formatted(schema.name(), String.join("; ", table.dependents())));
    }
    return new Takeover(place, schema, table);
  }

  private SchemaException refused(String message) {
    return new SchemaException(place + ": " + message, null);
  }
}
