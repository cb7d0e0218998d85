package io.llmlog.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.TemporalAmount;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What could not be stored, for the person who decides what becomes of it: shown, tried again, or
 * thrown away.
 *
 * <p>Memory is bounded whatever the table holds. Each call has a connection of its own; a statement
 * may take a minute. Safe for use by several threads, programs and workers at once.
 */
public final class DeadLetterBox {
  /** The most of a message that a list shows, in bytes. */
  public static final int SHOWN_BYTES = 2000;

  /** How the reason of a letter begins whose message nobody may look into, but for a replay. */
  public static final String ENDED_ITS_WORKER = "ended its worker";

  private static final Duration STATEMENT_TIMEOUT = Duration.ofMinutes(1);

  private final PostgresDataSource database;
  private final TemporalAmount retention;
  private final @Nullable TemporalAmount contentRetention;
  private final Clock clock;
  private final Replay replay;
  private final String list;
  private final String count;
  private final String known;
  private final String discard;

  /**
   * A box; connects to nothing yet.
   *
   * @param retention how long rows live: what is older, less a day, stays a dead letter
   * @param contentRetention how long contents live: a replay stores none that are older; null: none
   *     at all
   * @param clock says what is past retention
   */
  public DeadLetterBox(
      PostgresUrl url,
      SchemaName schema,
      TemporalAmount retention,
      @Nullable TemporalAmount contentRetention,
      Clock clock) {
    this.database = new PostgresDataSource(url, STATEMENT_TIMEOUT.plusSeconds(5));
    this.retention = retention;
    this.contentRetention = contentRetention;
    this.clock = clock;
    this.replay =
        new Replay(
            schema, new Stage(schema, new Limits(STATEMENT_TIMEOUT), contentRetention != null));
    String table = schema.table("llm_log_dead_letters");
    String chosen =
        """
        FROM %s WHERE (?::uuid[] IS NULL OR id = ANY (?::uuid[]))
          AND (?::text IS NULL OR strpos(lower(reason), lower(?::text)) > 0)
        """
            .formatted(table);
    list =
        """
        SELECT id, created_at, octet_length(raw), substring(raw FROM 1 FOR ?), reason, sqlstate,
          first_seen, last_seen, attempts
        %s  AND (?::timestamptz IS NULL OR (last_seen, id) < (?::timestamptz, ?::uuid))
        ORDER BY last_seen DESC, id DESC LIMIT ?
        """
            .formatted(chosen);
    count = "SELECT count(*) " + chosen;
    known = "SELECT id FROM %s WHERE id = ANY (?::uuid[])".formatted(table);
    // Locked in the order in which a batch locks its own.
    discard =
        """
        DELETE FROM %1$s WHERE id IN (
          SELECT id FROM %1$s WHERE ?::uuid[] IS NULL OR id = ANY (?::uuid[]) ORDER BY id FOR UPDATE)
        """
            .formatted(table);
  }

  /**
   * A dead letter as a list shows it.
   *
   * @param id the event's, or the one that the queue gave the message
   * @param createdAt the event's time, else that of its claim
   * @param bytes the length of the message
   * @param beginning its first bytes, at most {@link #SHOWN_BYTES}; empty unless asked for
   * @param reason for a person; holds what the producer or the server wrote, control characters too
   * @param sqlState where the database refused it
   * @param attempts how often it was tried
   */
  @SuppressWarnings("ArrayRecordComponent") // shown, never compared
  public record Letter(
      UUID id,
      Instant createdAt,
      long bytes,
      byte[] beginning,
      String reason,
      @Nullable String sqlState,
      Instant firstSeen,
      Instant lastSeen,
      long attempts) {}

  /**
   * Which dead letters.
   *
   * @param ids these; null for all
   * @param reason those whose reason holds this text, in whatever case; null for any
   */
  public record Filter(@Nullable Set<UUID> ids, @Nullable String reason) {}

  /**
   * What became of those that were tried again.
   *
   * @param stored are a new row now
   * @param duplicate had their row already
   * @param stillDead stay, with one attempt more
   * @param skipped were not tried: another replay has or had them in hand, or they say the same
   *     event as another of their batch
   */
  public record Replayed(long stored, long duplicate, long stillDead, long skipped) {
    static final Replayed NONE = new Replayed(0, 0, 0, 0);

    /** How many were tried. */
    public long replayed() {
      return stored + duplicate + stillDead;
    }

    Replayed plus(Replayed other) {
      return new Replayed(
          stored + other.stored,
          duplicate + other.duplicate,
          stillDead + other.stillDead,
          skipped + other.skipped);
    }
  }

