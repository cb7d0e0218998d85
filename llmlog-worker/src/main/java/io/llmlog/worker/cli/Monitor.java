package io.llmlog.worker.cli;

import io.llmlog.config.ConfigException;
import io.llmlog.config.Environment;
import io.llmlog.config.Settings;
import io.llmlog.jdbc.DeadLetterBox;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.maintain.Retention;
import io.llmlog.jdbc.usage.CallQueries;
import io.llmlog.jdbc.usage.ReadDatabase;
import io.llmlog.jdbc.usage.UsageQueries;
import io.llmlog.spi.QueueInspector;
import io.llmlog.worker.Worker;
import io.llmlog.worker.WorkerListener;
import io.llmlog.worker.admin.AdminConfig;
import io.llmlog.worker.admin.AdminServer;
import io.llmlog.worker.alert.Alerts;
import io.llmlog.worker.alert.Thresholds;
import io.llmlog.worker.dashboard.DashboardApi;
import io.llmlog.worker.metrics.ProcessMetrics;
import io.llmlog.worker.metrics.WorkerMetrics;
import io.llmlog.worker.usage.CachedUsage;
import io.llmlog.worker.watch.Health;
import io.llmlog.worker.watch.QueueQuestion;
import io.llmlog.worker.watch.StoreQuestion;
import io.llmlog.worker.watch.Watch;
import io.llmlog.worker.watch.WorkerLook;
import io.llmlog.worker.watch.WriteTimes;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import org.slf4j.helpers.NOPLogger;

/**
 * What stands beside a worker of this process and tells how it is: the watch, metrics, alerts, the
 * dashboard and the HTTP server before them. It is made before the worker, whose listener it has,
 * and started with it:
 *
 * <pre>{@code
 * Monitor monitor = Monitor.of(environment); // null: LLMLOG_ADMIN_ADDRESS is off
 * try (Worker worker = Worker.from(environment, monitor.listener());
 *     monitor) {
 *   monitor.start(worker);
 * }
 * }</pre>
 *
 * <p>It asks by connections of its own and changes nothing on the worker's way. Not thread-safe.
 */
public final class Monitor implements AutoCloseable {
  /** The longest that a statement of a page may take. */
  private static final Duration PAGE_TIMEOUT = Duration.ofSeconds(20);

  private final Environment environment;
  private final AdminConfig config;
  private final @Nullable PostgresUrl replica;
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final WorkerMetrics metrics = new WorkerMetrics(registry);
  private final WriteTimes writes = new WriteTimes(metrics);

  /** The last one that began is the first one to end. */
  private final Deque<AutoCloseable> begun = new ArrayDeque<>();

  private @Nullable AdminServer server;

  private Monitor(Environment environment, AdminConfig config, @Nullable PostgresUrl replica) {
    this.environment = environment;
    this.config = config;
    this.replica = replica;
    begun.push(registry::close);
  }

  /**
   * A monitor that opens nothing yet; null where the environment wants none, or where it is wrong
   * and knows it: the worker throws then with all that is.
   */
  public static @Nullable Monitor of(Environment environment) {
    AdminConfig config = AdminConfig.from(environment);
    if (config == null) {
      return null;
    }
    return new Monitor(environment, config, Databases.replica(environment));
  }

  /** What the worker must be told to tell. */
  public WorkerListener listener() {
    return writes;
  }

  /**
   * Begins to look and to answer, whether queue and store do or not.
   *
   * @param worker one from the same environment, with this monitor's listener; started or not
   * @throws ConfigException if the address cannot be bound
   */
  public void start(Worker worker) {
    start(worker, false);
  }

  /** As {@link #start}, at any port that is free where the one of the environment is not. */
  public void startSomewhere(Worker worker) {
    start(worker, true);
  }

  private void start(Worker worker, boolean somewhere) {
    PostgresUrl primary = PostgresUrl.parse(environment.get(Settings.DATABASE));
    SchemaName schema = Databases.schema(environment);
    QueueInspector inspector = Queues.inspector(environment);
    if (inspector == null) {
      throw new IllegalStateException("the worker has no queue");
    }
    QueueQuestion queue = new QueueQuestion(inspector);
    begun.push(queue);
    StoreQuestion store =
        new StoreQuestion(
            primary,
            replica,
            schema,
            WorkerLook.PATIENCE,
            LoggerFactory.getLogger(ReadDatabase.class));
    Watch watch = new Watch(new WorkerLook(worker, queue, store, writes));
    ProcessMetrics process = new ProcessMetrics();
    process.bindTo(registry);
    begun.push(process);
    metrics.bind(worker, watch::now, replica != null);
    Alerts alerts =
        new Alerts(
            watch, Thresholds.DEFAULTS.withQueueDepth(environment.get(Settings.QUEUE_DEPTH_ALERT)));
    DashboardApi api = dashboard(primary, schema, watch, alerts);
    AdminServer started = server(config, watch, api, somewhere);
    server = started;
    begun.push(watch);
    watch.start();
    begun.push(started);
  }

  private AdminServer server(AdminConfig at, Watch watch, DashboardApi api, boolean somewhere) {
    AdminServer starting =
        new AdminServer(
            at, () -> Health.of(watch.now(), Instant.now()), registry::scrape, api::addTo);
    try {
      starting.start();
      return starting;
    } catch (ConfigException e) {
      if (!somewhere) {
        throw e;
      }
      return server(at.atAnyPort(), watch, api, false);
    }
  }

  private DashboardApi dashboard(
      PostgresUrl primary, SchemaName schema, Watch watch, Alerts alerts) {
    // The watch, which asks all the time, says when the replica fails.
    ReadDatabase reading =
        ReadDatabase.pooled(primary, replica, PAGE_TIMEOUT, NOPLogger.NOP_LOGGER);
    begun.push(reading);
    DeadLetterBox letters =
        new DeadLetterBox(
            Databases.forMaintenance(environment),
            schema,
            environment.get(Settings.RETENTION),
            environment.get(Settings.CAPTURE_CONTENT)
                ? environment.get(Settings.CONTENT_RETENTION)
                : null,
            Clock.systemUTC());
    return new DashboardApi(
        new CachedUsage(new UsageQueries(reading, schema)),
        new CallQueries(reading, schema),
        letters,
        watch,
        alerts::firing,
        new Retention(
            environment.get(Settings.RETENTION),
            environment.get(Settings.CONTENT_RETENTION),
            environment.get(Settings.ROLLUP_RETENTION)),
        metrics::asked);
  }

  /**
   * Where a browser finds the dashboard.
   *
   * @throws IllegalStateException before the start
   */
  public String url() {
    if (server == null) {
      throw new IllegalStateException("the monitor is not started");
    }
    return server.url();
  }

  /** Answers no more and looks no more; the worker goes on. Takes 2 s at most. Idempotent. */
  @Override
  public void close() {
    while (!begun.isEmpty()) {
      try {
        begun.pop().close();
      } catch (Exception e) {
        LoggerFactory.getLogger(Monitor.class)
            .warn("A part did not end in order: {}", e.toString());
      }
    }
  }
}
