package io.llmlog.jdbc.schema;

import io.llmlog.jdbc.PostgresDataSource;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.SqlErrors;
import io.llmlog.jdbc.maintain.Partitions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The tables in one schema of one database. Safe to apply from several processes at once: one does
 * the work, the others wait and find it done.
 */
public final class Schema {
  /** Flyway's table, under a name of our own: the schema may hold another program's history. */
  static final String HISTORY = "llmlog_schema_history";

  /** Building an index over many rows takes its time. */
  private static final Duration PATIENCE = Duration.ofHours(6);

  /** A look at the version is a few rows; whoever waits for it wants to hear of a dead network. */
  private static final Duration LOOK = Duration.ofSeconds(10);

  private static final String NO_DATABASE = "3D000";
  private static final String NO_RIGHT = "42501";

  private final PostgresUrl url;
  private final SchemaName schema;
  private final PostgresDataSource database;
  private final PostgresDataSource forLooking;

  public Schema(PostgresUrl url, SchemaName schema) {
    this.url = url;
    this.schema = schema;
    this.database = new PostgresDataSource(url, PATIENCE);
    this.forLooking = new PostgresDataSource(url, LOOK);
  }

  /**
   * What {@link #apply} did.
   *
   * @param from the version before; 0: there were no tables
   * @param to the version now
   * @param partitions what became of the partitions of the coming months
   */
  public record Applied(boolean databaseCreated, int from, int to, Partitions.Result partitions) {}

  /**
   * The version of the tables.
   *
   * @param inDatabase 0: there are no tables
   * @param inProgram the one that this program writes
   * @param pending the migrations that {@code apply} would run
   */
  public record Status(int inDatabase, int inProgram, List<String> pending) {
    public Status {
      pending = List.copyOf(pending);
    }
  }

  /**
   * Brings the tables to this program's version, and makes the partitions of the coming months.
   * Needs Flyway.
   *
   * @param createDatabase whether to make the database, where the server has none of its name
   * @param now decides on the partitions
   * @throws SchemaException if the database is away, unfit, newer than this program or refuses; a
   *     migration is done wholly or not at all
   */
  public Applied apply(boolean createDatabase, Instant now)
      throws SchemaException, InterruptedException {
    try {
      boolean created = createDatabase && createDatabase();
      int from;
      try (Connection guard = database.getConnection()) {
        guard.setAutoCommit(false);
        lock(guard);
        Requirements found = Requirements.read(guard, schema);
        found.check(url.place(), schema);
        from = found.ours() ? version(guard) : 0;
        if (from > Migrations.newest()) {
          throw new SchemaException(
              "%s: schema %s is of version %d, newer than this program's %d: use a newer llmlog"
                  .formatted(url.place(), schema.name(), from, Migrations.newest()),
              null);
        }
        if (!found.schemaExists()) {
          createSchema();
        }
        try {
          Migrations.run(database, schema);
        } catch (RuntimeException e) {
          // Flyway's; not named here, or this class could not be loaded without Flyway.
          throw failed(e);
        }
        guard.commit();
      }
      Partitions.Result partitions =
          new Partitions(database, schema).ensure(now, Partitions.MONTHS_AHEAD);
      return new Applied(created, from, Migrations.newest(), partitions);
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  /**
   * Reads the version. Needs no Flyway. Waits ten seconds for each answer, unless the URL says
   * {@code socketTimeout}.
   *
   * @throws SchemaException if the database is away or refuses
   */
  public Status status() throws SchemaException {
    try (Connection connection = forLooking.getConnection()) {
      int version = Requirements.read(connection, schema).ours() ? version(connection) : 0;
      int known = Math.min(version, Migrations.newest());
      return new Status(
          version, Migrations.newest(), Migrations.FILES.subList(known, Migrations.newest()));
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  /**
   * What keeps this program from writing into tables of this version, for a person, with the place
   * and the command that helps; null where nothing does.
   */
  public @Nullable String problem(Status status) {
    String place = url.place() + ", schema " + schema.name();
    int found = status.inDatabase();
    int known = status.inProgram();
    if (found == 0) {
      return place + " has no tables: run llmlog schema apply";
    }
    if (found < known) {
      return "%s is of version %d, this program needs %d: run llmlog schema apply"
          .formatted(place, found, known);
    }
    if (found > known) {
      return "%s is of version %d, newer than this program's %d: use a newer llmlog"
          .formatted(place, found, known);
    }
    return null;
  }

  /** All SQL that {@link #apply} runs on an empty database, but for partitions and history. */
  public String sql() {
    StringBuilder sql = new StringBuilder();
    sql.append("CREATE SCHEMA IF NOT EXISTS ").append(schema.quoted()).append(";\n");
    for (String file : Migrations.FILES) {
      sql.append("\n-- ").append(file).append('\n').append(Migrations.sql(file, schema));
    }
    return sql.toString();
  }

  /**
   * The SQL that makes roles with the least rights for writing, reading and maintenance; for an
   * administrator, after {@link #apply}. Running it again changes nothing.
   */
  public String roles() {
    return Migrations.resource("/io/llmlog/jdbc/schema/roles.sql", schema);
  }

  private boolean createDatabase() throws SQLException {
    try {
      forLooking.getConnection().close();
      return false;
    } catch (SQLException e) {
      if (!NO_DATABASE.equals(e.getSQLState())) {
        throw e;
      }
    }
    PostgresDataSource maintenance = new PostgresDataSource(url.withDatabase("postgres"), PATIENCE);
    try (Connection connection = maintenance.getConnection();
        Statement statement = connection.createStatement()) {
      String name = '"' + url.database().replace("\"", "\"\"") + '"';
      statement.execute("CREATE DATABASE " + name + " TEMPLATE template0 ENCODING 'UTF8'");
      return true;
    } catch (SQLException e) {
      // Another process was faster; both states have been seen.
      if ("42P04".equals(e.getSQLState()) || "23505".equals(e.getSQLState())) {
        return false;
      }
      throw e;
    }
  }

  private void createSchema() throws SQLException {
    // Flyway works in a connection of its own and must see it.
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE SCHEMA IF NOT EXISTS " + schema.quoted());
    }
  }

  private void lock(Connection guard) throws SQLException {
    try (PreparedStatement lock =
        guard.prepareStatement(
            "SELECT pg_advisory_xact_lock(hashtextextended('llmlog schema ' || ?, 0))")) {
      lock.setString(1, schema.name());
      lock.execute();
    }
  }

  private int version(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT coalesce(max(version::int), 0) FROM %s WHERE success AND version ~ '^[0-9]+$'"
                    .formatted(schema.table(HISTORY)))) {
      row.next();
      return row.getInt(1);
    }
  }

  private SchemaException failed(Exception e) {
    Throwable cause = e;
    while (cause != null && !(cause instanceof SQLException)) {
      cause = cause.getCause();
    }
    if (cause instanceof SQLException sql) {
      String state = String.valueOf(sql.getSQLState());
      String remedy =
          switch (state) {
            case NO_DATABASE -> "; --create-database makes it";
            case NO_RIGHT -> "; the role needs more rights: docs/DATABASE.md";
            default -> "";
          };
      return new SchemaException(url.place() + ": " + SqlErrors.text(sql) + remedy, e);
    }
    return new SchemaException(url.place() + ": " + e.getMessage(), e);
  }
}
