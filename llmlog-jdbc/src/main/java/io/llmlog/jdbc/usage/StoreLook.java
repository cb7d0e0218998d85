package io.llmlog.jdbc.usage;

import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.usage.StoreState.Part;
import io.llmlog.jdbc.usage.StoreState.Slice;
import io.llmlog.jdbc.usage.StoreState.SlowStatement;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One look at the store, in the transaction of a question. Asks for its rights before it reads: a
 * refused statement would end the transaction.
 */
final class StoreLook {
  private static final DateTimeFormatter BOUND =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSSSSSx").withZone(ZoneOffset.UTC);

  /** The server reads the bounds that it wrote: their form depends on the session. */
  private static final String PARTITIONS =
      """
      SELECT p.relname, c.relname, bound = 'DEFAULT',
        CAST(substring(bound FROM 'FROM \\(''([^'']*)''\\)') AS timestamptz) AS first,
        CAST(substring(bound FROM 'TO \\(''([^'']*)''\\)') AS timestamptz),
        greatest(c.reltuples::bigint, pg_stat_get_live_tuples(c.oid), 0),
        pg_total_relation_size(c.oid)
      FROM pg_class p JOIN pg_namespace n ON n.oid = p.relnamespace
        JOIN pg_inherits i ON i.inhparent = p.oid JOIN pg_class c ON c.oid = i.inhrelid
        CROSS JOIN LATERAL pg_get_expr(c.relpartbound, c.oid) AS bound
      WHERE n.nspname = ? AND p.relname IN ('llm_logs', 'llm_log_contents') AND p.relkind = 'p'
      ORDER BY p.relname DESC, first NULLS FIRST, c.relname
      """;

  private static final String CHUNKS =
      """
      SELECT h.hypertable_name, h.chunk_name, false, h.range_start, h.range_end,
        greatest(c.reltuples::bigint, pg_stat_get_live_tuples(c.oid), 0),
        pg_total_relation_size(c.oid)
      FROM timescaledb_information.chunks h JOIN pg_namespace n ON n.nspname = h.chunk_schema
        JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = h.chunk_name
      WHERE h.hypertable_schema = ? AND h.hypertable_name IN ('llm_logs', 'llm_log_contents')
      ORDER BY h.hypertable_name DESC, h.range_start, h.chunk_name
      """;

  private static final String MAY_SEE_CHUNKS =
      """
      SELECT has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = 'timescaledb_information' AND c.relname = 'chunks'
      """;

  private static final String OTHER_BYTES =
      """
      SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = ? AND c.relname IN
        ('llm_log_hourly_sums', 'llm_log_hourly_additions', 'llm_log_daily', 'llm_log_days',
          'llm_log_overall', 'llm_log_monthly', 'llm_log_months', 'llm_log_dead_letters')
      """;

  /** Of this database alone, and of clients: what the server does by itself may take its time. */
  private static final String SLOW =
      """
      SELECT extract(epoch FROM clock_timestamp() - query_start)::numeric,
        CASE WHEN wait_event_type = 'Lock' THEN 'waiting for a lock' ELSE state END,
        application_name, query
      FROM pg_stat_activity
      WHERE datname = current_database() AND backend_type = 'client backend' AND state = 'active'
        AND pid <> pg_backend_pid() AND query_start < clock_timestamp() - interval '1 second'
      ORDER BY query_start LIMIT 20
      """;

  /** The server hides all of them but that they are there. */
  private static final String HIDDEN =
      """
      SELECT count(*) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename <> current_user
        AND NOT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')
      """;

  private final Connection connection;
  private final SchemaName schema;
  private final Map<Part, String> unseen = new EnumMap<>(Part.class);

  StoreLook(Connection connection, SchemaName schema) {
    this.connection = connection;
    this.schema = schema;
  }

  /**
   * A part of a table as the catalog has it.
   *
   * @param from null: no beginning, or DEFAULT
   * @param to null: no end, or DEFAULT
   */
  private record Piece(
      String table,
      String name,
      boolean rest,
      @Nullable Instant from,
      @Nullable Instant to,
      long rows,
      long bytes) {
    Slice slice() {
      return new Slice(
          table,
          name,
          from == null ? Instant.MIN : from,
          to == null ? Instant.MAX : to,
          rows,
          bytes);
    }
  }

  StoreState look() throws SQLException {
    int version =
        (int)
            number(
                "SELECT coalesce(max(version::int), 0) FROM %s WHERE version ~ '^[0-9]+$' AND success"
                    .formatted(schema.table("llmlog_schema_history")));
    List<Piece> pieces = pieces(PARTITIONS);
    if (pieces.isEmpty()) {
      pieces = chunks();
    }
    long bytes = otherBytes() + pieces.stream().mapToLong(Piece::bytes).sum();
    return new StoreState(
        version,
        deadLetters(),
        defaultRows(pieces),
        pieces.stream().filter(piece -> !piece.rest()).map(Piece::slice).toList(),
        rollupLag(),
        slow(),
        bytes,
        unseen);
  }

