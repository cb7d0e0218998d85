package io.llmlog.worker;

import io.llmlog.jdbc.PostgresDataSource;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.schema.Schema;
import io.llmlog.jdbc.usage.StoreWarnings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Looks at the settings that the writing role has, and at the version of the tables. */
final class PostgresChecks implements ServerChecks.Check {
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(5);

  private final PostgresDataSource database;
  private final Schema schema;

  private PostgresChecks(PostgresDataSource database, Schema schema) {
    this.database = database;
    this.schema = schema;
  }

  /**
   * @throws IllegalArgumentException if the URL or the schema's name is wrong
   */
  static PostgresChecks create(String text, String schemaName) {
    PostgresUrl url = PostgresUrl.parse(text);
    return new PostgresChecks(
        new PostgresDataSource(url, ANSWER_TIMEOUT), new Schema(url, new SchemaName(schemaName)));
  }

  @Override
  public List<String> warnings() throws Exception {
    String problem = schema.problem(schema.status());
    List<String> warnings = new ArrayList<>(StoreWarnings.read(database));
    if (problem != null) {
      warnings.add(problem);
    }
    return warnings;
  }
}
