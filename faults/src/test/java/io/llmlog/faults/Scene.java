package io.llmlog.faults;

import io.llmlog.LlmLogger;
import io.llmlog.testkit.FaultProxy;
import io.llmlog.testkit.RedisServer;
import io.llmlog.worker.Worker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * All that one case has for itself: a Redis, a database, a proxy on each of the four roads between
 * them and service and worker, a directory, two passwords, and whoever logs and works.
 */
final class Scene implements AutoCloseable {
  /** How long anything may take that should happen. */
  static final Duration PATIENCE = Duration.ofSeconds(60);

  /** {@code log()} takes microseconds; the rest is for threads that wait for a core. */
  private static final Duration BOUND = Duration.ofSeconds(1);

  /** In mode {@code always} it may wait that much longer for the disk. */
  private static final Duration SPOOL_BOUND = Duration.ofSeconds(2);

  /** Long enough for a busy machine, short enough for many cases. */
  private static final String LEASE = "PT2S";

  final FaultProxy serviceToRedis;
  final FaultProxy workerToRedis;
  final FaultProxy serviceToStore;
  final FaultProxy workerToStore;

  private final long seed;
  private final Instant base = Instant.now();
  private final Path directory;
  private final RedisServer redis;
  private final RedisAdmin admin;
  private final Store store;
  private final Database database;
  private final String redisPassword;
  private final String databasePassword;
  private final long outputStart = Output.length();
  private final List<Producer> producers = new ArrayList<>();
  private final List<ServiceProcess> services = new ArrayList<>();
  private final List<WorkerProcess> workerProcesses = new ArrayList<>();
  private final List<Recorder> recorders = new ArrayList<>();
  private final Map<String, String> workerSettings = new HashMap<>();
  private final Map<String, String> serviceSettings = new HashMap<>();
  private final List<Worker> workers = new ArrayList<>();
  private @Nullable Path spool;
  private Duration clockOff = Duration.ZERO;
  private int padding;
  private int verdicts;

