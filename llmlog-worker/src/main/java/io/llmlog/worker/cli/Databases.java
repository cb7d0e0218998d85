package io.llmlog.worker.cli;

import io.llmlog.config.Environment;
import io.llmlog.config.Setting;
import io.llmlog.config.Settings;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.schema.SchemaException;
import io.llmlog.jdbc.usage.ReadDatabase;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.helpers.NOPLogger;

/** The databases that an environment names; what is wrong with them joins its problems. */
final class Databases {
  /** Stands in for a URL that is wrong, until all errors are found and thrown. */
  private static final PostgresUrl NOWHERE = PostgresUrl.parse("postgresql://localhost/nowhere");

  private Databases() {}

  /** The analytics database. */
  static PostgresUrl required(Environment environment) {
    return required(environment, Settings.DATABASE);
  }

  /**
   * The read replica with the analytics database behind it, or whichever is configured; says itself
   * what it has to say.
   *
   * @param timeout the longest that one statement may take
   */
  static ReadDatabase forReading(Environment environment, Duration timeout) {
    boolean replica = environment.isSet(Settings.READ_DATABASE);
    boolean primary = environment.isSet(Settings.DATABASE) || !replica;
    PostgresUrl read = replica ? required(environment, Settings.READ_DATABASE) : null;
    PostgresUrl database = primary || read == null ? required(environment) : read;
    // The command says who answered, once.
    return ReadDatabase.of(database, primary ? read : null, timeout, NOPLogger.NOP_LOGGER);
  }

  /** The read replica, or null where none is configured. */
  static @Nullable PostgresUrl replica(Environment environment) {
    return environment.isSet(Settings.READ_DATABASE)
        ? required(environment, Settings.READ_DATABASE)
        : null;
  }

  /** The analytics database by a role that may change what stands there. */
  static PostgresUrl forMaintenance(Environment environment) {
    return required(
        environment,
        environment.isSet(Settings.MAINTENANCE_DATABASE)
            ? Settings.MAINTENANCE_DATABASE
            : Settings.DATABASE);
  }

  /** The analytics database, or null where none is configured. */
  static @Nullable PostgresUrl optional(Environment environment) {
    return environment.isSet(Settings.DATABASE) ? required(environment) : null;
  }

  /** The schema that holds the tables. */
  static SchemaName schema(Environment environment) {
    return new SchemaName(environment.get(Settings.SCHEMA));
  }

  /**
   * What the question answers.
   *
   * @throws CommandException with the place and the reason, if it fails
   */
  static <T> T ask(PostgresUrl url, Callable<T> question)
      throws CommandException, InterruptedException {
    try {
      return question.call();
    } catch (InterruptedException e) {
      throw e;
    } catch (SchemaException e) {
      throw CommandException.failed(String.valueOf(e.getMessage()), e);
    } catch (Exception e) {
      throw CommandException.failed(url.place() + ": " + e.getMessage(), e);
    }
  }

  private static PostgresUrl required(Environment environment, Setting<String> setting) {
    String url = environment.find(setting);
    if (url == null) {
      if (!environment.isSet(setting)) {
        environment.reject(setting, "must be " + setting.allowed());
      }
      return NOWHERE;
    }
    try {
      return PostgresUrl.parse(url);
    } catch (IllegalArgumentException e) {
      environment.reject(setting, String.valueOf(e.getMessage()));
      return NOWHERE;
    }
  }
}
