package io.llmlog.jdbc.schema;

import io.llmlog.jdbc.Partitioning;
import io.llmlog.jdbc.PostgresDataSource;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.SqlErrors;
import io.llmlog.jdbc.maintain.Partitions;
import io.llmlog.jdbc.schema.Upgrade.Migrated;
import io.llmlog.jdbc.schema.Upgrade.MigrationFailed;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The tables in one schema of one database. Safe to apply from several processes at once: one does
 * the work, the others wait and find it done.
 */
public final class Schema {
  /** Building an index over many rows takes its time. */
  private static final Duration PATIENCE = Duration.ofHours(6);

  /** A look at the version is a few rows; whoever waits for it wants to hear of a dead network. */
  private static final Duration LOOK = Duration.ofSeconds(10);

  private static final String NO_DATABASE = "3D000";
  private static final String NO_RIGHT = "42501";
  private static final String NO_LOCK = "55P03";

  /** How often it is tried to get a lock that others hold: for half a minute. */
  private static final int ATTEMPTS = 12;

  private final PostgresUrl url;
  private final SchemaName schema;
  private final Partitioning partitioning;
  private final List<String> files;
  private final PostgresDataSource database;
  private final PostgresDataSource forLooking;
  private final Transactions transactions;
  private final Partitions partitions;
  private final Upgrade upgrade;

  /** With native partitions; whoever only asks may take this one too. */
  public Schema(PostgresUrl url, SchemaName schema) {
    this(url, schema, Partitioning.NATIVE);
  }

  /**
   * @param partitioning of the tables that {@link #apply} makes
   */
  public Schema(PostgresUrl url, SchemaName schema, Partitioning partitioning) {
    this(url, schema, partitioning, Migrations.FILES, ATTEMPTS);
  }

  /**
   * @param files the migrations of this version
   */
  Schema(PostgresUrl url, SchemaName schema, List<String> files, int attempts) {
    this(url, schema, Partitioning.NATIVE, files, attempts);
  }

  private Schema(
      PostgresUrl url,
      SchemaName schema,
      Partitioning partitioning,
      List<String> files,
      int attempts) {
    this.url = url;
    this.schema = schema;
    this.partitioning = partitioning;
    this.files = files;
    this.database = new PostgresDataSource(url, PATIENCE);
    this.forLooking = new PostgresDataSource(url, LOOK);
    this.transactions = new Transactions(schema, attempts);
    this.partitions = new Partitions(database, schema);
    this.upgrade = new Upgrade(url.place(), schema, partitioning, files, partitions);
  }

  /**
   * What {@link #apply} did.
   *
   * @param from the version before; 0: there were no tables
   * @param to the version now
   * @param partitions what became of the partitions of the coming time, and of adopted rows
   * @param adopted null: there was nothing to adopt
   */
  public record Applied(
      boolean databaseCreated,
      int from,
      int to,
      Partitions.Result partitions,
      @Nullable Adopted adopted) {}

  /**
   * What became of the rows of the proposal's table.
   *
   * @param rows how many this call moved
   * @param blocked how long writers waited while the new table took the place of the old; zero
   *     where an earlier call did that
   * @param moving how long the rows took, beside writers
   */
  public record Adopted(long rows, Duration blocked, Duration moving) {}

  /**
   * The version of the tables.
   *
   * @param inDatabase 0: there are no tables
   * @param inProgram the one that this program writes
   * @param pending the migrations that {@code apply} would run
   * @param adopting whether rows of the proposal's table wait: {@code apply} did not end
   */
  public record Status(int inDatabase, int inProgram, List<String> pending, boolean adopting) {
    public Status {
      pending = List.copyOf(pending);
    }
  }

