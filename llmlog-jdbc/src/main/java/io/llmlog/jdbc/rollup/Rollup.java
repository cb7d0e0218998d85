package io.llmlog.jdbc.rollup;

import io.llmlog.jdbc.PostgresDataSource;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.rollup.Difference.Figure;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAmount;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Compares {@code llm_log_hourly} with the rows of {@code llm_logs}, and mends it.
 *
 * <p>Both go through time in steps, each with a snapshot of its own that sees rows and rollup at
 * one moment; so neither holds a snapshot for long, nor much in memory. They run beside writers.
 * Each call has a connection of its own. Safe for use by several threads and processes at once.
 */
public final class Rollup {
  /** The longest that one step may take, unless the data source's own patience ends before. */
  public static final Duration STEP_TIMEOUT = Duration.ofMinutes(10);

  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration STEP = Duration.ofDays(1);
  private static final int FETCH = 1000;

  /** How often an hour is tried that others hold up, each time for up to five seconds. */
  static final int ATTEMPTS = 6;

  private static final long PAUSE_MILLIS = 200;

  /** A serialization failure, a deadlock, a lock that was not to be had: others were faster. */
  private static final Set<String> BUSY = Set.of("40001", "40P01", "55P03");

  private static final String LIMITS =
      """
      SET LOCAL timezone = 'UTC';
      SET LOCAL lock_timeout = '5s';
      SET LOCAL statement_timeout = %d
      """
          .formatted(STEP_TIMEOUT.toMillis());

  private final PostgresDataSource database;
  private final RollupSql sql;
  private final TemporalAmount retention;
  private final Clock clock;
  private final int attempts;

  /**
   * @param database connects as a role that reads both tables, and for a rebuild changes the rollup
   * @param retention how long rows and rollups both live
   */
  public Rollup(
      PostgresDataSource database, SchemaName schema, TemporalAmount retention, Clock clock) {
    this(database, schema, retention, clock, ATTEMPTS);
  }

  Rollup(
      PostgresDataSource database,
      SchemaName schema,
      TemporalAmount retention,
      Clock clock,
      int attempts) {
    this.database = database;
    this.sql = new RollupSql(schema);
    this.retention = retention;
    this.clock = clock;
    this.attempts = attempts;
  }

  /**
   * How rollup and rows compare.
   *
   * @param keys how many rows of the rollup differ, those that are missing or too much included
   * @param hours those that they are of, in order
   * @param first the first of them
   */
  public record Checked(long keys, List<Instant> hours, List<Difference> first) {
    public Checked {
      hours = List.copyOf(hours);
      first = List.copyOf(first);
    }
  }

  /**
   * What was mended.
   *
   * @param hours how many hours
   * @param keys how many rows of the rollup were changed, added or deleted
   */
  public record Rebuilt(int hours, long keys) {}

  /**
   * The first hour that can be checked and rebuilt: before it retention may have taken the rows, or
   * takes them soon.
   */
  public Instant oldest() {
    Instant end = clock.instant().atZone(ZoneOffset.UTC).minus(retention).plusDays(1).toInstant();
    Instant hour = end.truncatedTo(ChronoUnit.HOURS);
    return hour.equals(end) ? hour : hour.plus(HOUR);
  }

  /**
   * Compares.
   *
   * @param from in the first hour
   * @param to the end; an hour that it is in counts wholly. Null: all that there is
   * @param limit how many differences to list at most
   * @throws RollupException if the range begins before {@link #oldest()}
   * @throws SQLException if the database is away or refuses
   */
  public Checked check(Instant from, @Nullable Instant to, int limit)
      throws SQLException, RollupException {
    long keys = 0;
    List<Instant> hours = new ArrayList<>();
    List<Difference> first = new ArrayList<>();
    try (Connection connection = open()) {
      for (Range range : steps(from, to)) {
        Checked step = compare(connection, range, limit - first.size());
        keys += step.keys();
        hours.addAll(step.hours());
        first.addAll(step.first());
      }
    }
    return new Checked(keys, hours, first);
  }

