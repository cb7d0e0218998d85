package io.llmlog.jdbc.usage;

import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.usage.ReadDatabase.Reading;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Cost, calls, tokens, errors and latencies. Whole hours come from the rollup, which knows them for
 * longer than the rows live; what a range has before and after its whole hours comes from the rows,
 * so every answer is exact. Safe for use by several threads at once, each question with a
 * connection of its own.
 *
 * <p>Users are not in the rollup. A question that names them reads rows, in a range: that of the
 * question, of at most {@link #LONGEST_FOR_USERS}, or the last {@link #USERS_UNLESS_ASKED}.
 */
public final class UsageQueries {
  /** The longest range of a question that names users. */
  public static final Duration LONGEST_FOR_USERS = Duration.ofDays(400);

  /** What a question that names users looks at where it says no first moment. */
  public static final Duration USERS_UNLESS_ASKED = Duration.ofDays(31);

  private static final BigInteger ZERO = BigInteger.ZERO;

  private final ReadDatabase database;
  private final SchemaName schema;
  private final InstantSource clock;

  /** Asks one database, with half a minute for each statement. */
  public UsageQueries(DataSource database, SchemaName schema) {
    this(ReadDatabase.of(database), schema);
  }

  public UsageQueries(ReadDatabase database, SchemaName schema) {
    this(database, schema, InstantSource.system());
  }

  /**
   * @param clock says what the last days are
   */
  public UsageQueries(ReadDatabase database, SchemaName schema, InstantSource clock) {
    this.database = database;
    this.schema = schema;
    this.clock = clock;
  }

  /**
   * Answers a question.
   *
   * @throws IllegalArgumentException if it names users and its range is too long
   * @throws UsageException if the database is away, refuses, takes too long, has no such tables, or
   *     no longer has the rows of an hour that the range has a part of
   */
  public UsageAnswer ask(UsageQuery question) throws UsageException {
    Instant from = question.from();
    Cut cut;
    if (question.asksForUsers()) {
      from = firstForUsers(question);
      cut = Cut.rows(from, question.to());
    } else {
      cut = Cut.of(from, question.to());
    }
    boolean mayMissRows = !question.asksForUsers();
    Reading<List<Usage>> read =
        database.read(
            connection -> {
              if (mayMissRows) {
                checkRows(connection, cut);
              }
              return read(connection, question, cut);
            });
    List<Usage> rows = read.value();
    return new UsageAnswer(
        question.by().isEmpty() ? rows : rows.subList(1, rows.size()),
        rows.get(0),
        from,
        question.to(),
        read.origin());
  }

  /**
   * The figures of all calls in a range.
   *
   * @param from the first moment, or null for all before
   * @param to the first moment after, or null for all after
   * @throws UsageException as {@link #ask}
   */
  public Usage total(@Nullable Instant from, @Nullable Instant to) throws UsageException {
    return ask(UsageQuery.groupedBy().between(from, to)).total();
  }

  /**
   * How the server would look for an answer, in its own words: for whoever checks that it reads no
   * more than it must.
   *
   * @throws IllegalArgumentException as {@link #ask}
   * @throws UsageException as {@link #ask}
   */
  public List<String> plan(UsageQuery question) throws UsageException {
    Cut cut =
        question.asksForUsers()
            ? Cut.rows(firstForUsers(question), question.to())
            : Cut.of(question.from(), question.to());
    return database
        .read(
            connection -> {
              List<String> lines = new ArrayList<>();
              try (PreparedStatement statement =
                      statement(connection, question, cut).prepare(connection, "EXPLAIN ");
                  ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                  lines.add(row.getString(1));
                }
              }
              return lines;
            })
        .value();
  }

  private Instant firstForUsers(UsageQuery question) {
    Instant end = question.to() == null ? clock.instant() : question.to();
    Instant from = question.from();
    if (from == null) {
      return end.minus(USERS_UNLESS_ASKED).truncatedTo(ChronoUnit.MICROS);
    }
    if (Duration.between(from, end).compareTo(LONGEST_FOR_USERS) > 0) {
      throw new IllegalArgumentException(
          "from %s to %s: users are counted from the rows, of at most %d days"
              .formatted(from, end, LONGEST_FOR_USERS.toDays()));
    }
    return from;
  }

  /** A part of an hour whose rows are gone cannot be known, and must not be taken for nothing. */
  private void checkRows(Connection connection, Cut cut) throws SQLException, UsageException {
    for (Cut.Edge edge : cut.edges()) {
      Instant hour = edge.from().truncatedTo(ChronoUnit.HOURS);
      try (PreparedStatement statement =
          connection.prepareStatement(
              """
              SELECT (SELECT coalesce(sum(calls), 0) FROM %s WHERE hour = ?),
                (SELECT count(*) FROM %s WHERE created_at >= ? AND created_at < ?)
              """
                  .formatted(schema.table("llm_log_usage"), schema.table("llm_log_calls")))) {
        statement.setObject(1, time(hour));
        statement.setObject(2, time(hour));
        statement.setObject(3, time(hour.plus(1, ChronoUnit.HOURS)));
        try (ResultSet row = statement.executeQuery()) {
          row.next();
          long calls = row.getLong(1);
          long rows = row.getLong(2);
          if (rows < calls) {
            throw new UsageException(
                ("the range has a part of the hour %s, of whose %d calls %d rows are left, because"
                        + " older ones are dropped: ask for whole hours, which are still known")
                    .formatted(hour, calls, rows),
                null);
          }
        }
      }
    }
  }

  private List<Usage> read(Connection connection, UsageQuery question, Cut cut)
      throws SQLException {
    try (PreparedStatement statement = statement(connection, question, cut).prepare(connection);
        ResultSet row = statement.executeQuery()) {
      List<Usage> rows = new ArrayList<>();
      while (row.next()) {
        rows.add(usage(row, question));
      }
      return rows;
    }
  }

  /** Of the moment of the transaction, as its answer will be. */
  private SqlText statement(Connection connection, UsageQuery question, Cut cut)
      throws SQLException {
    List<Stretch> stretches = Stretch.of(question, cut, connection, schema);
    return new UsageSql(question, stretches, cut.edges(), schema).statement();
  }

  private static Usage usage(ResultSet row, UsageQuery question) throws SQLException {
    int keys = question.by().size();
    boolean total = row.getInt(keys + 1) == 1;
    List<@Nullable String> key = new ArrayList<>();
    for (int column = 1; column <= (total ? 0 : keys); column++) {
      key.add(row.getString(column));
    }
    int sums = keys + 1;
    return new Usage(
        key,
        row.getLong(sums + 1),
        row.getLong(sums + 2),
        integer(row, sums + 3),
        integer(row, sums + 4),
        integer(row, sums + 5),
        integer(row, sums + 6),
        integer(row, sums + 7),
        row.getBigDecimal(sums + 8),
        row.getLong(sums + 9),
        question.latency() ? latency(row, sums + 10) : null);
  }

  private static LatencyHistogram latency(ResultSet row, int column) throws SQLException {
    Long[] counts = (Long[]) row.getArray(column).getArray();
    long[] numbers = new long[counts.length];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = counts[i];
    }
    return LatencyHistogram.of(numbers);
  }

  private static BigInteger integer(ResultSet row, int column) throws SQLException {
    BigDecimal sum = row.getBigDecimal(column);
    return sum == null ? ZERO : sum.toBigIntegerExact();
  }

  private static OffsetDateTime time(Instant instant) {
    return instant.atOffset(ZoneOffset.UTC);
  }
}
