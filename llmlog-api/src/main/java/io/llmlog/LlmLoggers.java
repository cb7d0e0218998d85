package io.llmlog;

import static io.llmlog.config.Settings.BUFFER_MAX_BYTES;
import static io.llmlog.config.Settings.CAPTURE_CONTENT;
import static io.llmlog.config.Settings.DEPLOYMENT_ENVIRONMENT;
import static io.llmlog.config.Settings.DEPLOYMENT_VERSION;
import static io.llmlog.config.Settings.ENABLED;
import static io.llmlog.config.Settings.MAX_EVENT_BYTES;
import static io.llmlog.config.Settings.NO_QUEUE;
import static io.llmlog.config.Settings.ON_BAD_CONFIG;
import static io.llmlog.config.Settings.OVERFLOW;
import static io.llmlog.config.Settings.QUEUE;
import static io.llmlog.config.Settings.SERVICE;

import io.llmlog.config.Environment;
import io.llmlog.config.Setting;
import io.llmlog.spi.EventSender;
import io.llmlog.spi.Providers;
import io.llmlog.spi.QueueProvider.QueueSettings;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes the logger that an environment describes. */
final class LlmLoggers {
  private LlmLoggers() {}

  static LlmLogger from(Environment environment) {
    environment.warnings().forEach(warning -> log().warn(warning));
    if (!environment.get(ENABLED)) {
      environment.problems().forEach(problem -> log().warn(problem));
      return new DisabledLlmLogger();
    }
    EventSender sender = sender(environment);
    if (environment.get(MAX_EVENT_BYTES) >= environment.get(BUFFER_MAX_BYTES)) {
      environment.reject(MAX_EVENT_BYTES, "must be less than " + BUFFER_MAX_BYTES.name());
    }
    if (sender == null || !environment.problems().isEmpty()) {
      if (environment.get(ON_BAD_CONFIG).equals("disable")) {
        log()
            .error(
                "LLM calls are not logged, the configuration is wrong: {}",
                String.join("; ", environment.problems()));
        return new DisabledLlmLogger();
      }
      environment.throwIfWrong();
      throw new IllegalStateException("a missing sender is a problem of the environment");
    }
    return new LlmLoggerBuilder()
        .sender(sender)
        .bufferMaxBytes(environment.get(BUFFER_MAX_BYTES))
        .maxEventBytes(environment.get(MAX_EVENT_BYTES).intValue())
        .blockWhenFull(environment.get(OVERFLOW))
        .captureContent(environment.get(CAPTURE_CONTENT))
        .deploymentVersion(environment.find(DEPLOYMENT_VERSION))
        .deploymentEnvironment(environment.find(DEPLOYMENT_ENVIRONMENT))
        .service(environment.find(SERVICE))
        .build();
  }

  /** Asked for late, since the first logger of a JVM may start a logging backend. */
  private static Logger log() {
    return LoggerFactory.getLogger(LlmLogger.class);
  }

  /** The way to the queue, or null with a problem said. */
  private static @Nullable EventSender sender(Environment environment) {
    Setting<String> setting = environment.queueUrl();
    String url = environment.find(setting);
    if (url == null) {
      return null;
    }
    if (url.equals(NO_QUEUE)) {
      environment.reject(setting, "there is no other road than a queue in this version");
      return null;
    }
    try {
      return Providers.queue(url).sender(new QueueSettings(url, environment.get(QUEUE)));
    } catch (IllegalArgumentException e) {
      environment.reject(setting, String.valueOf(e.getMessage()));
      return null;
    }
  }
}
