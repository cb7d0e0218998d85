package io.llmlog.jdbc.maintain;

import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.maintain.Erase.Person;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One person's rows and their contents. No index leads to a person, so the whole table is read, in
 * the order of its key and so one partition after the other, in pieces of {@link #PIECE} rows.
 */
final class PersonRows {
  /** As many rows are read in some milliseconds to some tens of them. */
  private static final int PIECE = 10_000;

  private static final UUID FIRST_ID = new UUID(0, 0);

  /** The times alone say which partitions are meant. */
  private static final String IN_PIECE =
      """
      created_at >= ? AND created_at <= ? AND (created_at, event_id) >= (?, ?)
        AND (?::uuid IS NULL OR (created_at, event_id) < (?, ?))\
      """;

  private final String newest;
  private final String next;
  private final String table;
  private final String contents;

  PersonRows(SchemaName schema) {
    table = schema.table("llm_logs");
    contents = schema.table("llm_log_contents");
    newest = "SELECT max(created_at) FROM " + table;
    next =
        """
        SELECT created_at, event_id FROM %s
        WHERE created_at >= ? AND created_at <= ? AND (created_at, event_id) >= (?, ?)
        ORDER BY created_at, event_id OFFSET %d LIMIT 1
        """
            .formatted(table, PIECE);
  }

  /** How many there were. */
  record Found(long rows, long contents) {
    Found plus(Found other) {
      return new Found(rows + other.rows, contents + other.contents);
    }
  }

  /** A place in the order of the table's key. */
  private record Key(OffsetDateTime createdAt, UUID eventId) {}

  /** From a key up to, but without, another; the last one has none, and ends with a time. */
  private record Piece(Key from, @Nullable Key next, OffsetDateTime end) {
    OffsetDateTime to() {
      return next == null ? end : next.createdAt();
    }
  }

  /** Blanks or counts the person's rows up to the newest of now. */
  Found erase(Connection connection, Person person, boolean onlyCount)
      throws SQLException, InterruptedException {
    Found sum = new Found(0, 0);
    Optional<OffsetDateTime> newest = Erase.inTransaction(connection, () -> newest(connection));
    if (newest.isEmpty()) {
      return sum;
    }
    OffsetDateTime end = newest.get();
    Optional<Key> from = Optional.of(new Key(OffsetDateTime.MIN, FIRST_ID));
    while (from.isPresent()) {
      Key start = from.get();
      Optional<Key> stop = Erase.inTransaction(connection, () -> next(connection, start, end));
      Piece piece = new Piece(start, stop.orElse(null), end);
      sum =
          sum.plus(
              onlyCount
                  ? Erase.inTransaction(connection, () -> count(connection, person, piece))
                  : blankAll(connection, person, piece));
      from = stop;
    }
    return sum;
  }

  private Optional<OffsetDateTime> newest(Connection connection) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(newest);
        ResultSet row = statement.executeQuery()) {
      row.next();
      return Optional.ofNullable(row.getObject(1, OffsetDateTime.class));
    }
  }

  private Optional<Key> next(Connection connection, Key from, OffsetDateTime end)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(next)) {
      statement.setObject(1, from.createdAt());
      statement.setObject(2, end);
      statement.setObject(3, from.createdAt());
      statement.setObject(4, from.eventId());
      try (ResultSet row = statement.executeQuery()) {
        return row.next()
            ? Optional.of(
                new Key(row.getObject(1, OffsetDateTime.class), row.getObject(2, UUID.class)))
            : Optional.empty();
      }
    }
  }

  private Found blankAll(Connection connection, Person person, Piece piece)
      throws SQLException, InterruptedException {
    Found sum = new Found(0, 0);
    Optional<Piece> left = Optional.of(piece);
    while (left.isPresent()) {
      Piece whole = left.get();
      List<Key> own = Erase.inTransaction(connection, () -> own(connection, person, whole));
      if (own.isEmpty()) {
        return sum;
      }
      Key stop = own.size() > Erase.BATCH ? own.get(Erase.BATCH) : null;
      Piece batch = stop == null ? whole : new Piece(whole.from(), stop, whole.end());
      sum = sum.plus(Erase.inTransaction(connection, () -> blank(connection, person, batch)));
      left =
          stop == null ? Optional.empty() : Optional.of(new Piece(stop, whole.next(), whole.end()));
    }
    return sum;
  }

  /** The keys of the person's next rows, one more than a transaction takes. */
  private List<Key> own(Connection connection, Person person, Piece piece) throws SQLException {
    String sql =
        """
        SELECT created_at, event_id FROM %s WHERE %s AND %s = ?
        ORDER BY created_at, event_id LIMIT %d
        """
            .formatted(table, IN_PIECE, person.column().key(), Erase.BATCH + 1);
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      person.set(statement, set(statement, 1, piece));
      List<Key> keys = new ArrayList<>();
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          keys.add(new Key(row.getObject(1, OffsetDateTime.class), row.getObject(2, UUID.class)));
        }
      }
      return keys;
    }
  }

  private Found count(Connection connection, Person person, Piece piece) throws SQLException {
    String sql =
        """
        WITH own AS (SELECT created_at, event_id FROM %1$s WHERE %2$s AND %3$s = ?)
        SELECT (SELECT count(*) FROM own), (SELECT count(*) FROM %4$s WHERE %2$s
          AND ((created_at, event_id) IN (SELECT created_at, event_id FROM own)) IS TRUE)
        """
            .formatted(table, IN_PIECE, person.column().key(), contents);
    return ask(connection, sql, person, piece);
  }

  /**
   * Blanks the person's rows and deletes their contents. An error stays one without its text.
   *
   * <p>Where there are no statistics the planner would join rows and contents by comparing each
   * with each; {@code IS TRUE} makes it hash the keys instead.
   */
  private Found blank(Connection connection, Person person, Piece batch) throws SQLException {
    String sql =
        """
        WITH blanked AS (
          UPDATE %1$s SET user_id = NULL, end_user = NULL, interview_id = NULL,
            message = NULL, error_message = CASE WHEN error_message IS NOT NULL THEN '' END,
            response_id = NULL, trace_id = NULL, span_id = NULL, session_id = NULL, metadata = (
              SELECT jsonb_build_object('usage', jsonb_object_agg(key, value))
              FROM jsonb_each(CASE jsonb_typeof(metadata->'usage')
                WHEN 'object' THEN metadata->'usage' ELSE '{}' END)
              WHERE key = 'service_tier' AND jsonb_typeof(value) = 'string'
                OR key IN ('cache_write_1h', 'audio_input', 'audio_output', 'images', 'requests')
                  AND jsonb_typeof(value) = 'number'
              HAVING count(*) > 0)
          WHERE %2$s AND %3$s = ? RETURNING created_at, event_id
        ), deleted AS (
          DELETE FROM %4$s WHERE %2$s
            AND ((created_at, event_id) IN (SELECT created_at, event_id FROM blanked)) IS TRUE
          RETURNING 1
        )
        SELECT (SELECT count(*) FROM blanked), (SELECT count(*) FROM deleted)
        """
            .formatted(table, IN_PIECE, person.column().key(), contents);
    return ask(connection, sql, person, batch);
  }

  private static Found ask(Connection connection, String sql, Person person, Piece piece)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      int next = set(statement, 1, piece);
      person.set(statement, next);
      set(statement, next + 1, piece);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return new Found(row.getLong(1), row.getLong(2));
      }
    }
  }

  /** Sets the parameters of {@link #IN_PIECE}; answers the number of the one behind them. */
  private static int set(PreparedStatement statement, int first, Piece piece) throws SQLException {
    int parameter = first;
    Key next = piece.next();
    statement.setObject(parameter++, piece.from().createdAt());
    statement.setObject(parameter++, piece.to());
    statement.setObject(parameter++, piece.from().createdAt());
    statement.setObject(parameter++, piece.from().eventId());
    statement.setObject(parameter++, next == null ? null : next.eventId());
    statement.setObject(parameter++, piece.to());
    statement.setObject(parameter++, next == null ? FIRST_ID : next.eventId());
    return parameter;
  }
}
