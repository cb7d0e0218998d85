package io.llmlog.worker;

import io.llmlog.config.Environment;
import io.llmlog.config.Setting;
import io.llmlog.config.Settings;
import io.llmlog.jdbc.PostgresProvider;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.maintain.Archive;
import io.llmlog.jdbc.maintain.Retention;
import io.llmlog.jdbc.schema.Schema;
import io.llmlog.spi.EventWriter;
import io.llmlog.spi.Providers;
import io.llmlog.spi.QueueInspector;
import io.llmlog.spi.QueueProvider;
import io.llmlog.spi.QueueProvider.QueueSettings;
import io.llmlog.spi.StoreProvider;
import io.llmlog.spi.StoreProvider.StoreSettings;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Makes the worker that an environment describes. */
final class Workers {
  private final Environment environment;
  private final WorkerConfig config;

  private Workers(Environment environment) {
    this.environment = environment;
    this.config = WorkerConfig.from(environment);
  }

  /** Goes through everything before it throws, so that a person sees all errors at once. */
  static Worker from(Environment environment, @Nullable WorkerListener listener) {
    Workers parts = new Workers(environment);
    Worker.Builder builder = Worker.builder().config(parts.config);
    if (listener != null) {
      builder.listener(listener);
    }
    parts.addQueue(builder);
    parts.addStore(builder);
    environment.throwIfWrong();
    return builder.build();
  }

  private void addQueue(Worker.Builder builder) {
    Setting<String> setting = environment.queueUrl();
    String url = environment.find(setting);
    if (url == null) {
      return;
    }
    if (url.equals(Settings.NO_QUEUE)) {
      environment.reject(setting, "a worker needs a queue");
      return;
    }
    QueueSettings settings = new QueueSettings(url, environment.get(Settings.QUEUE));
    QueueProvider provider = checked(setting, () -> Providers.queue(url));
    QueueInspector inspector =
        provider == null ? null : checked(setting, () -> provider.inspector(settings));
    if (provider != null && inspector != null) {
      builder.sources(() -> provider.source(settings, config.lease())).inspector(inspector);
    }
  }

  private void addStore(Worker.Builder builder) {
    Setting<String> setting = Settings.DATABASE;
    String url = environment.find(setting);
    if (url == null) {
      if (!environment.isSet(setting)) {
        environment.reject(setting, "must be " + setting.allowed());
      }
      return;
    }
    StoreProvider provider = checked(setting, () -> Providers.store(url));
    if (provider == null) {
      return;
    }
    StoreSettings settings =
        new StoreSettings(
            url,
            environment.get(Settings.SCHEMA),
            environment.get(Settings.RETENTION),
            config.threads(),
            config.statementTimeout(),
            environment.get(Settings.CAPTURE_CONTENT)
                ? environment.get(Settings.CONTENT_RETENTION)
                : null);
    EventWriter writer = checked(setting, () -> provider.writer(settings));
    if (writer != null) {
      builder.writer(writer);
      if (provider instanceof PostgresProvider) {
        // Whoever embeds a worker has no gate before it.
        SchemaName schema = new SchemaName(environment.get(Settings.SCHEMA));
        builder.writer(new VersionGuard(writer, new Schema(PostgresUrl.parse(url), schema)));
        addMaintenance(builder, url);
        ServerChecks.Check check =
            checked(setting, () -> PostgresChecks.create(url, environment.get(Settings.SCHEMA)));
        if (check != null) {
          builder.storeCheck(check);
        }
      }
    }
  }

  private void addMaintenance(Worker.Builder builder, String storeUrl) {
    String own = environment.find(Settings.MAINTENANCE_DATABASE);
    Setting<String> setting = own == null ? Settings.DATABASE : Settings.MAINTENANCE_DATABASE;
    String url = own == null ? storeUrl : own;
    Path directory = environment.find(Settings.ARCHIVE_DIR);
    Archive archive =
        directory == null ? null : checked(Settings.ARCHIVE_DIR, () -> Archive.in(directory));
    Maintenance maintenance =
        checked(
            setting,
            () ->
                PostgresMaintenance.create(
                    url,
                    environment.get(Settings.SCHEMA),
                    new Retention(
                        environment.get(Settings.RETENTION),
                        environment.get(Settings.CONTENT_RETENTION),
                        environment.get(Settings.ROLLUP_RETENTION)),
                    archive));
    if (maintenance != null) {
      builder.maintenance(maintenance);
    }
  }

  /** What the supplier makes, or null with its complaint added to the environment's problems. */
  private <T> @Nullable T checked(Setting<?> setting, Supplier<T> part) {
    try {
      return part.get();
    } catch (IllegalArgumentException e) {
      environment.reject(setting, String.valueOf(e.getMessage()));
      return null;
    }
  }
}
