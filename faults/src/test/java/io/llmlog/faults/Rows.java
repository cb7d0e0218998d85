package io.llmlog.faults;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.llmlog.event.Column;
import io.llmlog.event.LlmEvent;
import java.io.IOException;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What a database holds in the end, column by column. */
final class Rows {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<UUID, Map<Column, Object>> rows = new HashMap<>();
  private final Set<UUID> deadLetters = new HashSet<>();
  private final List<String> reasons = new ArrayList<>();
  private long twice;

  private Rows() {}

  /** A look for an event's row, by the key of the table; closed by the caller. */
  static PreparedStatement lookFor(Connection connection, LlmEvent event) throws SQLException {
    PreparedStatement look =
        connection.prepareStatement(
            "SELECT count(*) FROM llm_logs WHERE created_at = ? AND event_id = ?");
    look.setObject(1, event.createdAt().atOffset(ZoneOffset.UTC));
    look.setObject(2, event.eventId());
    return look;
  }

  /** Whether there is one. */
  static boolean found(PreparedStatement look) throws SQLException {
    try (ResultSet row = look.executeQuery()) {
      row.next();
      return row.getLong(1) == 1;
    }
  }

  static Rows read(Database database) throws SQLException, IOException {
    Rows rows = new Rows();
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      try (ResultSet row = statement.executeQuery("SELECT * FROM llm_logs")) {
        while (row.next()) {
          rows.add(row);
        }
      }
      try (ResultSet letter =
          statement.executeQuery("SELECT raw, reason FROM llm_log_dead_letters")) {
        while (letter.next()) {
          // Not its key: a message that nobody could look into has the identity of the queue.
          JsonNode event = JSON.readTree(letter.getBytes(1));
          rows.deadLetters.add(UUID.fromString(event.path(Column.EVENT_ID.key()).asText()));
          rows.reasons.add(letter.getString(2));
        }
      }
    }
    return rows;
  }

  private void add(ResultSet row) throws SQLException, JsonProcessingException {
    Map<Column, Object> values = new EnumMap<>(Column.class);
    for (Column column : Column.values()) {
      Object value = column.inRow() ? value(row, column) : null;
      if (value != null) {
        values.put(column, value);
      }
    }
    UUID id = (UUID) Objects.requireNonNull(values.get(Column.EVENT_ID));
    if (rows.put(id, values) != null) {
      twice++;
    }
  }

  private static @Nullable Object value(ResultSet row, Column column)
      throws SQLException, JsonProcessingException {
    String key = column.key();
    if (row.getObject(key) == null) {
      return null;
    }
    return switch (column.type()) {
      case TIME -> row.getObject(key, OffsetDateTime.class).toInstant();
      case TEXT -> row.getString(key);
      case INTEGER -> row.getLong(key);
      case DECIMAL -> plain(row.getBigDecimal(key));
      case BOOLEAN -> row.getBoolean(key);
      case UUID -> row.getObject(key, UUID.class);
      case JSON -> JSON.readTree(row.getString(key));
    };
  }

  /** What the row of an event must hold: every column, also those that must be empty. */
  private static Map<Column, Object> expected(LlmEvent event) throws JsonProcessingException {
    Map<Column, Object> values = new EnumMap<>(Column.class);
    for (Column column : Column.values()) {
      Object value = column.inRow() ? event.value(column) : null;
      if (value != null) {
        values.put(
            column,
            switch (column.type()) {
              case DECIMAL -> plain((BigDecimal) value);
              case JSON -> JSON.readTree(JSON.writeValueAsString(value));
              default -> value;
            });
      }
    }
    if (!values.containsKey(Column.TOKENS_USED) && event.has(Column.TOKENS_INPUT)) {
      values.put(
          Column.TOKENS_USED,
          event.integer(Column.TOKENS_INPUT) + event.integer(Column.TOKENS_OUTPUT));
    }
    return values;
  }

  private static BigDecimal plain(BigDecimal value) {
    return value.stripTrailingZeros();
  }

  /** A sentence for each row that nobody logged, or that is not what was logged. */
  List<String> differences(Map<UUID, LlmEvent> issued) throws JsonProcessingException {
    List<String> found = new ArrayList<>();
    for (Map.Entry<UUID, Map<Column, Object>> row : rows.entrySet()) {
      LlmEvent event = issued.get(row.getKey());
      if (event == null) {
        found.add(row.getKey() + " was never issued: " + row.getValue());
      } else if (!row.getValue().equals(expected(event))) {
        found.add("logged " + expected(event) + ", stored " + row.getValue());
      }
    }
    return found;
  }

  Set<UUID> ids() {
    return rows.keySet();
  }

  Set<UUID> deadLetters() {
    return deadLetters;
  }

  Set<String> reasons() {
    return new HashSet<>(reasons);
  }

  /** Rows beyond the first of an event. */
  long twice() {
    return twice;
  }
}
