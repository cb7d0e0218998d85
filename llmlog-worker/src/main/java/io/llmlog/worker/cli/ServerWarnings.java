package io.llmlog.worker.cli;

import io.llmlog.config.Environment;
import io.llmlog.config.Settings;
import io.llmlog.jdbc.PostgresDataSource;
import io.llmlog.jdbc.PostgresProvider;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.usage.StoreWarnings;
import io.llmlog.spi.Providers;
import io.llmlog.spi.QueueException;
import io.llmlog.spi.QueueInspector;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says once, when a worker starts, what about its servers may lose messages that llmlog promises to
 * keep. It stops nothing: somebody may have chosen so.
 */
final class ServerWarnings {
  private static final Logger LOG = LoggerFactory.getLogger(ServerWarnings.class);
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(5);

  private ServerWarnings() {}

  /** Says them, of an environment without errors; a server that is away is left to the worker. */
  static void say(Environment environment) throws InterruptedException {
    ofQueue(environment).forEach(LOG::warn);
    ofStore(environment).forEach(LOG::warn);
  }

  private static List<String> ofQueue(Environment environment) throws InterruptedException {
    try (QueueInspector inspector = Queues.inspector(environment)) {
      return inspector == null ? List.of() : inspector.warnings();
    } catch (QueueException e) {
      LOG.debug("The queue's settings were not looked at", e);
      return List.of();
    }
  }

  private static List<String> ofStore(Environment environment) throws InterruptedException {
    String text = environment.get(Settings.DATABASE);
    if (!(Providers.store(text) instanceof PostgresProvider)) {
      return List.of();
    }
    PostgresUrl url = PostgresUrl.parse(text);
    PostgresDataSource database = new PostgresDataSource(url, ANSWER_TIMEOUT);
    try {
      return Databases.ask(url, () -> StoreWarnings.read(database));
    } catch (CommandException e) {
      LOG.debug("The database's settings were not looked at", e);
      return List.of();
    }
  }
}
