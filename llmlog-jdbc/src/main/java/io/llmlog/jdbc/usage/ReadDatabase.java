package io.llmlog.jdbc.usage;

import io.llmlog.jdbc.ConnectionPool;
import io.llmlog.jdbc.PostgresDataSource;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SqlErrors;
import io.llmlog.jdbc.usage.UsageAnswer.Origin;
import io.llmlog.jdbc.usage.UsageAnswer.Source;
import io.llmlog.retry.Backoff;
import io.llmlog.retry.ThrottledLog;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.function.Function;
import java.util.function.LongSupplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where questions are read: the replica, and the primary while the replica is away. A replica that
 * failed is left alone for 1 s to 30 s, so that a dead one does not cost each question its time to
 * connect, and is asked again then. Safe for use by several threads at once.
 *
 * <p>Whether a server is a replica is its own word, whatever its URL is called. A replica lags by
 * what it has received and not yet replayed; what is still on its way to it is not known here.
 */
public final class ReadDatabase implements AutoCloseable {
  /** Of one server: pages ask a few questions at a time, and should not burden it with more. */
  private static final int MAX_CONNECTIONS = 4;

  private static final Duration UNLESS_SAID = Duration.ofSeconds(30);

  /** What a statement that ran into its timeout has to say so, before the socket gives up. */
  private static final Duration LAST_WORDS = Duration.ofSeconds(5);

  private static final String NO_RIGHT = "42501";

  /** There is another who answers. */
  private static final Duration REPLICA_LOGIN = Duration.ofSeconds(3);

  /**
   * Zero while all that was received is replayed and more may come, also where the primary is idle:
   * the age of its last commit says nothing then. Else that age, which is the most it can be. Any
   * role may see that there is a receiver, and no more of it.
   */
  private static final String LOOK =
      """
      SELECT pg_is_in_recovery(), CASE
        WHEN NOT pg_is_in_recovery() THEN 0
        WHEN pg_last_wal_replay_lsn() >= pg_last_wal_receive_lsn()
          AND EXISTS (SELECT FROM pg_stat_wal_receiver) THEN 0
        ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())
        END::numeric
      """;

