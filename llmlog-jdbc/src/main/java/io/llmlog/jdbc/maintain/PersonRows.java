package io.llmlog.jdbc.maintain;

import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.maintain.Erase.Person;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
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

  private final String newest;
  private final String next;
  private final String table;
  private final String contents;

  PersonRows(SchemaName schema) {
    table = schema.table("llm_logs");
    contents = schema.table("llm_log_contents");
    newest = "SELECT max(created_at) FROM " + table;
    // The times alone say which partitions are meant.
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

  /** From a key up to, but without, the next; the last piece has none, and ends with a time. */
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
    while (true) {
      Found batch = Erase.inTransaction(connection, () -> blank(connection, person, piece));
      sum = sum.plus(batch);
      if (batch.rows() < Erase.BATCH) {
        return sum;
      }
    }
  }

  private Found count(Connection connection, Person person, Piece piece) throws SQLException {
    String sql =
        """
        SELECT count(*), count(c.event_id) FROM (%s) AS r
        LEFT JOIN %s AS c ON c.created_at = r.created_at AND c.event_id = r.event_id
          AND c.created_at >= ? AND c.created_at <= ?
        """
            .formatted(ofPerson(person), contents);
    return ask(connection, sql, person, piece, 1);
  }

  /**
   * Blanks at most {@link Erase#BATCH} of the piece and deletes their contents. The rows are locked
   * in the order of their key first, as several at once demand. An error stays one without its
   * text.
   */
  private Found blank(Connection connection, Person person, Piece piece) throws SQLException {
    String sql =
        """
        WITH chosen AS (%s ORDER BY created_at, event_id LIMIT %d FOR NO KEY UPDATE), blanked AS (
          UPDATE %s AS r SET user_id = NULL, end_user = NULL, interview_id = NULL,
            message = NULL, error_message = CASE WHEN r.error_message IS NOT NULL THEN '' END,
            response_id = NULL, trace_id = NULL, span_id = NULL, session_id = NULL, metadata = (
              SELECT jsonb_build_object('usage', jsonb_object_agg(key, value))
              FROM jsonb_each(CASE jsonb_typeof(r.metadata->'usage')
                WHEN 'object' THEN r.metadata->'usage' ELSE '{}' END)
              WHERE key = 'service_tier' AND jsonb_typeof(value) = 'string'
                OR key IN ('cache_write_1h', 'audio_input', 'audio_output', 'images', 'requests')
                  AND jsonb_typeof(value) = 'number'
              HAVING count(*) > 0)
          FROM chosen WHERE r.created_at = chosen.created_at AND r.event_id = chosen.event_id
            AND r.created_at >= ? AND r.created_at <= ?
          RETURNING 1
        ), deleted AS (
          DELETE FROM %s AS c USING chosen
          WHERE c.created_at = chosen.created_at AND c.event_id = chosen.event_id
            AND c.created_at >= ? AND c.created_at <= ?
          RETURNING 1
        )
        SELECT (SELECT count(*) FROM blanked), (SELECT count(*) FROM deleted)
        """
            .formatted(ofPerson(person), Erase.BATCH, table, contents);
    return ask(connection, sql, person, piece, 2);
  }

  /** The keys of the person's rows in a piece; eight parameters. */
  private String ofPerson(Person person) {
    return """
        SELECT created_at, event_id FROM %s
        WHERE created_at >= ? AND created_at <= ? AND (created_at, event_id) >= (?, ?)
          AND (?::uuid IS NULL OR (created_at, event_id) < (?, ?)) AND %s = ?
        """
        .formatted(table, person.column().key());
  }

  /**
   * @param times how often the statement names the first and the last time of the piece behind
   *     {@link #ofPerson}
   */
  private static Found ask(Connection connection, String sql, Person person, Piece piece, int times)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      Key from = piece.from();
      Key next = piece.next();
      statement.setObject(1, from.createdAt());
      statement.setObject(2, piece.to());
      statement.setObject(3, from.createdAt());
      statement.setObject(4, from.eventId());
      statement.setObject(5, next == null ? null : next.eventId());
      statement.setObject(6, piece.to());
      statement.setObject(7, next == null ? FIRST_ID : next.eventId());
      person.set(statement, 8);
      for (int time = 0; time < times; time++) {
        statement.setObject(9 + 2 * time, from.createdAt());
        statement.setObject(10 + 2 * time, piece.to());
      }
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return new Found(row.getLong(1), row.getLong(2));
      }
    }
  }
}
