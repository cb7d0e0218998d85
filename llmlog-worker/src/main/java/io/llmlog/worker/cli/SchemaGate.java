package io.llmlog.worker.cli;

import io.llmlog.config.Environment;
import io.llmlog.config.Settings;
import io.llmlog.jdbc.PostgresProvider;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.schema.Schema;
import io.llmlog.jdbc.schema.SchemaException;
import io.llmlog.retry.Backoff;
import io.llmlog.retry.ThrottledLog;
import io.llmlog.spi.Providers;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Lets a worker start only on tables that it knows, and waits for a database that is away: nothing
 * is claimed from the queue meanwhile.
 */
final class SchemaGate {
  private final Schema schema;
  private final ThrottledLog log = new ThrottledLog(LoggerFactory.getLogger(SchemaGate.class));
  private final Backoff backoff = new Backoff(Duration.ofMillis(200), Duration.ofSeconds(5));

  private SchemaGate(Schema schema) {
    this.schema = schema;
  }

  /** The gate before the database of an environment without errors; null: it has no versions. */
  static @Nullable SchemaGate of(Environment environment) {
    String text = environment.get(Settings.DATABASE);
    if (!(Providers.store(text) instanceof PostgresProvider)) {
      return null;
    }
    PostgresUrl url = PostgresUrl.parse(text);
    return new SchemaGate(new Schema(url, new SchemaName(environment.get(Settings.SCHEMA))));
  }

  /**
   * Waits until the database answers.
   *
   * @return false if the stop came first
   * @throws CommandException if the tables are missing, or of another version than the program's
   */
  boolean await(StopSignal stop) throws CommandException, InterruptedException {
    while (true) {
      try {
        Schema.Status status = schema.status();
        log.succeeded("The database answers");
        String problem = schema.problem(status);
        if (problem != null) {
          throw CommandException.failed(problem);
        }
        return true;
      } catch (SchemaException e) {
        log.failed("The database does not answer; waiting until it does: " + e.getMessage());
      }
      if (stop.await(backoff.failed())) {
        return false;
      }
    }
  }
}
