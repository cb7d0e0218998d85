package io.llmlog.benchmarks.flow;

import io.llmlog.benchmarks.GeneratedRows;
import io.llmlog.jdbc.PostgresDataSource;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.maintain.Retention;
import io.llmlog.jdbc.maintain.TableMaintenance;
import io.llmlog.jdbc.schema.Schema;
import io.llmlog.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.Period;
import java.time.YearMonth;
import java.time.ZoneOffset;

/** Tables with the rows of three months, the present one included. */
final class FilledTable {
  private FilledTable() {}

  /** Makes the tables, or brings them to this version, and adds rows: a million in about 40 s. */
  static void fill(String url, SchemaName schema, long rows) throws Exception {
    Instant now = Instant.now();
    Instant first =
        YearMonth.from(now.atZone(ZoneOffset.UTC))
            .minusMonths(2)
            .atDay(1)
            .atStartOfDay(ZoneOffset.UTC)
            .toInstant();
    Schema tables = new Schema(PostgresUrl.parse(url), schema);
    tables.apply(false, first);
    tables.apply(false, now);
    if (rows == 0) {
      return;
    }
    try (Connection connection = PostgresServer.connect(url)) {
      new GeneratedRows(first, now, rows).fill(connection, schema.table("llm_logs"));
    }
    // Else the worker does it, while it is measured.
    new TableMaintenance(
            new PostgresDataSource(PostgresUrl.parse(url), Duration.ofMinutes(15)),
            schema,
            new Retention(Period.ofMonths(13), Period.ofDays(30), Period.ofYears(5)),
            null)
        .run(now);
    try (Connection connection = PostgresServer.connect(url);
        Statement statement = connection.createStatement()) {
      statement.execute("VACUUM ANALYZE " + tables(statement, schema));
      statement.execute("CHECKPOINT");
    }
  }

  /** All of the schema: the rollup of so many rows would keep autovacuum busy, too. */
  private static String tables(Statement statement, SchemaName schema) throws SQLException {
    try (ResultSet tables =
        statement.executeQuery(
            """
            SELECT string_agg(oid::regclass::text, ', ') FROM pg_class
            WHERE relnamespace = '%s'::regnamespace AND relkind IN ('r', 'p')
              AND NOT relispartition
            """
                .formatted(schema.quoted()))) {
      tables.next();
      return tables.getString(1);
    }
  }
}