  /**
   * Where a page ended: the next begins behind it.
   *
   * @param id of the last letter of the page
   */
  public record Place(Instant lastSeen, UUID id) {}

  /**
   * A page, the last seen first.
   *
   * @param after the last of the page before, or null for the first page
   * @param limit the size of the page
   * @param content whether to read the beginnings of the messages too
   * @throws SQLException if the database is away, or has no such table
   */
  public List<Letter> list(Filter filter, @Nullable Letter after, int limit, boolean content)
      throws SQLException {
    Place place = after == null ? null : new Place(after.lastSeen(), after.id());
    return listFrom(place, filter, limit, content);
  }

  /**
   * As {@link #list}, for whoever knows only where the page before ended.
   *
   * @param after where the page before ended, or null for the first page
   * @param limit the size of the page
   * @param content whether to read the beginnings of the messages too
   * @throws SQLException if the database is away, or has no such table
   */
  public List<Letter> listFrom(@Nullable Place after, Filter filter, int limit, boolean content)
      throws SQLException {
    try (Connection connection = database.getConnection();
        PreparedStatement statement = connection.prepareStatement(list)) {
      statement.setInt(1, content ? SHOWN_BYTES : 0);
      int next = setFilter(connection, statement, 2, filter);
      OffsetDateTime seen = after == null ? null : after.lastSeen().atOffset(ZoneOffset.UTC);
      statement.setObject(next++, seen);
      statement.setObject(next++, seen);
      statement.setObject(next++, after == null ? null : after.id());
      statement.setInt(next, limit);
      try (ResultSet row = statement.executeQuery()) {
        List<Letter> letters = new ArrayList<>();
        while (row.next()) {
          letters.add(letter(row));
        }
        return letters;
      }
    }
  }

  /**
   * How many there are.
   *
   * @throws SQLException if the database is away, or has no such table
   */
  public long count(Filter filter) throws SQLException {
    try (Connection connection = database.getConnection();
        PreparedStatement statement = connection.prepareStatement(count)) {
      setFilter(connection, statement, 1, filter);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    }
  }

  /**
   * Those of the ids that are no dead letter's.
   *
   * @throws SQLException if the database is away, or has no such table
   */
  public Set<UUID> unknown(Collection<UUID> ids) throws SQLException {
    Set<UUID> unknown = new TreeSet<>(ids);
    try (Connection connection = database.getConnection();
        PreparedStatement statement = connection.prepareStatement(known)) {
      statement.setArray(1, Replay.array(connection, unknown));
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          unknown.remove(row.getObject(1, UUID.class));
        }
      }
    }
    return unknown;
  }

  /**
   * Tries them again, batch by batch, each in one transaction: a message that is good now becomes
   * its row and the letter goes, both or neither, so that a replay may be killed at any moment and
   * any number may run at once. One that is still bad stays, with its new reason.
   *
   * @param ids these; null for all that were last seen before now
   * @throws SQLException if the database is away or refuses; what was committed before stays done
   */
  public Replayed replay(@Nullable Set<UUID> ids) throws SQLException {
    try (Connection connection = database.getConnection()) {
      return replay.run(connection, ids, Horizon.of(clock, retention, contentRetention));
    }
  }

  /**
   * Throws them away.
   *
   * @param ids these; null for all
   * @return how many there were
   * @throws SQLException if the database is away or refuses; nothing is thrown away then
   */
  public int discard(@Nullable Set<UUID> ids) throws SQLException {
    try (Connection connection = database.getConnection();
        PreparedStatement statement = connection.prepareStatement(discard)) {
      statement.setQueryTimeout((int) STATEMENT_TIMEOUT.toSeconds());
      statement.setArray(1, Replay.array(connection, ids));
      statement.setArray(2, Replay.array(connection, ids));
      return statement.executeUpdate();
    }
  }

  private static int setFilter(
      Connection connection, PreparedStatement statement, int first, Filter filter)
      throws SQLException {
    int next = first;
    statement.setArray(next++, Replay.array(connection, filter.ids()));
    statement.setArray(next++, Replay.array(connection, filter.ids()));
    statement.setString(next++, filter.reason());
    statement.setString(next++, filter.reason());
    return next;
  }

  private static Letter letter(ResultSet row) throws SQLException {
    return new Letter(
        row.getObject(1, UUID.class),
        time(row, 2),
        row.getLong(3),
        row.getBytes(4),
        row.getString(5),
        row.getString(6),
        time(row, 7),
        time(row, 8),
        row.getLong(9));
  }

  private static Instant time(ResultSet row, int column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }
}
