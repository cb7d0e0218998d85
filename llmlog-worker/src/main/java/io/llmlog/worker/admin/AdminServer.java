package io.llmlog.worker.admin;

import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.config.RoutesConfig;
import io.javalin.util.JavalinException;
import io.javalin.util.JavalinLogger;
import io.llmlog.config.ConfigException;
import io.llmlog.config.Settings;
import io.llmlog.worker.watch.Health;
import java.net.BindException;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The worker's HTTP server. Small on purpose: a few threads, a few connections, short requests. It
 * is for the people and programs that look after a worker, not for everybody's browser. Its threads
 * are daemons. Safe for use by several threads at once.
 */
public final class AdminServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AdminServer.class);

  /** Those that answer questions, two that wait for connections and bytes, and some to spare. */
  private static final int MAX_THREADS = Gate.MAX_QUESTIONS + 8;

  private static final int MIN_THREADS = 3;
  private static final int THREAD_IDLE_MILLIS = 60_000;
  private static final int MAX_WAITING = 256;
  private static final int MAX_CONNECTIONS = 128;
  private static final long CONNECTION_IDLE_MILLIS = 30_000;

  /**
   * Room for filters of a few thousand characters; a longer request is answered with 414 or 431.
   */
  private static final int MAX_HEADER_BYTES = 16 << 10;

  /** A thousand ids of dead letters, twice. */
  private static final long MAX_BODY_BYTES = 128 << 10;

  private final AdminConfig config;
  private final Supplier<Health> health;
  private final Supplier<String> scrape;
  private final Consumer<RoutesConfig> api;
  private @Nullable Javalin javalin;
  private boolean closed;

  /**
   * @param health what {@code /health/ready} says; asked by each request
   * @param scrape what {@code /metrics} says, in the text format of Prometheus; likewise
   * @param api adds the routes of others; all of them need a login where one is set
   */
  public AdminServer(
      AdminConfig config,
      Supplier<Health> health,
      Supplier<String> scrape,
      Consumer<RoutesConfig> api) {
    this.config = config;
    this.health = health;
    this.scrape = scrape;
    this.api = api;
  }

  /**
   * Binds the address and begins to answer. Once, and not after {@link #close}.
   *
   * @throws ConfigException if the address cannot be bound: it is in use, say, or not this
   *     machine's
   */
  public synchronized void start() {
    if (closed || javalin != null) {
      throw new IllegalStateException("the server was started or closed before");
    }
    // It would say in many lines what is said here in one.
    JavalinLogger.enabled = false;
    Server server = server();
    Javalin starting = Javalin.create(javalinConfig -> configure(javalinConfig, server));
    try {
      starting.start();
    } catch (JavalinException e) {
      stop(server);
      throw new ConfigException(List.of(Settings.ADMIN_ADDRESS.name() + problem(e)));
    }
    javalin = starting;
  }

  private String problem(Throwable failure) {
    Throwable deepest = failure;
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      deepest = cause;
      if (cause instanceof BindException) {
        break;
      }
    }
    return "="
        + config.authority(config.port())
        + ": must be an address of this machine that is free, or port 0 for any that is, or off: "
        + deepest.getMessage();
  }

  /**
   * The port that was bound.
   *
   * @throws IllegalStateException if the server is not started
   */
  public synchronized int port() {
    if (javalin == null) {
      throw new IllegalStateException("the server is not started");
    }
    return javalin.port();
  }

  /**
   * Where a browser finds it, such as {@code http://127.0.0.1:9464}.
   *
   * @throws IllegalStateException if the server is not started
   */
  public String url() {
    return "http://" + config.authority(port());
  }

  private static Server server() {
    QueuedThreadPool threads =
        new QueuedThreadPool(
            MAX_THREADS, MIN_THREADS, THREAD_IDLE_MILLIS, new ArrayBlockingQueue<>(MAX_WAITING));
    threads.setName("llmlog-worker-http");
    threads.setDaemon(true);
    // Its own timer is no daemon.
    Server server =
        new Server(threads, new ScheduledExecutorScheduler("llmlog-worker-http-timer", true), null);
    server.setErrorHandler(Gate::error);
    server.setStopTimeout(0);
    return server;
  }

  private void configure(JavalinConfig javalinConfig, Server server) {
    Sessions sessions = new Sessions();
    Assets assets = new Assets();
    Access access = new Access(config.token(), sessions, LOG);
    server.setHandler(new Gate(access, assets));
    javalinConfig.unsafe.jettyInternal.server = server;
    javalinConfig.jetty.modifyHttpConfiguration(AdminServer::limit);
    javalinConfig.jetty.addConnector(this::connector);
    javalinConfig.jetty.modifyServletContextHandler(
        context -> context.setErrorHandler(Gate::error));
    javalinConfig.startup.showJavalinBanner = false;
    javalinConfig.startup.showOldJavalinVersionWarning = false;
    // It is a thread that complains about a server that was made and not started.
    javalinConfig.startup.startupWatcherEnabled = false;
    javalinConfig.http.maxRequestSize = MAX_BODY_BYTES;
    javalinConfig.router.ignoreTrailingSlashes = false;
    javalinConfig.router.javaLangErrorHandler(
        (response, error) -> {
          response.setStatus(500);
          LOG.error("A request of the admin HTTP failed: {}", error.getClass().getName());
        });
    Routes routes = new Routes(config, access, sessions, assets, health, scrape, LOG);
    routes.addTo(javalinConfig.routes);
    api.accept(javalinConfig.routes);
    routes.addFilesTo(javalinConfig.routes);
  }

  private static void limit(HttpConfiguration http) {
    http.setSendServerVersion(false);
    http.setSendXPoweredBy(false);
    http.setRequestHeaderSize(MAX_HEADER_BYTES);
  }

  private Connector connector(Server server, HttpConfiguration http) {
    ServerConnector connector =
        new ServerConnector(server, null, null, null, 1, 1, new HttpConnectionFactory(http));
    connector.setHost(config.host());
    connector.setPort(config.port());
    connector.setIdleTimeout(CONNECTION_IDLE_MILLIS);
    server.addBean(new NetworkConnectionLimit(MAX_CONNECTIONS, connector));
    return connector;
  }

  /** Answers no more; what is being answered is broken off. Idempotent. */
  @Override
  public synchronized void close() {
    closed = true;
    if (javalin != null) {
      stop(javalin.jettyServer().server());
    }
  }

  private static void stop(Server server) {
    try {
      server.stop();
    } catch (Exception e) {
      LOG.warn("The admin HTTP did not end in order: {}", e.toString());
    }
  }
}
