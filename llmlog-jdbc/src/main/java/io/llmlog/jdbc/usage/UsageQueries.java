package io.llmlog.jdbc.usage;

import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.usage.UsageQuery.Dimension;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Cost, calls, tokens and errors, read from the rows. Safe for use by several threads at once, each
 * question with a connection of its own.
 */
public final class UsageQueries {
  private final DataSource database;
  private final String table;

  public UsageQueries(DataSource database, SchemaName schema) {
    this.database = database;
    this.table = schema.table("llm_logs");
  }

  /**
   * Answers a question: the groups, dearest first, those of unknown cost last, equals by their key.
   *
   * @throws SQLException if the database is away, or has no such table
   */
  public List<Usage> ask(UsageQuery question) throws SQLException {
    try (Connection connection = database.getConnection();
        PreparedStatement statement = connection.prepareStatement(sql(question))) {
      int parameter = 1;
      for (Instant bound : bounds(question)) {
        statement.setObject(parameter++, bound.atOffset(ZoneOffset.UTC));
      }
      statement.setInt(parameter, question.limit());
      try (ResultSet row = statement.executeQuery()) {
        List<Usage> answer = new ArrayList<>();
        while (row.next()) {
          answer.add(usage(row, question.by().size()));
        }
        return answer;
      }
    }
  }

  /**
   * The figures of all calls in a range.
   *
   * @param from the first moment, or null for all before
   * @param to the first moment after, or null for all after
   * @throws SQLException if the database is away, or has no such table
   */
  public Usage total(@Nullable Instant from, @Nullable Instant to) throws SQLException {
    return ask(UsageQuery.groupedBy().between(from, to)).get(0);
  }

  private String sql(UsageQuery question) {
    int keys = question.by().size();
    String selected =
        question.by().stream().map(by -> key(by) + ", ").collect(Collectors.joining());
    String numbers =
        IntStream.rangeClosed(1, keys)
            .mapToObj(Integer::toString)
            .collect(Collectors.joining(", "));
    List<String> conditions = new ArrayList<>();
    if (question.from() != null) {
      conditions.add("created_at >= ?");
    }
    if (question.to() != null) {
      conditions.add("created_at < ?");
    }
    return "SELECT "
        + selected
        + """
        count(*),
        count(*) FILTER (WHERE error_type IS NOT NULL OR error_message IS NOT NULL),
        coalesce(sum(tokens_input), 0), coalesce(sum(tokens_output), 0),
        coalesce(sum(tokens_cache_read), 0), coalesce(sum(tokens_cache_write), 0),
        coalesce(sum(tokens_reasoning), 0),
        sum(cost_usd) AS cost, count(*) - count(cost_usd)
        FROM\s"""
        + table
        + (conditions.isEmpty() ? "" : " WHERE " + String.join(" AND ", conditions))
        + (keys == 0 ? "" : " GROUP BY " + numbers)
        + " ORDER BY cost DESC NULLS LAST"
        + (keys == 0 ? "" : ", " + numbers)
        + " LIMIT ?";
  }

  private static List<Instant> bounds(UsageQuery question) {
    List<Instant> bounds = new ArrayList<>();
    if (question.from() != null) {
      bounds.add(question.from());
    }
    if (question.to() != null) {
      bounds.add(question.to());
    }
    return bounds;
  }

  /** Integers stay so while they are sorted; texts are sorted alike under every locale. */
  private static String key(Dimension dimension) {
    return switch (dimension) {
      case COMPANY -> "company_id";
      case USER -> "coalesce(user_id::text, end_user) COLLATE \"C\"";
      case MODEL -> "model COLLATE \"C\"";
      case ACTION -> "action COLLATE \"C\"";
      case PROVIDER -> "provider COLLATE \"C\"";
      case ENVIRONMENT -> "deployment_environment COLLATE \"C\"";
      case DAY -> "to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')";
      case HOUR -> "to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:00\"Z\"')";
    };
  }

  private static Usage usage(ResultSet row, int keys) throws SQLException {
    List<@Nullable String> key = new ArrayList<>();
    for (int column = 1; column <= keys; column++) {
      key.add(row.getString(column));
    }
    return new Usage(
        key,
        row.getLong(keys + 1),
        row.getLong(keys + 2),
        integer(row, keys + 3),
        integer(row, keys + 4),
        integer(row, keys + 5),
        integer(row, keys + 6),
        integer(row, keys + 7),
        row.getBigDecimal(keys + 8),
        row.getLong(keys + 9));
  }

  private static BigInteger integer(ResultSet row, int column) throws SQLException {
    BigDecimal sum = row.getBigDecimal(column);
    return sum == null ? BigInteger.ZERO : sum.toBigIntegerExact();
  }
}
