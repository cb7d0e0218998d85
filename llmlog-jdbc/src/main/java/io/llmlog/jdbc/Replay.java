package io.llmlog.jdbc;

import io.llmlog.jdbc.DeadLetterBox.Replayed;
import io.llmlog.spi.Message;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Sends dead letters down the writer's road once more, with the identity and the time that they
 * had. The letters of a batch are locked before their rows are written and go in the same
 * transaction, so that no other replay writes them and nobody discards them meanwhile. Immutable.
 */
final class Replay {
  private static final int MAX_LETTERS = 500;
  private static final long MAX_BYTES = 8 << 20;

  private final Stage stage;
  private final String page;
  private final String lock;
  private final String remove;
  private final String keep;

  Replay(SchemaName schema, Stage stage) {
    this.stage = stage;
    String table = schema.table("llm_log_dead_letters");
    page =
        """
        SELECT id, octet_length(raw) FROM %s
        WHERE (?::uuid[] IS NULL OR id = ANY (?::uuid[])) AND (?::uuid IS NULL OR id > ?::uuid)
          AND last_seen < ?
        ORDER BY id LIMIT %d
        """
            .formatted(table, MAX_LETTERS);
    lock =
        """
        SELECT id, created_at, raw FROM %s WHERE id = ANY (?::uuid[]) AND last_seen < ?
        ORDER BY id FOR UPDATE SKIP LOCKED
        """
            .formatted(table);
    remove = "DELETE FROM %s WHERE id = ANY (?::uuid[])".formatted(table);
    keep =
        """
        UPDATE %s SET last_seen = now(), attempts = attempts + 1, reason = ?, sqlstate = ?
        WHERE id = ?
        """
            .formatted(table);
  }

  /** Ids for a statement; null for null, which stands for all. */
  static @Nullable Array array(Connection connection, @Nullable Collection<UUID> ids)
      throws SQLException {
    return ids == null ? null : connection.createArrayOf("uuid", ids.toArray());
  }

  /**
   * Replays these, or all that were last seen before now: none is tried twice, and none that comes
   * meanwhile keeps the run from ending.
   */
  Replayed run(Connection connection, @Nullable Set<UUID> ids, Horizon horizon)
      throws SQLException {
    OffsetDateTime started = now(connection);
    connection.setAutoCommit(false);
    Replayed sum = Replayed.NONE;
    long seen = 0;
    List<UUID> next = page(connection, ids, null, started);
    while (!next.isEmpty()) {
      seen += next.size();
      sum = sum.plus(batch(connection, next, started, horizon));
      next = page(connection, ids, next.get(next.size() - 1), started);
    }
    connection.rollback();
    long asked = ids == null ? seen : ids.size();
    return new Replayed(sum.stored(), sum.duplicate(), sum.stillDead(), asked - sum.replayed());
  }

  private static OffsetDateTime now(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT clock_timestamp()")) {
      row.next();
      return row.getObject(1, OffsetDateTime.class);
    }
  }

  /** The next letters by their ids: many small ones, or few large ones. */
  private List<UUID> page(
      Connection connection, @Nullable Set<UUID> ids, @Nullable UUID after, OffsetDateTime started)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(page)) {
      statement.setArray(1, array(connection, ids));
      statement.setArray(2, array(connection, ids));
      statement.setObject(3, after);
      statement.setObject(4, after);
      statement.setObject(5, started);
      List<UUID> next = new ArrayList<>();
      long bytes = 0;
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          bytes += row.getLong(2);
          if (bytes > MAX_BYTES && !next.isEmpty()) {
            break;
          }
          next.add(row.getObject(1, UUID.class));
        }
      }
      return next;
    }
  }

  private Replayed batch(
      Connection connection, List<UUID> ids, OffsetDateTime started, Horizon horizon)
      throws SQLException {
    stage.begin(connection);
    List<Message> letters = lock(connection, ids, started);
    SortedBatch batch = SortedBatch.read(letters, horizon);
    int stored = 0;
    List<DeadLetter> dead = new ArrayList<>(batch.dead());
    if (!batch.rows().isEmpty()) {
      stage.fill(connection, batch);
      // However many are refused, the fault is with them: they were refused before.
      GoodRows good = GoodRows.insert(connection, stage, batch, refused -> {});
      stored = good.stored();
      dead.addAll(good.refused());
    }
    Set<Integer> stillDead = new HashSet<>();
    dead.forEach(letter -> stillDead.add(letter.index()));
    // Of two letters that say the same event one alone was tried; the other waits for its result.
    List<UUID> done = new ArrayList<>();
    for (SortedBatch.Row row : batch.rows()) {
      if (!stillDead.contains(row.index())) {
        done.add(letters.get(row.index()).identity());
      }
    }
    remove(connection, done);
    keep(connection, letters, dead);
    connection.commit();
    return new Replayed(stored, done.size() - stored, dead.size(), 0);
  }

  private List<Message> lock(Connection connection, List<UUID> ids, OffsetDateTime started)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(lock)) {
      statement.setArray(1, array(connection, ids));
      statement.setObject(2, started);
      List<Message> letters = new ArrayList<>();
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          Instant createdAt = row.getObject(2, OffsetDateTime.class).toInstant();
          letters.add(new Message(row.getBytes(3), row.getObject(1, UUID.class), createdAt));
        }
      }
      return letters;
    }
  }

  private void remove(Connection connection, List<UUID> ids) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(remove)) {
      statement.setArray(1, array(connection, ids));
      statement.executeUpdate();
    }
  }

  private void keep(Connection connection, List<Message> letters, List<DeadLetter> dead)
      throws SQLException {
    if (dead.isEmpty()) {
      return;
    }
    try (PreparedStatement statement = connection.prepareStatement(keep)) {
      for (DeadLetter letter : dead) {
        statement.setString(1, letter.reason());
        statement.setString(2, letter.sqlState());
        // The letter's own id: that of the event differs where the message was not readable once.
        statement.setObject(3, letters.get(letter.index()).identity());
        statement.addBatch();
      }
      statement.executeBatch();
    }
  }
}
