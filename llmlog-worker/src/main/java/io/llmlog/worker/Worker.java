package io.llmlog.worker;

import io.llmlog.config.ConfigException;
import io.llmlog.config.Environment;
import io.llmlog.spi.EventSource;
import io.llmlog.spi.EventWriter;
import io.llmlog.spi.QueueInspector;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings messages from the queue to the store until it is closed, through every outage of either:
 * as a process of its own by {@code llmlog work}, or inside a service.
 *
 * <pre>{@code
 * try (Worker worker = Worker.fromEnvironment()) {
 *   worker.start();
 *   // as long as the service runs
 * }
 * }</pre>
 *
 * <p>Safe for use by several threads. Its threads are no daemons: a worker that is not closed keeps
 * its process alive.
 */
public final class Worker implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Worker.class);

  /** Enough for a look at servers that are silent. */
  private static final Duration FIRST_LOOK = Duration.ofSeconds(10);

  /** How long a stop waits for threads to end after it has interrupted them. */
  private static final Duration GRACE = Duration.ofSeconds(2);

  private final Duration stopTimeout;
  private final WorkerLedger ledger = new WorkerLedger(Clock.systemUTC());
  private final Stop stop = new Stop();

  /** Apart from the other stop: leases are kept until the loops have ended. */
  private final Stop keeperStop = new Stop();

  private final Stop closed = new Stop();
  private final EventWriter writer;
  private final @Nullable QueueInspector inspector;
  private final List<ConsumeLoop> loops = new ArrayList<>();
  private final List<Thread> loopThreads = new ArrayList<>();
  private final List<Thread> helpers = new ArrayList<>();
  private final ServerChecks checks;
  private final @Nullable MaintenanceLoop maintenance;
  private final Object lifecycle = new Object();
  private boolean started;
  private boolean closing;

  private Worker(
      WorkerConfig config,
      Supplier<EventSource> sources,
      EventWriter writer,
      @Nullable QueueInspector inspector,
      @Nullable Maintenance maintenance,
      ServerChecks.@Nullable Check storeCheck,
      @Nullable WorkerListener listener) {
    this.stopTimeout = config.stopTimeout();
    this.writer = writer;
    this.inspector = inspector;
    WorkerLog log = new WorkerLog(LOG);
    WorkerListener told =
        listener == null ? new WorkerListener() {} : new GuardedListener(listener, LOG);
    for (int i = 1; i <= config.threads(); i++) {
      String name = "llmlog-worker-" + i;
      ConsumeLoop loop =
          new ConsumeLoop(
              sources.get(), writer, config.batch(), stop, ledger.open(name), told, log);
      loops.add(loop);
      loopThreads.add(new Thread(loop, name));
      helpers.add(
          new Thread(
              new LeaseKeeper(loop.hold(), config.lease(), keeperStop, log),
              "llmlog-worker-lease-" + i));
    }
    this.checks =
        new ServerChecks(
            checks(inspector, storeCheck), stop, LoggerFactory.getLogger(ServerChecks.class));
    Thread looking = new Thread(checks, "llmlog-worker-checks");
    // A silent server must not keep the process alive.
    looking.setDaemon(true);
    helpers.add(looking);
    this.maintenance =
        maintenance == null ? null : new MaintenanceLoop(maintenance, Clock.systemUTC(), stop, LOG);
    if (this.maintenance != null) {
      helpers.add(new Thread(this.maintenance, "llmlog-worker-maintenance"));
    }
  }

  private static List<ServerChecks.Check> checks(
      @Nullable QueueInspector inspector, ServerChecks.@Nullable Check storeCheck) {
    List<ServerChecks.Check> checks = new ArrayList<>();
    if (inspector != null) {
      checks.add(inspector::warnings);
    }
    if (storeCheck != null) {
      checks.add(storeCheck);
    }
    return checks;
  }

  /**
   * A worker as the environment of the process says. It connects to nothing yet.
   *
   * @throws ConfigException with every error in the configuration
   */
  public static Worker fromEnvironment() {
    return from(Environment.system());
  }

  /** As {@link #fromEnvironment()}, from variables that come from elsewhere. */
  public static Worker fromEnvironment(Map<String, String> variables) {
    return from(Environment.of(variables));
  }

  /** As {@link #fromEnvironment()}, from variables that were read already. */
  public static Worker from(Environment environment) {
    return Workers.from(environment, null);
  }

  /**
   * As {@link #from(Environment)}.
   *
   * @param listener as {@link Builder#listener}
   */
  public static Worker from(Environment environment, WorkerListener listener) {
    return Workers.from(environment, Objects.requireNonNull(listener, "listener"));
  }

  /** A worker put together by hand. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Starts the threads and returns at once, whether queue and store answer or not. What about their
   * settings endangers messages is said once at WARN, when they answer. Idempotent.
   *
   * @throws IllegalStateException if the worker was closed
   */
  public void start() {
    synchronized (lifecycle) {
      if (closing) {
        throw new IllegalStateException("the worker is closed");
      }
      if (!started) {
        started = true;
        loopThreads.forEach(Thread::start);
        helpers.forEach(Thread::start);
      }
    }
  }

  /** What was done so far: one consistent snapshot. */
  public WorkerStatus status() {
    return ledger.snapshot();
  }

  /**
   * When this worker last committed to the store, by the clock of its process; null: not yet. An
   * idle worker commits nothing.
   */
  public @Nullable Instant lastWrite() {
    return ledger.lastWrite();
  }

  /** The writer's pool now, where it has one; connects to nothing. */
  public EventWriter.@Nullable Connections connections() {
    return writer.connections();
  }

  /**
   * What became of the last round of the store's maintenance; null before the end of the first, and
   * where there is none.
   */
  public @Nullable MaintenanceStatus maintenanceStatus() {
    return maintenance == null ? null : maintenance.status();
  }

  /**
   * Waits until the queue is empty and no worker, this one or another, living or dead, holds a
   * message that is not stored, and the servers' settings were looked at. Needs a queue inspector.
   *
   * @return false when the time was up, or the worker was closed, before
   * @throws IllegalStateException if the worker has no queue inspector
   */
  public boolean awaitEmpty(Duration timeout) throws InterruptedException {
    return awaitEmpty(timeout, left -> {});
  }

  /**
   * As {@link #awaitEmpty(Duration)}.
   *
   * @param progress told every few seconds what it waits for
   */
  public boolean awaitEmpty(Duration timeout, Consumer<String> progress)
      throws InterruptedException {
    if (inspector == null) {
      throw new IllegalStateException("the worker has no queue inspector");
    }
    boolean running;
    synchronized (lifecycle) {
      running = started && !closing;
    }
    if (running) {
      // Else a short run would end before it had said what it found.
      checks.awaitFirstLook(timeout.compareTo(FIRST_LOOK) < 0 ? timeout : FIRST_LOOK);
    }
    return new EmptyQueue(inspector, stop).await(timeout, progress);
  }

  /** Waits until the worker is closed by another thread. */
  public void awaitClosed() throws InterruptedException {
    closed.await(Long.MAX_VALUE);
  }

  /**
   * Finishes the batches in hand, for a bounded time (10 s unless set), leaves the others to the
   * next worker, gives the leases back and closes sources and writer. Idempotent; a second caller
   * waits for the first.
   */
  @Override
  public void close() {
    boolean first;
    synchronized (lifecycle) {
      first = !closing;
      closing = true;
    }
    if (first) {
      try {
        end();
      } finally {
        closed.request();
      }
    } else {
      Joining.uninterruptibly(this::awaitClosed);
    }
  }

  private void end() {
    stop.request();
    boolean interrupted = Thread.interrupted();
    if (started) {
      // A caller that was interrupted wants no patience.
      interrupted |= Joining.join(loopThreads, interrupted ? Duration.ZERO : stopTimeout);
      loopThreads.forEach(Thread::interrupt);
      interrupted |= Joining.join(loopThreads, GRACE);
    }
    for (int i = 0; i < loops.size(); i++) {
      if (!started || loopThreads.get(i).isAlive()) {
        loops.get(i).end();
      }
    }
    keeperStop.request();
    helpers.forEach(Thread::interrupt);
    if (started) {
      interrupted |= Joining.join(helpers, GRACE);
    }
    WorkerStatus status = ledger.snapshot();
    if (status.released() > 0) {
      LOG.info("{} messages in hand were left to the next worker", status.released());
    }
    if (inspector != null) {
      inspector.close();
    }
    writer.close();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Puts a {@link Worker} together from parts. Not thread-safe. */
  public static final class Builder {
    private WorkerConfig config = WorkerConfig.DEFAULTS;
    private @Nullable Supplier<EventSource> sources;
    private @Nullable EventWriter writer;
    private @Nullable QueueInspector inspector;
    private @Nullable Maintenance maintenance;
    private ServerChecks.@Nullable Check storeCheck;
    private @Nullable WorkerListener listener;

    private Builder() {}

    /** Makes one source for each thread; they are closed with the worker. Required. */
    public Builder sources(Supplier<EventSource> sources) {
      this.sources = Objects.requireNonNull(sources, "sources");
      return this;
    }

    /** Stores the messages; used by all threads at once, closed with the worker. Required. */
    public Builder writer(EventWriter writer) {
      this.writer = Objects.requireNonNull(writer, "writer");
      return this;
    }

    /**
     * Needed by {@link Worker#awaitEmpty}, and to warn at start of a queue that may lose messages;
     * closed with the worker.
     */
    public Builder inspector(QueueInspector inspector) {
      this.inspector = Objects.requireNonNull(inspector, "inspector");
      return this;
    }

    /** What the store needs done at start and each hour; nothing unless set. */
    public Builder maintenance(Maintenance maintenance) {
      this.maintenance = Objects.requireNonNull(maintenance, "maintenance");
      return this;
    }

    /** Is told of each batch; nobody unless set. */
    public Builder listener(WorkerListener listener) {
      this.listener = Objects.requireNonNull(listener, "listener");
      return this;
    }

    Builder storeCheck(ServerChecks.Check check) {
      this.storeCheck = check;
      return this;
    }

    /** All of the numbers below at once. */
    public Builder config(WorkerConfig config) {
      this.config = Objects.requireNonNull(config, "config");
      return this;
    }

    /** How many batches are in work at a time: 1 to 64, 2 unless set. */
    public Builder threads(int threads) {
      config = config.withThreads(threads);
      return this;
    }

    /** The most messages of one batch: 1 to 5000, 1000 unless set. */
    public Builder batch(int messages) {
      config = config.withBatch(messages);
      return this;
    }

    /** The lease that the sources take, which is renewed in time: 1 s to 1 h, 30 s unless set. */
    public Builder lease(Duration lease) {
      config = config.withLease(lease);
      return this;
    }

    /** How long {@link Worker#close} waits for the batches in hand: 10 s unless set. */
    public Builder stopTimeout(Duration timeout) {
      config = config.withStopTimeout(timeout);
      return this;
    }

    /**
     * The worker; it connects to nothing yet.
     *
     * @throws IllegalStateException if sources or writer are missing
     */
    public Worker build() {
      if (sources == null || writer == null) {
        throw new IllegalStateException((sources == null ? "sources" : "writer") + " is not set");
      }
      return new Worker(config, sources, writer, inspector, maintenance, storeCheck, listener);
    }
  }
}