  /**
   * Brings the tables to this program's version, in one transaction, and makes the partitions of
   * the coming time, where they are native. A table of the proposal is replaced in the same
   * transaction, and its rows move afterwards, in batches; a call that follows one that did not end
   * goes on with them.
   *
   * @param createDatabase whether to make the database, where the server has none of its name
   * @param now decides on the partitions
   * @throws SchemaException if the database is away, unfit, newer than this program or refuses; the
   *     migrations are done wholly or not at all
   */
  public Applied apply(boolean createDatabase, Instant now)
      throws SchemaException, InterruptedException {
    boolean created = createDatabase && createDatabase();
    try (Connection connection = database.getConnection()) {
      Requirements.read(connection, schema).check(url.place(), schema);
      Migrated migrated = transactions.run(connection, statement -> upgrade.run(statement, now));
      long freed = System.nanoTime();
      Partitions.Result made = partitions.ensure(now);
      List<String> names = new ArrayList<>(migrated.partitions());
      names.addAll(made.created());
      return new Applied(
          created,
          migrated.from(),
          files.size(),
          new Partitions.Result(names, made.stuck(), made.defaultInUse()),
          adopt(connection, migrated, freed, now));
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  private @Nullable Adopted adopt(Connection connection, Migrated migrated, long freed, Instant now)
      throws SQLException, SchemaException, InterruptedException {
    if (!Adoption.waits(connection, schema)) {
      return null;
    }
    try {
      return new Adopted(
          new Adoption(url.place(), schema, transactions, Adoption.BATCH).move(connection, now),
          Duration.ofNanos(migrated.since() == 0 ? 0 : freed - migrated.since()),
          Duration.ofNanos(System.nanoTime() - freed));
    } catch (SQLException e) {
      throw new SchemaException(
          failed(e).getMessage()
              + "; rows of the table before wait: schema apply goes on with them",
          e);
    }
  }

  /**
   * Reads the version. Waits ten seconds for each answer, unless the URL says {@code
   * socketTimeout}.
   *
   * @throws SchemaException if the database is away or refuses
   */
  public Status status() throws SchemaException {
    return status(forLooking);
  }

  /**
   * As {@link #status()}, by whoever has little time.
   *
   * @param patience how long connecting and each answer may take; to the second
   */
  public Status status(Duration patience) throws SchemaException {
    return status(new PostgresDataSource(url, patience, patience));
  }

  private Status status(PostgresDataSource asked) throws SchemaException {
    try (Connection connection = asked.getConnection()) {
      boolean ours = Requirements.read(connection, schema).ours();
      int version = ours ? History.read(connection, schema).version() : 0;
      List<String> pending = files.subList(Math.min(version, files.size()), files.size());
      return new Status(
          version, files.size(), pending, version > 0 && Adoption.waits(connection, schema));
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  /**
   * How the tables are cut by time; null where there are none.
   *
   * @throws SchemaException if the database is away or refuses
   */
  public @Nullable Partitioning partitioning() throws SchemaException {
    try (Connection connection = forLooking.getConnection()) {
      return Requirements.read(connection, schema).ours()
          ? Partitioning.read(connection, schema)
          : null;
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

  /** The version of the tables that this program writes. */
  public static int programVersion() {
    return Migrations.newest();
  }

  /** All SQL that {@link #apply} runs on an empty database, but for partitions and history. */
  public String sql() {
    return Migrations.all(files, schema, partitioning);
  }

  /**
   * The SQL that makes roles with the least rights for writing, reading and maintenance; for an
   * administrator, after {@link #apply}. Running it again changes nothing.
   */
  public String roles() {
    return Migrations.resource("/io/llmlog/jdbc/schema/roles.sql", schema);
  }

  private boolean createDatabase() throws SchemaException {
    try {
      forLooking.getConnection().close();
      return false;
    } catch (SQLException e) {
      if (!NO_DATABASE.equals(e.getSQLState())) {
        throw failed(e);
      }
    }
    String name = '"' + url.database().replace("\"", "\"\"") + '"';
    PostgresUrl server = url.withDatabase("postgres");
    try (Connection connection = new PostgresDataSource(server, PATIENCE).getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE " + name + " TEMPLATE template0 ENCODING 'UTF8'");
      return true;
    } catch (SQLException e) {
      String state = String.valueOf(e.getSQLState());
      // Another process was faster; both states have been seen.
      if (state.equals("42P04") || state.equals("23505")) {
        return false;
      }
      String remedy =
          switch (state) {
            case NO_DATABASE -> ": new ones are made through it. Make " + name + " by hand";
            case NO_RIGHT -> ": ALTER ROLE ... CREATEDB, or make " + name + " by hand";
            default -> "";
          };
      throw new SchemaException(
          "%s cannot be created through %s: %s%s"
              .formatted(url.place(), server.place(), SqlErrors.text(e), remedy),
          e);
    }
  }

  private SchemaException failed(SQLException e) {
    String state = String.valueOf(e.getSQLState());
    String remedy =
        switch (state) {
          case NO_DATABASE -> "; --create-database makes it";
          case NO_RIGHT -> "; the role needs more rights: docs/DATABASE.md";
          case NO_LOCK -> "; others hold a lock on the tables for too long: try again";
          default -> "";
        };
    String migration =
        e instanceof MigrationFailed failed
            ? "migration " + failed.file() + " failed, nothing was changed: "
            : "";
    return new SchemaException(url.place() + ": " + migration + SqlErrors.text(e) + remedy, e);
  }
}
