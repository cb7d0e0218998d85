package io.llmlog.jdbc.usage;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;

/** A statement with the values of its parameters, in order. */
record SqlText(String text, List<Object> parameters) {
  SqlText {
    parameters = List.copyOf(parameters);
  }

  PreparedStatement prepare(Connection connection) throws SQLException {
    return prepare(connection, "");
  }

  /**
   * @param before stands before the statement: {@code EXPLAIN}
   */
  PreparedStatement prepare(Connection connection, String before) throws SQLException {
    PreparedStatement statement = connection.prepareStatement(before + text);
    try {
      for (int i = 0; i < parameters.size(); i++) {
        Object value = parameters.get(i);
        if (value instanceof Long[] numbers) {
          statement.setArray(i + 1, connection.createArrayOf("bigint", numbers));
        } else if (value instanceof String[] texts) {
          statement.setArray(i + 1, connection.createArrayOf("text", texts));
        } else if (value instanceof Instant time) {
          statement.setObject(i + 1, time.atOffset(ZoneOffset.UTC));
        } else if (value instanceof Long number) {
          statement.setLong(i + 1, number);
        } else if (value instanceof String text) {
          statement.setString(i + 1, text);
        } else if (value instanceof UUID id) {
          statement.setObject(i + 1, id);
        } else {
          throw new IllegalStateException("no parameter: " + value.getClass());
        }
      }
      return statement;
    } catch (SQLException | RuntimeException e) {
      statement.close();
      throw e;
    }
  }
}