  private Scene(Store store, long seed, UnaryOperator<RedisServer.Builder> options) {
    this.seed = seed;
    this.store = store;
    Random random = new Random(seed);
    // Like nothing that a program says by itself.
    redisPassword = "rS3cret" + Long.toString(random.nextLong() >>> 1, 36);
    databasePassword = "dS3cret" + Long.toString(random.nextLong() >>> 1, 36);
    try {
      directory = Files.createTempDirectory("llmlog-faults");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    redis = options.apply(RedisServer.builder().password(redisPassword)).build().start();
    admin = new RedisAdmin(redis.port(), redisPassword);
    database = store.createDatabase(databasePassword);
    serviceToRedis = FaultProxy.to("127.0.0.1", redis.port());
    workerToRedis = FaultProxy.to("127.0.0.1", redis.port());
    serviceToStore = FaultProxy.to("127.0.0.1", store.port());
    workerToStore = FaultProxy.to("127.0.0.1", store.port());
  }

  /** A scene whose Redis keeps every write on disk. */
  static Scene open(Store store, long seed) {
    return open(store, seed, RedisServer.Builder::appendOnly);
  }

  static Scene open(Store store, long seed, UnaryOperator<RedisServer.Builder> options) {
    return new Scene(store, seed, options);
  }

  long seed() {
    return seed;
  }

  RedisServer redis() {
    return redis;
  }

  RedisAdmin admin() {
    return admin;
  }

  Store store() {
    return store;
  }

  Database database() {
    return database;
  }

  Path directory() {
    return directory;
  }

  /** Where services spool. */
  Path spool() {
    return Objects.requireNonNull(spool, "services do not spool");
  }

  /** A setting of every service that starts from now on. */
  Scene serviceSetting(String name, String value) {
    serviceSettings.put(name, value);
    return this;
  }

  /** A setting of every worker that starts from now on. */
  Scene workerSetting(String name, String value) {
    workerSettings.put(name, value);
    return this;
  }

  /** How many characters more the events of later services have. */
  Scene padding(int characters) {
    padding = characters;
    return this;
  }

  /** By how much the clocks of later services are wrong. */
  Scene clockOff(Duration ahead) {
    clockOff = ahead;
    return this;
  }

  /** Services spool what neither Redis nor the database takes. */
  Scene spooling(String mode) {
    return spooling(mode, directory.resolve("spool"));
  }

  /** Services spool into that directory, which is made. */
  Scene spooling(String mode, Path where) {
    try {
      spool = Files.createDirectories(where);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return serviceSetting("LLMLOG_SPOOL_DIR", where.toString())
        .serviceSetting("LLMLOG_SPOOL_MODE", mode);
  }

  /** Services have no other road than Redis. */
  Scene withoutFallback() {
    return serviceSetting("ANALYTICS_DATABASE_URL", "");
  }

  Map<String, String> serviceEnvironment() {
    Map<String, String> all = new HashMap<>();
    all.put("REDIS_URL", redisUrl(serviceToRedis));
    all.put("ANALYTICS_DATABASE_URL", database.writerUrl(serviceToStore.port()));
    all.putAll(serviceSettings);
    all.values().removeIf(String::isEmpty);
    return all;
  }

  Map<String, String> workerEnvironment() {
    Map<String, String> all = new HashMap<>();
    all.put("REDIS_URL", redisUrl(workerToRedis));
    all.put("ANALYTICS_DATABASE_URL", database.writerUrl(workerToStore.port()));
    all.put("LLMLOG_MAINTENANCE_DATABASE_URL", database.url());
    all.put("LLMLOG_LEASE", LEASE);
    all.put("LLMLOG_WORKER_BATCH", "200");
    all.putAll(workerSettings);
    return all;
  }

  private String redisUrl(FaultProxy proxy) {
    return "redis://:" + redisPassword + "@127.0.0.1:" + proxy.port();
  }

  /** A service in this JVM. */
  Recorder service() {
    return service(LlmLogger.fromEnvironment(serviceEnvironment()));
  }

  /** A service in this JVM with a logger of the case's own making. */
  Recorder service(LlmLogger llm) {
    Recorder recorder = new Recorder(llm, workload(), bound());
    producers.add(recorder);
    recorders.add(recorder);
    return recorder;
  }

  /** A service in a JVM of its own, which waits for its {@code go}. */
  ServiceProcess serviceProcess(Duration pace, long most) throws IOException {
    ServiceProcess process =
        ServiceProcess.start(directory, serviceEnvironment(), workload(), bound(), pace, most);
    producers.add(process);
    services.add(process);
    return process;
  }

  private Workload workload() {
    return new Workload(seed, producers.size(), base.plus(clockOff), padding);
  }

  private Duration bound() {
    return "always".equals(serviceSettings.get("LLMLOG_SPOOL_MODE")) ? SPOOL_BOUND : BOUND;
  }

  /** The service that lives, or a new one. */
  Recorder liveService() {
    return recorders.isEmpty() ? service() : recorders.get(recorders.size() - 1);
  }

  /** The first worker of this JVM; started if there is none. */
  Worker worker() {
    return workers.isEmpty()
        ? addWorker(Worker.fromEnvironment(workerEnvironment()))
        : workers.get(0);
  }

  /** One more worker in this JVM; started here. */
  Worker addWorker(Worker more) {
    workers.add(more);
    more.start();
    return more;
  }

  List<Worker> workers() {
    return List.copyOf(workers);
  }

  /** A worker in a JVM of its own, which waits for its {@code go}. */
  WorkerProcess workerProcess() throws IOException {
    WorkerProcess process = WorkerProcess.start(directory, workerEnvironment());
    workerProcesses.add(process);
    return process;
  }

  /** As {@link #workerProcess()}, of another program. */
  WorkerProcess workerProcess(Class<?> program, String argument) throws IOException {
    WorkerProcess process =
        WorkerProcess.start(directory, workerEnvironment(), program, List.of(argument));
    workerProcesses.add(process);
    return process;
  }

  List<Producer> producers() {
    return List.copyOf(producers);
  }

  List<Recorder> recorders() {
    return List.copyOf(recorders);
  }

  /** How many cases came to their end here. */
  int verdicts() {
    return verdicts;
  }

  void verdictGiven() {
    verdicts++;
  }

  /** Passwords that must be nowhere. */
  List<String> secrets() {
    return List.of(redisPassword, databasePassword);
  }

  /** All that was said since the scene was opened, here and in its processes. */
  String output() {
    StringBuilder all = new StringBuilder(Output.since(outputStart));
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.filter(name -> name.toString().endsWith(".stderr")).toList()) {
        all.append(file.getFileName()).append('\n').append(Files.readString(file));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return all.toString();
  }

  /** Ends all faults of the network. */
  void forwardAll() {
    Stream.of(serviceToRedis, workerToRedis, serviceToStore, workerToStore)
        .forEach(FaultProxy::forward);
  }

  @Override
  public void close() {
    forwardAll();
    services.forEach(ServiceProcess::close);
    workerProcesses.forEach(WorkerProcess::close);
    for (Recorder recorder : recorders) {
      // A failed case may have left it waiting for a server that is gone.
      Thread.currentThread().interrupt();
      recorder.llm().close();
      Thread.interrupted();
    }
    workers.forEach(Worker::close);
    Stream.of(serviceToRedis, workerToRedis, serviceToStore, workerToStore)
        .forEach(FaultProxy::close);
    redis.close();
    store.drop(database);
    try {
      Files.walkFileTree(directory, new DeletingVisitor());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
