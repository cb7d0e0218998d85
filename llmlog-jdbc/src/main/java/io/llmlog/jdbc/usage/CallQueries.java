package io.llmlog.jdbc.usage;

import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.usage.CallDetail.Contents;
import io.llmlog.jdbc.usage.CallPage.Call;
import io.llmlog.jdbc.usage.CallPage.Cursor;
import io.llmlog.jdbc.usage.ReadDatabase.Question;
import io.llmlog.jdbc.usage.ReadDatabase.Reading;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Single calls, from the rows. Reads the views alone, always within a range of time, and never
 * longer than {@link #LONGEST_ANSWER}: a filter that few rows meet is looked for within the range,
 * by an index where there is one. Safe for use by several threads at once.
 */
public final class CallQueries {
  /** The most calls of a page. */
  public static final int MOST = 200;

  /** What a page may take: who waits for one has long looked away. */
  public static final Duration LONGEST_ANSWER = Duration.ofSeconds(5);

  /** In bytes, each: an element of the queue is no longer, but rows may come by other ways. */
  private static final long MOST_CONTENT = 4 << 20;

  private static final String CANCELED = "57014";

  private final ReadDatabase database;
  private final SchemaName schema;
  private final Duration timeout;

  /** Asks with the role of the database, which needs the views. */
  public CallQueries(ReadDatabase database, SchemaName schema) {
    this(database, schema, LONGEST_ANSWER);
  }

  CallQueries(ReadDatabase database, SchemaName schema, Duration timeout) {
    this.database = database;
    this.schema = schema;
    this.timeout = timeout;
  }

  /**
   * A page of calls, the newest first; of one moment, those with the greatest id first.
   *
   * @param after where the page before ended, or null for the first page
   * @param limit the size of the page, 1 to {@link #MOST}
   * @throws IllegalArgumentException if the limit is another
   * @throws UsageException if the database is away, refuses, takes too long, or has no such tables
   */
  public CallPage newest(CallFilter filter, @Nullable Cursor after, int limit)
      throws UsageException {
    SqlText sql = page(filter, after, limit);
    Reading<List<Call>> reading =
        read(
            connection -> {
              try (PreparedStatement statement = sql.prepare(connection);
                  ResultSet row = statement.executeQuery()) {
                List<Call> calls = new ArrayList<>();
                while (row.next()) {
                  calls.add(call(row));
                }
                return calls;
              }
            });
    List<Call> calls = reading.value();
    if (calls.size() <= limit) {
      return new CallPage(calls, null, reading.origin());
    }
    Call last = calls.get(limit - 1);
    return new CallPage(
        calls.subList(0, limit), new Cursor(last.createdAt(), last.eventId()), reading.origin());
  }

  /**
   * How the server would look for a page, in its own words: for whoever checks that it reads no
   * more than it must. Reads no call.
   *
   * @throws UsageException as {@link #newest}
   */
  public List<String> plan(CallFilter filter, @Nullable Cursor after, int limit)
      throws UsageException {
    SqlText sql = page(filter, after, limit);
    return read(connection -> {
          try (PreparedStatement statement = sql.prepare(connection, "EXPLAIN ");
              ResultSet row = statement.executeQuery()) {
            List<String> lines = new ArrayList<>();
            while (row.next()) {
              lines.add(row.getString(1));
            }
            return lines;
          }
        })
        .value();
  }

  /**
   * All of one call, with prompt and answer where they were kept and the role may read them.
   *
   * @param createdAt the call's, to the microsecond
   * @return null where there is no such call
   * @throws UsageException as {@link #newest}
   */
  public @Nullable CallDetail call(UUID eventId, Instant createdAt) throws UsageException {
    // A key is a range of one moment.
    SqlText sql =
        new SqlText(
            "SELECT * FROM %s WHERE created_at = ? AND event_id = ?"
                .formatted(schema.table("llm_log_calls")),
            List.of(createdAt.truncatedTo(ChronoUnit.MICROS), eventId));
    Reading<Optional<Found>> reading =
        read(
            connection -> {
              try (PreparedStatement statement = sql.prepare(connection);
                  ResultSet row = statement.executeQuery()) {
                return row.next() ? Optional.of(found(connection, row)) : Optional.empty();
              }
            });
    return reading
        .value()
        .map(
            found ->
                new CallDetail(
                    found.columns(),
                    found.metadata(),
                    found.contents(),
                    found.contentsNote(),
                    reading.origin()))
        .orElse(null);
  }

  /** What a transaction finds of a call. */
  private record Found(
      Map<String, @Nullable Object> columns,
      @Nullable String metadata,
      @Nullable Contents contents,
      @Nullable String contentsNote) {}

  private SqlText page(CallFilter filter, @Nullable Cursor after, int limit) {
    if (limit < 1 || limit > MOST) {
      throw new IllegalArgumentException("limit " + limit + ": must be 1 to " + MOST);
    }
    return CallSql.page(schema, filter, after, limit);
  }

  /** With a patience of its own, of this transaction alone. */
  private <T> Reading<T> read(Question<T> question) throws UsageException {
    return database.read(
        connection -> {
          try (Statement statement = connection.createStatement()) {
            statement.execute("SET LOCAL statement_timeout = " + timeout.toMillis());
          }
          try {
            return question.ask(connection);
          } catch (SQLException e) {
            if (CANCELED.equals(e.getSQLState())) {
              throw new UsageException(
                  "no answer within %d ms: ask for a shorter range, or for a company, too"
                      .formatted(timeout.toMillis()),
                  e);
            }
            throw e;
          }
        });
  }

  private static Call call(ResultSet row) throws SQLException {
    return new Call(
        row.getObject(1, UUID.class),
        time(row, 2),
        row.getString(3),
        row.getObject(4, Long.class),
        row.getString(5),
        row.getString(6),
        row.getString(7),
        row.getString(8),
        row.getString(9),
        row.getObject(10, Long.class),
        row.getObject(11, Long.class),
        row.getBigDecimal(12),
        row.getObject(13, Long.class),
        row.getString(14),
        row.getString(15),
        row.getString(16),
        row.getString(17));
  }

  private Found found(Connection connection, ResultSet row) throws SQLException {
    Map<String, @Nullable Object> columns = new LinkedHashMap<>();
    ResultSetMetaData head = row.getMetaData();
    String metadata = null;
    for (int column = 1; column <= head.getColumnCount(); column++) {
      String name = head.getColumnName(column);
      if (name.equals("metadata")) {
        metadata = row.getString(column);
      } else if (!name.equals("hour")) {
        // That one says nothing of the call that created_at does not.
        columns.put(name, value(row, column, head.getColumnType(column)));
      }
    }
    if (!mayReadTexts(connection)) {
      String note = "the role may not read " + schema.table("llm_log_texts");
      return new Found(columns, metadata, null, note);
    }
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            SELECT coalesce(octet_length(request::text), 0),
              coalesce(octet_length(response::text), 0),
              CASE WHEN octet_length(request::text) <= %2$d THEN request::text END,
              CASE WHEN octet_length(response::text) <= %2$d THEN response::text END
            FROM %1$s WHERE created_at = ? AND event_id = ?
            """
                .formatted(schema.table("llm_log_texts"), MOST_CONTENT))) {
      statement.setObject(1, row.getObject("created_at", OffsetDateTime.class));
      statement.setObject(2, row.getObject("event_id", UUID.class));
      try (ResultSet texts = statement.executeQuery()) {
        if (!texts.next()) {
          return new Found(columns, metadata, null, "none was kept, or its time is over");
        }
        long request = texts.getLong(1);
        long response = texts.getLong(2);
        if (Math.max(request, response) > MOST_CONTENT) {
          String note = "too long to be shown: %d and %d bytes".formatted(request, response);
          return new Found(columns, metadata, null, note);
        }
        return new Found(
            columns, metadata, new Contents(texts.getString(3), texts.getString(4)), null);
      }
    }
  }

  private boolean mayReadTexts(Connection connection) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("SELECT has_table_privilege(to_regclass(?), 'SELECT')")) {
      statement.setString(1, schema.table("llm_log_texts"));
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return row.getBoolean(1);
      }
    }
  }

  private static @Nullable Object value(ResultSet row, int column, int type) throws SQLException {
    return switch (type) {
      case Types.BIGINT -> row.getObject(column, Long.class);
      case Types.NUMERIC -> number(row, column);
      case Types.BIT, Types.BOOLEAN -> row.getObject(column, Boolean.class);
      case Types.TIMESTAMP, Types.TIMESTAMP_WITH_TIMEZONE -> time(row, column);
      default -> row.getString(column);
    };
  }

  /** NaN is no number, and unknown here. */
  private static @Nullable BigDecimal number(ResultSet row, int column) throws SQLException {
    return "NaN".equals(row.getString(column)) ? null : row.getBigDecimal(column);
  }

  private static Instant time(ResultSet row, int column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }
}
