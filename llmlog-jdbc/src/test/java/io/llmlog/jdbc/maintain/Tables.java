package io.llmlog.jdbc.maintain;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.llmlog.jdbc.PostgresDataSource;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.PostgresWriter;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.schema.Schema;
import io.llmlog.spi.Message;
import io.llmlog.spi.StoreProvider.StoreSettings;
import io.llmlog.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.Period;
import java.time.ZoneOffset;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The tables in a database of their own, and those who work with them. */
final class Tables {
  static final Retention USUAL =
      new Retention(Period.parse("P13M"), Period.parse("P30D"), Period.parse("P5Y"));
  private static final SchemaName SCHEMA = new SchemaName("analytics");

  private final String url;

  /**
   * @param appliedAt the partitions are those of this time
   */
  Tables(PostgresServer server, Instant appliedAt) throws Exception {
    url = server.createDatabase("maintain");
    new Schema(PostgresUrl.parse(url), SCHEMA).apply(false, appliedAt);
  }

  String url() {
    return url;
  }

  /** The URL of another role. */
  String url(String role) {
    return url.replaceFirst("//[^@]+@", "//" + role + "@");
  }

  Partitions partitions() {
    return new Partitions(dataSource(url), SCHEMA);
  }

  TableMaintenance maintenance() {
    return maintenance(url, null);
  }

  static TableMaintenance maintenance(String url, @Nullable Archiver archiver) {
    return new TableMaintenance(dataSource(url), SCHEMA, USUAL, archiver);
  }

  TableMaintenance archivingInto(Archive archive) {
    return new TableMaintenance(dataSource(url), SCHEMA, USUAL, archive);
  }

  Restore restore() {
    return new Restore(dataSource(url), SCHEMA);
  }

  private static PostgresDataSource dataSource(String url) {
    return new PostgresDataSource(PostgresUrl.parse(url), Duration.ofMinutes(15));
  }

  static PostgresWriter writer(String url, Instant now) {
    return PostgresWriter.create(
        new StoreSettings(url, SCHEMA.name(), USUAL.rows(), 4, Duration.ofSeconds(30)),
        Clock.fixed(now, ZoneOffset.UTC));
  }

  /** An event; the same number and time make the same one. */
  static Message message(int number, Instant at, String action) {
    UUID id = new UUID(0x0189_0a5d_ac96_7000L, 0x8000_0000_0000_0000L + number);
    String json =
        """
        {"event_id":"%s","created_at":"%s","action":"%s","company_id":%d,"tokens_input":7}
        """
            .formatted(id, at, action, number % 3);
    return new Message(json.getBytes(UTF_8), id, at);
  }

  void execute(String sql) {
    PostgresServer.execute(url, sql);
  }

  String text(String sql) throws SQLException {
    try (Connection connection = PostgresServer.connect(url);
        ResultSet row = connection.createStatement().executeQuery(sql)) {
      row.next();
      return String.valueOf(row.getString(1));
    }
  }

  long number(String sql) throws SQLException {
    return Long.parseLong(text(sql));
  }

  boolean exists(String table) throws SQLException {
    return text("SELECT to_regclass('analytics." + table + "') IS NOT NULL").equals("t");
  }

  /** The rollup says what the rows say. */
  void checkRollup() throws SQLException {
    assertEquals(
        "",
        text(
            """
            SELECT coalesce(string_agg(format('%s %s: %s, rows: %s', hour, company_id, h, r), '; '), '')
            FROM (SELECT hour, company_id, action, (calls, tokens_input) AS h FROM analytics.llm_log_hourly) a
            FULL JOIN (
              SELECT date_trunc('hour', created_at, 'UTC') AS hour, coalesce(company_id, -1) AS company_id,
                action, (count(*), coalesce(sum(tokens_input), 0)) AS r
              FROM analytics.llm_logs GROUP BY 1, 2, 3) b USING (hour, company_id, action)
            WHERE h::text IS DISTINCT FROM r::text
            """));
  }
}