  /**
   * Makes the rollup say what the rows say, hour by hour, each in a transaction that is exact
   * whatever writers commit meanwhile and makes them wait for no longer than it takes to write the
   * mended rows. It waits, half a minute at most, for open transactions that have folded, as one
   * statement of a hundred does, have changed the rollup by hand, or have brought rows of a day
   * that is added up. May be stopped and repeated.
   *
   * @param from in the first hour
   * @param to the end; an hour that it is in counts wholly. Null: all that there is
   * @throws RollupException if the range begins before {@link #oldest()}, an hour's rows may have
   *     been dropped with their partition, or others held locks for too long; hours before that one
   *     are mended
   * @throws SQLException if the database is away or refuses; what was mended before stays so
   */
  public Rebuilt rebuild(Instant from, @Nullable Instant to)
      throws SQLException, RollupException, InterruptedException {
    int hours = 0;
    long keys = 0;
    try (Connection connection = open()) {
      for (Range range : steps(from, to)) {
        for (Instant hour : compare(connection, range, 0).hours()) {
          long mended = mend(connection, hour);
          keys += mended;
          hours += mended > 0 ? 1 : 0;
        }
      }
    }
    return new Rebuilt(hours, keys);
  }

  /** From one moment to before another; null: without an end. */
  private record Range(Instant from, @Nullable Instant to) {}

  private List<Range> steps(Instant from, @Nullable Instant to) throws RollupException {
    Instant first = from.truncatedTo(ChronoUnit.HOURS);
    Instant end = to == null || isWholeHour(to) ? to : to.truncatedTo(ChronoUnit.HOURS).plus(HOUR);
    Instant oldest = oldest();
    if (first.isBefore(oldest)) {
      throw new RollupException(
          "%s is before %s, where retention ends: rows of such hours may be gone, and the rollup is all that is left of them"
              .formatted(first, oldest));
    }
    List<Range> steps = new ArrayList<>();
    // Beyond are only the rows of wrong clocks.
    Instant present = clock.instant().plus(STEP);
    Instant next = first;
    while (next.isBefore(present) && (end == null || next.isBefore(end))) {
      Instant stop = next.plus(STEP);
      steps.add(new Range(next, end != null && end.isBefore(stop) ? end : stop));
      next = stop;
    }
    if (end == null || next.isBefore(end)) {
      steps.add(new Range(next, end));
    }
    return steps;
  }

  private static boolean isWholeHour(Instant time) {
    return time.equals(time.truncatedTo(ChronoUnit.HOURS));
  }

  private Connection open() throws SQLException {
    Connection connection = database.getConnection();
    try {
      connection.setAutoCommit(false);
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  private static void begin(Connection connection, String isolation) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      // First: nothing may have taken a snapshot yet.
      statement.execute("SET TRANSACTION ISOLATION LEVEL " + isolation + ";" + LIMITS);
    }
  }