  private final Server primary;
  private final @Nullable Server primaryAsReader;
  private final @Nullable Server replica;
  private final Duration timeout;
  private final ThrottledLog log;
  private final LongSupplier nanoTime;
  private final Backoff backoff = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(30));
  private @Nullable String failure;
  private long tryAt;

  /**
   * @param replica null where there is none
   * @param timeout the longest that one statement may take; 1 ms or more
   * @param log told when the replica fails, and when it is back
   */
  public ReadDatabase(
      DataSource primary, @Nullable DataSource replica, Duration timeout, Logger log) {
    this(
        Server.of(primary),
        null,
        replica == null ? null : Server.of(replica),
        timeout,
        log,
        System::nanoTime);
  }

  /**
   * @param primaryAsReader the primary by a role that may read, where its own may not; or null
   */
  ReadDatabase(
      Server primary,
      @Nullable Server primaryAsReader,
      @Nullable Server replica,
      Duration timeout,
      Logger log,
      LongSupplier nanoTime) {
    if (timeout.toMillis() < 1 || timeout.toMillis() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("timeout " + timeout + ": must be 1 ms to 24 days");
    }
    this.primary = primary;
    this.primaryAsReader = primaryAsReader;
    this.replica = replica;
    this.timeout = timeout;
    this.log = new ThrottledLog(log);
    this.nanoTime = nanoTime;
  }

  /** One database, with half a minute for each statement. */
  public static ReadDatabase of(DataSource database) {
    return new ReadDatabase(
        database, null, UNLESS_SAID, LoggerFactory.getLogger(ReadDatabase.class));
  }

  /**
   * Databases by their URLs, with a new connection for each question. The primary's role may be one
   * that only writes: then the replica's user, whom a streaming replica has from its primary, asks
   * there too.
   */
  public static ReadDatabase of(
      PostgresUrl primary, @Nullable PostgresUrl replica, Duration timeout, Logger log) {
    Duration answer = timeout.plus(LAST_WORDS);
    return of(
        primary,
        replica,
        url -> Server.of(new PostgresDataSource(url, answer)),
        url -> Server.of(new PostgresDataSource(url, answer, REPLICA_LOGIN)),
        timeout,
        log);
  }

  /**
   * As {@link #of(PostgresUrl, PostgresUrl, Duration, Logger)}, for who asks often: a few
   * connections are kept while they are used. To be closed.
   */
  public static ReadDatabase pooled(
      PostgresUrl primary, @Nullable PostgresUrl replica, Duration timeout, Logger log) {
    Function<PostgresUrl, Server> pool = url -> Server.pooled(url, timeout);
    return of(primary, replica, pool, pool, timeout, log);
  }

  /**
   * As {@link #of(PostgresUrl, PostgresUrl, Duration, Logger)}, for whoever cannot wait long for a
   * server that is silent.
   *
   * @param login the longest that connecting, and each answer of the login, may take; to the second
   */
  public static ReadDatabase of(
      PostgresUrl primary,
      @Nullable PostgresUrl replica,
      Duration timeout,
      Duration login,
      Logger log) {
    Duration answer = timeout.plus(LAST_WORDS);
    Function<PostgresUrl, Server> opening =
        url -> Server.of(new PostgresDataSource(url, answer, login));
    return of(primary, replica, opening, opening, timeout, log);
  }

  /**
   * @param ofPrimary how the primary is opened, by whichever login
   * @param ofReplica how the replica is
   */
  private static ReadDatabase of(
      PostgresUrl primary,
      @Nullable PostgresUrl replica,
      Function<PostgresUrl, Server> ofPrimary,
      Function<PostgresUrl, Server> ofReplica,
      Duration timeout,
      Logger log) {
    return new ReadDatabase(
        ofPrimary.apply(primary),
        replica == null || replica.user() == null
            ? null
            : ofPrimary.apply(primary.withLoginOf(replica)),
        replica == null ? null : ofReplica.apply(replica),
        timeout,
        log,
        System::nanoTime);
  }

  /**
   * Who would answer a question now.
   *
   * @throws UsageException if no database answers
   */
  public Origin origin() throws UsageException {
    return read(connection -> Boolean.TRUE).origin();
  }

  /** One server, and how to come to it. */
  record Server(String place, Opening opening, Runnable end) {
    interface Opening {
      Connection open() throws SQLException;
    }

    static Server of(DataSource database) {
      return new Server(database.toString(), database::getConnection, () -> {});
    }

    static Server pooled(PostgresUrl url, Duration timeout) {
      ConnectionPool pool = new ConnectionPool(url, MAX_CONNECTIONS, timeout);
      return new Server(url.place(), pool::connection, pool::close);
    }
  }

  /** Closes what is pooled; a database made of data sources has nothing to close. */
  @Override
  public void close() {
    primary.end.run();
    if (primaryAsReader != null) {
      primaryAsReader.end.run();
    }
    if (replica != null) {
      replica.end.run();
    }
  }

  /** What is asked in one transaction that sees one moment and changes nothing. */
  interface Question<T> {
    T ask(Connection connection) throws SQLException, UsageException;
  }

  record Reading<T>(T value, Origin origin) {}

  /**
   * Asks.
   *
   * @throws UsageException if no database answers, or the one that does refuses
   */
  <T> Reading<T> read(Question<T> question) throws UsageException {
    if (replica == null) {
      return readFrom(primary, question, null);
    }
    String why = mayTry();
    if (why == null) {
      try {
        Reading<T> reading = ask(replica, question, null);
        succeeded();
        return reading;
      } catch (SQLException e) {
        if (!mayPassBy(e)) {
          throw failed(replica, e);
        }
        why = replica.place + ": " + SqlErrors.text(e);
        failed(why);
      }
    }
    return readFrom(primary, question, why);
  }

  private <T> Reading<T> readFrom(Server database, Question<T> question, @Nullable String why)
      throws UsageException {
    try {
      return ask(database, question, why);
    } catch (SQLException e) {
      if (primaryAsReader != null
          && !database.equals(primaryAsReader)
          && NO_RIGHT.equals(e.getSQLState())) {
        return readFrom(primaryAsReader, question, why);
      }
      throw failed(database, e);
    }
  }

  private <T> Reading<T> ask(Server database, Question<T> question, @Nullable String why)
      throws SQLException, UsageException {
    try (Connection connection = database.opening.open()) {
      connection.setAutoCommit(false);
      try (Statement statement = connection.createStatement()) {
        // Of this transaction alone. Statements are wide and short: to compile one takes longer,
        // and so does it to start processes for its parts, up to some hundred thousand rows.
        statement.execute(
            "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;"
                + (" SET LOCAL statement_timeout = " + timeout.toMillis() + ";")
                + " SET LOCAL jit = off; SET LOCAL parallel_setup_cost = 100000");
        Origin origin = look(statement, why);
        T value = question.ask(connection);
        connection.commit();
        return new Reading<>(value, origin);
      }
    }
  }

  private static Origin look(Statement statement, @Nullable String why) throws SQLException {
    try (ResultSet row = statement.executeQuery(LOOK)) {
      row.next();
      BigDecimal lag = row.getBigDecimal(2);
      return new Origin(
          row.getBoolean(1) ? Source.REPLICA : Source.PRIMARY,
          // The two servers' clocks may differ.
          lag == null
              ? null
              : Duration.ofMillis(lag.max(BigDecimal.ZERO).movePointRight(3).longValue()),
          why);
    }
  }

  /**
   * Why the replica is left alone, or null where it may be asked. Of several threads one tries it,
   * when its time has come.
   */
  private synchronized @Nullable String mayTry() {
    if (failure == null) {
      return null;
    }
    long now = nanoTime.getAsLong();
    if (now - tryAt < 0) {
      return failure;
    }
    tryAt = now + REPLICA_LOGIN.toNanos();
    return null;
  }

  private void failed(String why) {
    synchronized (this) {
      failure = why;
      tryAt = nanoTime.getAsLong() + backoff.failed();
    }
    log.failed("The read replica does not answer, the primary is asked: " + why);
  }

  private void succeeded() {
    synchronized (this) {
      failure = null;
      backoff.succeeded();
    }
    log.succeeded("The read replica answers again");
  }

  /**
   * Whether another database may answer what this replica did not: it is away, starts or stops, is
   * full, cancels what is in the way of its replay, or has not yet replayed the tables themselves.
   * A wrong login is a fault to mend, and what takes too long here would burden the primary.
   */
  private static boolean mayPassBy(SQLException e) {
    String state = e.getSQLState();
    if (state == null) {
      return true;
    }
    return switch (state) {
      case "3D000", "3F000", "42P01", "42703", "40001", "40P01", "25006" -> true;
      default ->
          state.startsWith("08")
              || state.startsWith("53")
              || state.startsWith("57P")
              || state.startsWith("58");
    };
  }

  /** For a person, with what helps. */
  private UsageException failed(Server database, SQLException e) {
    String state = e.getSQLState() == null ? "" : e.getSQLState();
    String remedy =
        switch (state) {
          case "3F000", "42P01", "42703" ->
              "; the tables are missing or older than this program: run llmlog schema apply, or"
                  + " llmlog schema status to see";
          case NO_RIGHT -> "; the role needs USAGE of the schema and SELECT on its views";
          case "57014" ->
              "; it may take "
                  + timeout.toSeconds()
                  + " s: ask for a shorter range or fewer groups";
          default -> "";
        };
    return new UsageException(database.place + ": " + SqlErrors.text(e) + remedy, e);
  }
}
