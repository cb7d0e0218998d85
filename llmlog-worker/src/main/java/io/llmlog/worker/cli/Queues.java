package io.llmlog.worker.cli;

import io.llmlog.config.Environment;
import io.llmlog.config.Setting;
import io.llmlog.config.Settings;
import io.llmlog.spi.Providers;
import io.llmlog.spi.QueueInspector;
import io.llmlog.spi.QueueProvider.QueueSettings;
import org.jspecify.annotations.Nullable;

/** The queue that an environment names. */
final class Queues {
  private Queues() {}

  /** Null with a problem of the environment, or where it says that there is no queue. */
  static @Nullable QueueInspector inspector(Environment environment) {
    Setting<String> setting = environment.queueUrl();
    String url = environment.find(setting);
    if (url == null || url.equals(Settings.NO_QUEUE)) {
      return null;
    }
    try {
      return Providers.queue(url)
          .inspector(new QueueSettings(url, environment.get(Settings.QUEUE)));
    } catch (IllegalArgumentException e) {
      environment.reject(setting, String.valueOf(e.getMessage()));
      return null;
    }
  }
}