  private Checked compare(Connection connection, Range range, int limit) throws SQLException {
    begin(connection, "REPEATABLE READ READ ONLY");
    long keys = 0;
    List<Instant> hours = new ArrayList<>();
    List<Difference> first = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement(sql.differences)) {
      statement.setFetchSize(FETCH);
      setRange(statement, range);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          keys++;
          Instant hour = row.getObject(1, OffsetDateTime.class).toInstant();
          if (hours.isEmpty() || !hours.get(hours.size() - 1).equals(hour)) {
            hours.add(hour);
          }
          if (first.size() < limit) {
            first.add(difference(row, hour));
          }
        }
      }
    }
    connection.commit();
    return new Checked(keys, hours, first);
  }

  private static Difference difference(ResultSet row, Instant hour) throws SQLException {
    List<Figure> figures = new ArrayList<>();
    int column = 7;
    for (String name : RollupSql.FIGURES) {
      String known = row.getString(column++);
      String counted = row.getString(column++);
      if (!Objects.equals(known, counted)) {
        figures.add(new Figure(name, known, counted));
      }
    }
    return new Difference(
        hour,
        row.getLong(2),
        row.getString(3),
        row.getString(4),
        row.getString(5),
        row.getString(6),
        figures);
  }

  private long mend(Connection connection, Instant hour)
      throws SQLException, RollupException, InterruptedException {
    for (int attempt = 1; ; attempt++) {
      try {
        return mendOnce(connection, hour);
      } catch (SQLException e) {
        if (!BUSY.contains(String.valueOf(e.getSQLState()))) {
          throw e;
        }
        connection.rollback();
        if (attempt == attempts) {
          throw new RollupException(
              "%s could not be mended, others were before it %d times (%s): another rebuild is at work, or a transaction that has stored calls or changed the rollup does not end; pg_blocking_pids() names the session that is waited for"
                  .formatted(hour, attempts, e.getMessage()),
              e);
        }
        long pause = ThreadLocalRandom.current().nextLong(PAUSE_MILLIS / 2, PAUSE_MILLIS);
        TimeUnit.MILLISECONDS.sleep(pause * attempt);
      }
    }
  }

  /**
   * Adds to the rollup what it lacks, never sets it to what the rows say: a writer changes both by
   * the same, so the difference that one snapshot shows stays true whatever is committed since.
   * Only another rebuild would change it, and waits. A statement of its own takes that lock, or the
   * next one's snapshot might be older than what the other rebuild has done. What lies beside the
   * sums is folded into them first, or a sum might look as if it had no calls.
   */
  private long mendOnce(Connection connection, Instant hour) throws SQLException, RollupException {
    begin(connection, "READ COMMITTED");
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql.lock);
      statement.execute(sql.fold);
    }
    long keys;
    long losing;
    try (PreparedStatement statement = connection.prepareStatement(sql.mend)) {
      setRange(statement, new Range(hour, hour.plus(HOUR)));
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        keys = row.getLong(1);
        losing = row.getLong(2);
      }
    }
    // Asked last: from here to the end no partition can go, the statement before has locked it.
    if (losing > 0 && !hasPartition(connection, hour)) {
      connection.rollback();
      throw new RollupException(
          "%s has no partition in llm_logs and %d keys with more calls in the rollup than rows: the rows may have been dropped, and the rollup is all that is left of them"
              .formatted(hour, losing));
    }
    try (PreparedStatement statement = connection.prepareStatement(sql.sweep)) {
      statement.setObject(1, hour.atOffset(ZoneOffset.UTC));
      statement.executeUpdate();
    }
    markSums(connection, hour);
    connection.commit();
    return keys;
  }

  private void markSums(Connection connection, Instant hour) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql.lockSums);
    }
    for (String mark : sql.markSums) {
      try (PreparedStatement statement = connection.prepareStatement(mark)) {
        statement.setObject(1, hour.atOffset(ZoneOffset.UTC));
        statement.executeUpdate();
      }
    }
  }

  private boolean hasPartition(Connection connection, Instant hour) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql.hasPartition)) {
      statement.setObject(1, hour.atOffset(ZoneOffset.UTC));
      statement.setObject(2, hour.atOffset(ZoneOffset.UTC));
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return row.getBoolean(1);
      }
    }
  }

  private static void setRange(PreparedStatement statement, Range range) throws SQLException {
    OffsetDateTime from = range.from().atOffset(ZoneOffset.UTC);
    // The driver writes this one as infinity.
    OffsetDateTime to =
        range.to() == null ? OffsetDateTime.MAX : range.to().atOffset(ZoneOffset.UTC);
    for (int parameter = 1; parameter <= 4; parameter += 2) {
      statement.setObject(parameter, from);
      statement.setObject(parameter + 1, to);
    }
  }
}
