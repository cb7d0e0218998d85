package io.llmlog;

import static io.llmlog.config.Settings.BUFFER_MAX_BYTES;
import static io.llmlog.config.Settings.CAPTURE_CONTENT;
import static io.llmlog.config.Settings.CONTENT_RETENTION;
import static io.llmlog.config.Settings.DATABASE;
import static io.llmlog.config.Settings.DEPLOYMENT_ENVIRONMENT;
import static io.llmlog.config.Settings.DEPLOYMENT_VERSION;
import static io.llmlog.config.Settings.ENABLED;
import static io.llmlog.config.Settings.MAX_EVENT_BYTES;
import static io.llmlog.config.Settings.NO_QUEUE;
import static io.llmlog.config.Settings.ON_BAD_CONFIG;
import static io.llmlog.config.Settings.OVERFLOW;
import static io.llmlog.config.Settings.QUEUE;
import static io.llmlog.config.Settings.QUEUE_MAX_DEPTH;
import static io.llmlog.config.Settings.RETENTION;
import static io.llmlog.config.Settings.SCHEMA;
import static io.llmlog.config.Settings.SERVICE;
import static io.llmlog.config.Settings.SPOOL_DIR;
import static io.llmlog.config.Settings.SPOOL_MAX_BYTES;
import static io.llmlog.config.Settings.SPOOL_MODE;
import static io.llmlog.config.Settings.SPOOL_SYNC;

import io.llmlog.config.Environment;
import io.llmlog.config.Setting;
import io.llmlog.spi.EventSender;
import io.llmlog.spi.EventWriter;
import io.llmlog.spi.Providers;
import io.llmlog.spi.QueueProvider.QueueSettings;
import io.llmlog.spi.StoreProvider.StoreSettings;
import io.llmlog.spool.SpoolException;
import io.llmlog.spool.SpoolMode;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes the logger that an environment describes. */
final class LlmLoggers {
  /** The fallback writes one batch at a time; the second connection replaces a hanging one. */
  private static final int FALLBACK_CONNECTIONS = 2;

  /** How long the fallback may hold the publisher with one statement, while memory fills. */
  private static final Duration FALLBACK_TIMEOUT = Duration.ofSeconds(5);

  private LlmLoggers() {}

  static LlmLogger from(Environment environment) {
    environment.warnings().forEach(warning -> log().warn(warning));
    if (!environment.get(ENABLED)) {
      environment.problems().forEach(problem -> log().warn(problem));
      return new DisabledLlmLogger();
    }
    LlmLoggerBuilder builder = configured(environment);
    if (environment.problems().isEmpty()) {
      try {
        return builder.build();
      } catch (SpoolException e) {
        environment.reject(SPOOL_DIR, String.valueOf(e.getMessage()));
      }
    }
    if (environment.get(ON_BAD_CONFIG).equals("disable")) {
      log()
          .error(
              "LLM calls are not logged, the configuration is wrong: {}",
              String.join("; ", environment.problems()));
      return new DisabledLlmLogger();
    }
    environment.throwIfWrong();
    throw new IllegalStateException("a configuration without problems was not used");
  }

  /** All that the environment says; what is wrong with it is a problem of the environment. */
  private static LlmLoggerBuilder configured(Environment environment) {
    LlmLoggerBuilder builder =
        new LlmLoggerBuilder()
            .bufferMaxBytes(environment.get(BUFFER_MAX_BYTES))
            .maxEventBytes(environment.get(MAX_EVENT_BYTES).intValue())
            .blockWhenFull(environment.get(OVERFLOW))
            .queueMaxDepth(environment.get(QUEUE_MAX_DEPTH))
            .captureContent(environment.get(CAPTURE_CONTENT))
            .deploymentVersion(environment.find(DEPLOYMENT_VERSION))
            .deploymentEnvironment(environment.find(DEPLOYMENT_ENVIRONMENT))
            .service(environment.find(SERVICE));
    if (environment.get(MAX_EVENT_BYTES) >= environment.get(BUFFER_MAX_BYTES)) {
      environment.reject(MAX_EVENT_BYTES, "must be less than " + BUFFER_MAX_BYTES.name());
    }
    EventSender sender = sender(environment);
    if (sender != null) {
      builder.sender(sender);
    }
    EventWriter fallback = fallback(environment);
    if (fallback != null) {
      builder.fallback(fallback);
    }
    Path directory = spoolDirectory(environment);
    if (directory != null) {
      builder
          .spoolDirectory(directory)
          .spoolMode(environment.get(SPOOL_MODE))
          .spoolSync(environment.get(SPOOL_SYNC))
          .spoolMaxBytes(environment.get(SPOOL_MAX_BYTES));
    }
    return builder;
  }

  /** The way to the queue, or null where there is none or a problem was said. */
  private static @Nullable EventSender sender(Environment environment) {
    Setting<String> setting = environment.queueUrl();
    String url = environment.find(setting);
    if (url == null || url.equals(NO_QUEUE)) {
      return null;
    }
    try {
      return Providers.queue(url).sender(new QueueSettings(url, environment.get(QUEUE)));
    } catch (IllegalArgumentException e) {
      environment.reject(setting, String.valueOf(e.getMessage()));
      return null;
    }
  }

  /** The way straight to the store, or null where there is none or a problem was said. */
  private static @Nullable EventWriter fallback(Environment environment) {
    boolean onlyRoad = NO_QUEUE.equals(environment.find(environment.queueUrl()));
    String url = environment.find(DATABASE);
    if (url == null) {
      if (onlyRoad && !environment.isSet(DATABASE)) {
        environment.reject(
            DATABASE, environment.queueUrl() + "=" + NO_QUEUE + " makes it the only road");
      }
      return null;
    }
    try {
      return Providers.store(url)
          .writer(
              new StoreSettings(
                  url,
                  environment.get(SCHEMA),
                  environment.get(RETENTION),
                  FALLBACK_CONNECTIONS,
                  FALLBACK_TIMEOUT,
                  environment.get(CAPTURE_CONTENT) ? environment.get(CONTENT_RETENTION) : null));
    } catch (Providers.MissingArtifactException e) {
      if (onlyRoad) {
        environment.reject(DATABASE, String.valueOf(e.getMessage()));
      } else {
        // A service without that jar shares its environment with one that has it.
        log().warn("{} is set, but there is no fallback: {}", DATABASE, e.getMessage());
      }
      return null;
    } catch (IllegalArgumentException e) {
      environment.reject(DATABASE, String.valueOf(e.getMessage()));
      return null;
    }
  }

  private static @Nullable Path spoolDirectory(Environment environment) {
    String text = environment.find(SPOOL_DIR);
    if (text == null) {
      if (environment.get(SPOOL_MODE) == SpoolMode.ALWAYS) {
        environment.reject(SPOOL_MODE, "needs " + SPOOL_DIR);
      }
      return null;
    }
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      environment.reject(SPOOL_DIR, "must be " + SPOOL_DIR.allowed() + ": " + e.getReason());
      return null;
    }
  }

  /** Asked for late, since the first logger of a JVM may start a logging backend. */
  private static Logger log() {
    return LoggerFactory.getLogger(LlmLogger.class);
  }
}
