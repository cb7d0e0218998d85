package io.llmlog.jdbc.maintain;

import io.llmlog.jdbc.SchemaName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;

/**
 * The monthly partitions of {@code llm_logs}, in UTC. Safe for use by several threads and processes
 * at once.
 */
public final class Partitions {
  /** How many months beyond the present one have their partition. */
  public static final int MONTHS_AHEAD = 3;

  private static final int ATTEMPTS = 5;
  private static final long PAUSE_MILLIS = 200;
  private static final DateTimeFormatter NAME = DateTimeFormatter.ofPattern("'llm_logs_'uuuu_MM");
  private static final DateTimeFormatter BOUND =
      DateTimeFormatter.ofPattern("uuuu-MM-01 00:00:00+00");

  private static final String LOCK_NOT_AVAILABLE = "55P03";
  private static final String DEADLOCK = "40P01";
  private static final String CHECK_VIOLATION = "23514";
  private static final String CONNECTION_ERRORS = "08";

  private final DataSource database;
  private final SchemaName schema;

  /**
   * @param database connects as a role that owns the tables
   */
  public Partitions(DataSource database, SchemaName schema) {
    this.database = database;
    this.schema = schema;
  }

  /**
   * What {@link #ensure} found and did.
   *
   * @param created the new partitions, by name
   * @param stuck those that are missing still
   * @param defaultInUse whether the DEFAULT partition holds rows, which is worth a warning: they
   *     stand in the way of the partition of their month
   */
  public record Result(List<String> created, List<Stuck> stuck, boolean defaultInUse) {
    public Result {
      created = List.copyOf(created);
      stuck = List.copyOf(stuck);
    }
  }

  /**
   * A partition that could not be made; its rows go to the DEFAULT partition meanwhile.
   *
   * @param reason for a person
   */
  public record Stuck(String partition, String reason) {}

  /**
   * Makes the partitions of the present month and of those ahead, where they are missing. A lock
   * that others hold for long, missing rights and rows in the DEFAULT partition are reported, not
   * thrown: the writer goes on meanwhile.
   *
   * @param monthsAhead beyond the present one; usually {@link #MONTHS_AHEAD}
   * @throws SQLException if the database is away or the tables are missing
   */
  public Result ensure(Instant now, int monthsAhead) throws SQLException, InterruptedException {
    List<String> created = new ArrayList<>();
    List<Stuck> stuck = new ArrayList<>();
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      Set<String> known = known(connection);
      YearMonth present = YearMonth.from(now.atOffset(ZoneOffset.UTC));
      for (int ahead = 0; ahead <= monthsAhead; ahead++) {
        YearMonth month = present.plusMonths(ahead);
        String name = NAME.format(month);
        if (known.contains(name)) {
          continue;
        }
        try {
          if (create(connection, name, month)) {
            created.add(name);
          }
        } catch (SQLException e) {
          if (String.valueOf(e.getSQLState()).startsWith(CONNECTION_ERRORS)) {
            throw e;
          }
          connection.rollback();
          stuck.add(new Stuck(name, reason(e)));
        }
      }
      return new Result(created, stuck, defaultInUse(connection));
    }
  }

  /**
   * Makes the partitions of those months in the transaction that has made the table: nobody else
   * can use it yet, so there is nothing to wait for, and no row in DEFAULT.
   *
   * @return the new ones, by name; none where the table has no partitions of ours
   */
  public List<String> createFor(Collection<YearMonth> months, Connection connection)
      throws SQLException {
    List<String> created = new ArrayList<>();
    if (known(connection).contains("llm_logs_default")) {
      for (YearMonth month : months) {
        String name = NAME.format(month);
        if (createOnce(connection, name, month)) {
          created.add(name);
        }
      }
    }
    return created;
  }

  private boolean create(Connection connection, String name, YearMonth month)
      throws SQLException, InterruptedException {
    for (int attempt = 1; ; attempt++) {
      try {
        boolean created = createOnce(connection, name, month);
        connection.commit();
        return created;
      } catch (SQLException e) {
        connection.rollback();
        String state = String.valueOf(e.getSQLState());
        boolean busy = state.equals(LOCK_NOT_AVAILABLE) || state.equals(DEADLOCK);
        if (!busy || attempt == ATTEMPTS) {
          throw e;
        }
        long pause = ThreadLocalRandom.current().nextLong(PAUSE_MILLIS / 2, PAUSE_MILLIS);
        TimeUnit.MILLISECONDS.sleep(pause * attempt);
      }
    }
  }

  /**
   * Makes a table and attaches it. {@code CREATE ... PARTITION OF} would lock the whole table
   * against inserts, and behind one long reader for as long as that reads; {@code ATTACH} locks
   * only the DEFAULT partition. The timeout ends even that wait, during which new readers queue.
   */
  private boolean createOnce(Connection connection, String name, YearMonth month)
      throws SQLException {
    String parent = schema.table("llm_logs");
    String child = schema.table(name);
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET LOCAL lock_timeout = '2s'");
      lock(connection);
      if (known(connection).contains(name)) {
        return false;
      }
      // Without the identity: the parent's numbers the rows of all.
      statement.execute(
          "CREATE TABLE IF NOT EXISTS %s (LIKE %s INCLUDING ALL EXCLUDING IDENTITY)"
              .formatted(child, parent));
      statement.execute(
          "ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM ('%s') TO ('%s')"
              .formatted(parent, child, BOUND.format(month), BOUND.format(month.plusMonths(1))));
    }
    return true;
  }

  private void lock(Connection connection) throws SQLException {
    try (PreparedStatement lock =
        connection.prepareStatement(
            "SELECT pg_advisory_xact_lock(hashtextextended('llmlog partitions ' || ?, 0))")) {
      lock.setString(1, schema.name());
      lock.execute();
    }
  }

  private Set<String> known(Connection connection) throws SQLException {
    try (PreparedStatement query =
        connection.prepareStatement(
            """
            SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = CAST(? AS regclass)
            """)) {
      query.setString(1, schema.table("llm_logs"));
      Set<String> names = new HashSet<>();
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          names.add(rows.getString(1));
        }
      }
      return names;
    }
  }

  private boolean defaultInUse(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT EXISTS (SELECT FROM " + schema.table("llm_logs_default") + ")")) {
      row.next();
      return row.getBoolean(1);
    }
  }

  private static String reason(SQLException e) {
    return switch (String.valueOf(e.getSQLState())) {
      case CHECK_VIOLATION -> "the DEFAULT partition holds rows of this month";
      case LOCK_NOT_AVAILABLE -> "others hold a lock on the table for too long";
      default -> String.valueOf(e.getMessage());
    };
  }
}
