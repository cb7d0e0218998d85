package io.llmlog.jdbc;

import io.llmlog.event.Column;
import io.llmlog.jdbc.schema.Schema;
import io.llmlog.spi.EventWriter;
import io.llmlog.spi.StoreProvider.StoreSettings;
import io.llmlog.testkit.PostgresServer;
import io.llmlog.testkit.WriterContract;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.Period;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The contract on PostgreSQL; the subclasses name the version. */
abstract class PostgresContract extends WriterContract {
  static final SchemaName SCHEMA = new SchemaName("analytics");

  private String url = "";

  abstract PostgresServer server();

  /** So early that no row of the contract is too old for the fast road. */
  static final Clock ANCIENT = Clock.fixed(Instant.parse("0001-01-01T00:00:00Z"), ZoneOffset.UTC);

  Partitioning partitioning() {
    return Partitioning.NATIVE;
  }

  String url() {
    return url;
  }

  static StoreSettings settings(String url) {
    return new StoreSettings(url, SCHEMA.name(), Period.ofYears(3000), 4, Duration.ofSeconds(20));
  }

  @Override
  protected EventWriter createWriter() throws Exception {
    url = server().createDatabase("contract");
    new Schema(PostgresUrl.parse(url), SCHEMA, partitioning()).apply(false, Instant.now());
    return PostgresWriter.create(settings(writerUrl()), ANCIENT);
  }

  /** By which role the contract is written; an administrator unless a subclass says otherwise. */
  String writerUrl() {
    return url;
  }

  @Override
  protected @Nullable Map<Column, @Nullable Object> row(UUID eventId) throws SQLException {
    try (Connection connection = PostgresServer.connect(url);
        PreparedStatement query =
            connection.prepareStatement("SELECT * FROM analytics.llm_logs WHERE event_id = ?")) {
      query.setObject(1, eventId);
      try (ResultSet row = query.executeQuery()) {
        return row.next() ? values(row) : null;
      }
    }
  }

  @Override
  protected long rows() throws SQLException {
    return number("SELECT count(*) FROM analytics.llm_logs");
  }

  @Override
  protected List<byte[]> deadLetters() throws SQLException {
    try (Connection connection = PostgresServer.connect(url);
        ResultSet rows =
            connection
                .createStatement()
                .executeQuery("SELECT raw FROM analytics.llm_log_dead_letters ORDER BY id")) {
      List<byte[]> raw = new ArrayList<>();
      while (rows.next()) {
        raw.add(rows.getBytes(1));
      }
      return raw;
    }
  }

  long number(String sql) throws SQLException {
    try (Connection connection = PostgresServer.connect(url);
        ResultSet row = connection.createStatement().executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }

  private static Map<Column, @Nullable Object> values(ResultSet row) throws SQLException {
    Map<Column, @Nullable Object> values = new EnumMap<>(Column.class);
    for (Column column : Column.values()) {
      if (column.inRow()) {
        Object value =
            switch (column.type()) {
              case TIME -> row.getObject(column.key(), OffsetDateTime.class);
              case TEXT, JSON -> row.getString(column.key());
              case INTEGER -> row.getObject(column.key(), Long.class);
              case DECIMAL -> row.getBigDecimal(column.key());
              case BOOLEAN -> row.getObject(column.key(), Boolean.class);
              case UUID -> row.getObject(column.key(), UUID.class);
            };
        values.put(column, value instanceof OffsetDateTime time ? time.toInstant() : value);
      }
    }
    return values;
  }
}