  private List<Piece> chunks() throws SQLException {
    Boolean maySee = null;
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(MAY_SEE_CHUNKS)) {
      if (row.next()) {
        maySee = row.getBoolean(1);
      }
    }
    if (maySee == null) {
      return List.of();
    }
    if (!maySee) {
      unseen.put(Part.SLICES, "the role may not read timescaledb_information.chunks");
      return List.of();
    }
    return pieces(CHUNKS);
  }

  private List<Piece> pieces(String query) throws SQLException {
    List<Piece> pieces = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement(query)) {
      statement.setString(1, schema.name());
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          pieces.add(
              new Piece(
                  row.getString(1),
                  row.getString(2),
                  row.getBoolean(3),
                  time(row, 4),
                  time(row, 5),
                  row.getLong(6),
                  // NULL where it was dropped meanwhile, read as 0.
                  row.getLong(7)));
        }
      }
    }
    return pieces;
  }

  private long otherBytes() throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(OTHER_BYTES)) {
      statement.setString(1, schema.name());
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    }
  }

  private long deadLetters() throws SQLException {
    String source = readable("llm_log_failures", "llm_log_dead_letters", "id");
    if (source == null) {
      unseen.put(Part.DEAD_LETTERS, "the role may not read " + schema.table("llm_log_failures"));
      return 0;
    }
    return number(
        "SELECT count(*) FROM (SELECT FROM %s LIMIT %d) AS found"
            .formatted(source, StoreState.MOST_DEAD_LETTERS));
  }

  /**
   * Rows that no partition's range holds are in DEFAULT, and nowhere else: so a role that has a
   * view and no table counts them too, and only DEFAULT is read.
   */
  private long defaultRows(List<Piece> pieces) throws SQLException {
    List<Piece> rows = pieces.stream().filter(piece -> piece.table().equals("llm_logs")).toList();
    Piece rest = rows.stream().filter(Piece::rest).findAny().orElse(null);
    if (rest == null) {
      return 0;
    }
    String source = readable("llm_log_calls", "llm_logs", "created_at");
    if (source == null) {
      unseen.put(
          Part.DEFAULT_ROWS,
          "the role may not read %s: an estimate".formatted(schema.table("llm_log_calls")));
      return Math.min(rest.rows(), StoreState.MOST_DEFAULT_ROWS);
    }
    return number(
        "SELECT count(*) FROM (SELECT FROM %s WHERE %s LIMIT %d) AS found"
            .formatted(source, outside(rows), StoreState.MOST_DEFAULT_ROWS));
  }

  /** What the ranges leave free, as a condition without parameters; they come in order. */
  private static String outside(List<Piece> pieces) {
    List<String> gaps = new ArrayList<>();
    Instant end = Instant.MIN;
    for (Piece piece : pieces) {
      if (piece.rest()) {
        continue;
      }
      if (piece.from() != null && piece.from().isAfter(end)) {
        gaps.add("(%s AND created_at < %s)".formatted(since(end), literal(piece.from())));
      }
      end = piece.to() == null ? Instant.MAX : piece.to();
    }
    if (end.isBefore(Instant.MAX)) {
      gaps.add("(" + since(end) + ")");
    }
    return gaps.isEmpty() ? "false" : String.join(" OR ", gaps);
  }

  /** Behind the newest whole day, so that both the reader's views and the tables tell the same. */
  private Duration rollupLag() throws SQLException {
    String hours = readable("llm_log_usage", "llm_log_usage", "hour");
    String days = readable("llm_log_usage_days", "llm_log_usage_days", "day");
    if (hours == null || days == null) {
      unseen.put(
          Part.ROLLUP_LAG,
          "the role may not read %s and %s"
              .formatted(schema.table("llm_log_usage"), schema.table("llm_log_usage_days")));
      return Duration.ZERO;
    }
    // A day may be summed up once it ended 36 hours ago.
    String sql =
        """
        SELECT extract(epoch FROM
          now() - (date_trunc('day', min(hour), 'UTC') + interval '60 hours'))::numeric
        FROM %s WHERE hour < now() AND hour > '-infinity'
          AND hour >= coalesce((SELECT max(day) + interval '24 hours' FROM %s), '-infinity')
        """
            .formatted(hours, days);
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return duration(row.getBigDecimal(1));
    }
  }

  private List<SlowStatement> slow() throws SQLException {
    long hidden = number(HIDDEN);
    if (hidden > 0) {
      unseen.put(
          Part.SLOW,
          "the statements of %d sessions of other roles: grant pg_read_all_stats to the role"
              .formatted(hidden));
    }
    List<SlowStatement> slow = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(SLOW)) {
      while (row.next()) {
        slow.add(
            new SlowStatement(
                duration(row.getBigDecimal(1)),
                String.valueOf(row.getString(2)),
                row.getString(3) == null ? "" : row.getString(3),
                StatementText.shown(String.valueOf(row.getString(4)))));
      }
    }
    return slow;
  }

  /** The view, or the table behind it, or null where the role may read neither. */
  private @Nullable String readable(String view, String table, String column) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            SELECT has_table_privilege(to_regclass(?), 'SELECT'),
              has_column_privilege(to_regclass(?), ?, 'SELECT')
            """)) {
      statement.setString(1, schema.table(view));
      statement.setString(2, schema.table(table));
      statement.setString(3, column);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        if (row.getBoolean(1)) {
          return schema.table(view);
        }
        return row.getBoolean(2) ? schema.table(table) : null;
      }
    }
  }

  private long number(String query) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      row.next();
      return row.getLong(1);
    }
  }

  private static @Nullable Instant time(ResultSet row, int column) throws SQLException {
    OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
    // What the driver makes of the server's infinities.
    boolean none =
        time == null || time.equals(OffsetDateTime.MIN) || time.equals(OffsetDateTime.MAX);
    return none ? null : time.toInstant();
  }

  private static Duration duration(@Nullable BigDecimal seconds) {
    return seconds == null || seconds.signum() < 0
        ? Duration.ZERO
        : Duration.ofMillis(seconds.movePointRight(3).longValue());
  }

  private static String since(Instant time) {
    return time.equals(Instant.MIN) ? "created_at IS NOT NULL" : "created_at >= " + literal(time);
  }

  private static String literal(Instant time) {
    return "TIMESTAMPTZ '" + BOUND.format(time) + "'";
  }
}
