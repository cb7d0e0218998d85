package io.llmlog.jdbc.maintain;

import io.llmlog.event.BatchDecoder;
import io.llmlog.event.MalformedMessageException;
import io.llmlog.jdbc.DeadLetterBox;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.maintain.Erase.Person;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** One person's dead letters: their messages are read to know whose they are. */
final class PersonLetters {
  private static final int MAX_LETTERS = 500;
  private static final long MAX_BYTES = 8 << 20;

  /** No longer message is ever read. */
  private static final long MAX_MESSAGE_BYTES = 16 << 20;

  private final String page;
  private final String read;
  private final String delete;

  PersonLetters(SchemaName schema) {
    String table = schema.table("llm_log_dead_letters");
    page =
        """
        SELECT id, octet_length(raw), starts_with(reason, '%s') FROM %s
        WHERE ?::uuid IS NULL OR id > ?::uuid ORDER BY id LIMIT %d
        """
            .formatted(DeadLetterBox.ENDED_ITS_WORKER, table, MAX_LETTERS);
    read = "SELECT id, created_at, raw FROM %s WHERE id = ANY (?::uuid[])".formatted(table);
    // Locked in the order in which a batch locks its own.
    delete =
        """
        DELETE FROM %1$s WHERE id IN (
          SELECT id FROM %1$s WHERE id = ANY (?::uuid[]) ORDER BY id FOR UPDATE)
        """
            .formatted(table);
  }

  /**
   * How many there were.
   *
   * @param unread cannot be read, or must not be
   */
  record Found(long erased, long unread) {}

  /** Some letters in the order of their ids: many small ones, or few large ones. */
  private record Page(List<UUID> readable, long unread, @Nullable UUID last) {}

  /** Deletes or counts the person's letters. */
  Found erase(Connection connection, Person person, boolean onlyCount)
      throws SQLException, InterruptedException {
    long erased = 0;
    long unread = 0;
    Page letters = Erase.inTransaction(connection, () -> page(connection, null));
    while (letters.last() != null) {
      Page present = letters;
      List<UUID> own = new ArrayList<>();
      unread += letters.unread();
      unread += Erase.inTransaction(connection, () -> choose(connection, present, person, own));
      erased +=
          onlyCount || own.isEmpty()
              ? own.size()
              : Erase.inTransaction(connection, () -> delete(connection, own));
      letters = Erase.inTransaction(connection, () -> page(connection, present.last()));
    }
    return new Found(erased, unread);
  }

  private Page page(Connection connection, @Nullable UUID after) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(page)) {
      statement.setObject(1, after);
      statement.setObject(2, after);
      List<UUID> readable = new ArrayList<>();
      long unread = 0;
      long bytes = 0;
      UUID last = null;
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          // One that ended each worker which looked into it would end this program too.
          boolean leaveAlone = row.getLong(2) > MAX_MESSAGE_BYTES || row.getBoolean(3);
          bytes += leaveAlone ? 0 : row.getLong(2);
          if (bytes > MAX_BYTES && last != null) {
            break;
          }
          last = row.getObject(1, UUID.class);
          if (leaveAlone) {
            unread++;
          } else {
            readable.add(last);
          }
        }
      }
      return new Page(readable, unread, last);
    }
  }

  /** Adds the person's letters to {@code own}; answers how many cannot be read. */
  private long choose(Connection connection, Page letters, Person person, List<UUID> own)
      throws SQLException {
    own.clear();
    long unread = 0;
    try (PreparedStatement statement = connection.prepareStatement(read)) {
      statement.setArray(1, connection.createArrayOf("uuid", letters.readable().toArray()));
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          UUID id = row.getObject(1, UUID.class);
          try {
            // As the writer would read it: whose row it would be.
            if (person.isIn(
                new BatchDecoder(false)
                    .next(
                        row.getBytes(3), id, row.getObject(2, OffsetDateTime.class).toInstant()))) {
              own.add(id);
            }
          } catch (MalformedMessageException e) {
            unread++;
          }
        }
      }
    }
    return unread;
  }

  private int delete(Connection connection, List<UUID> ids) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(delete)) {
      statement.setArray(1, connection.createArrayOf("uuid", ids.toArray()));
      return statement.executeUpdate();
    }
  }
}
