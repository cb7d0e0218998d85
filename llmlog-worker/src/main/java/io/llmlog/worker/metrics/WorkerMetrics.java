package io.llmlog.worker.metrics;

import io.llmlog.worker.Worker;
import io.llmlog.worker.WorkerListener;
import io.llmlog.worker.watch.Observation;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A worker's meters. It is made before the worker, whose listener it is, and bound to it after:
 *
 * <pre>{@code
 * WorkerMetrics metrics = new WorkerMetrics(registry);
 * Worker worker = Worker.builder().listener(metrics)….build();
 * metrics.bind(worker);
 * }</pre>
 *
 * <p>The registry keeps the worker from then on. Safe for use by several threads at once.
 */
public final class WorkerMetrics implements WorkerListener {
  /** The classes that docs/DATABASE.md names: each is there at 0 before its first failure. */
  private static final List<String> KNOWN_CLASSES =
      List.of(
          "08", "0A", "22", "23", "25", "28", "3D", "3F", "40", "42", "53", "54", "55", "57", "58");

  private static final Pattern SQL_STATE = Pattern.compile("[0-9A-Z]{5}");
  private static final String NO_STATE = "none";

  /** What the pages of the dashboard ask. */
  private static final List<String> KNOWN_QUESTIONS =
      List.of("overview", "companies", "calls", "call", "pipeline", "dead_letters");

  private static final String OTHER_QUESTION = "other";

  private static final Duration[] WRITE_BUCKETS =
      millis(5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000);
  private static final Duration[] QUESTION_BUCKETS =
      millis(10, 25, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000);

  private final MeterRegistry registry;
  private final DistributionSummary batches;
  private final Timer writes;
  private final Counter adoptions;
  private final Counter refusedAcks;
  private final Map<String, Counter> failures = new ConcurrentHashMap<>();
  private final Map<String, Timer> questions = new ConcurrentHashMap<>();

  /** Registers what the worker tells; the rest comes with {@link #bind}. */
  public WorkerMetrics(MeterRegistry registry) {
    this.registry = registry;
    this.batches =
        DistributionSummary.builder("llmlog.worker.batch")
            .description("Messages of each batch that was claimed or adopted")
            .baseUnit("messages")
            .register(registry);
    this.writes =
        Timer.builder("llmlog.worker.write")
            .description("Transactions of the store that were committed")
            .serviceLevelObjectives(WRITE_BUCKETS)
            .register(registry);
    this.adoptions =
        Counter.builder("llmlog.worker.adoptions")
            .description("Batches taken over from workers whose lease had ended")
            .register(registry);
    this.refusedAcks =
        Counter.builder("llmlog.worker.ack.refused")
            .description("Batches that were stored, but whose lease was lost before the queue knew")
            .register(registry);
    KNOWN_CLASSES.forEach(this::failuresOf);
    failuresOf(NO_STATE);
    KNOWN_QUESTIONS.forEach(this::timerOf);
    timerOf(OTHER_QUESTION);
  }

  /**
   * Registers the worker's own figures: its ledger, its loops, its pool, its maintenance.
   *
   * @param worker one whose listener this is
   */
  public void bind(Worker worker) {
    new WorkerMeters(
            registry,
            worker::status,
            worker::lastWrite,
            worker::maintenanceStatus,
            worker::connections)
        .register();
  }

  /**
   * As {@link #bind(Worker)}, and the figures of queue and store.
   *
   * @param lastSeen answers what was seen last, at once; null, or an old one: nothing is known
   * @param replica whether there is a read replica to tell of
   */
  public void bind(
      Worker worker, Supplier<? extends @Nullable Observation> lastSeen, boolean replica) {
    bind(worker);
    new WatchMeters(registry, lastSeen).register(replica);
  }

  @Override
  public void claimed(int messages, boolean adopted) {
    batches.record(messages);
    if (adopted) {
      adoptions.increment();
    }
  }

  @Override
  public void written(int messages, Duration took) {
    writes.record(took);
  }

  @Override
  public void writeFailed(@Nullable String sqlState, Duration took) {
    failuresOf(
            sqlState != null && SQL_STATE.matcher(sqlState).matches()
                ? sqlState.substring(0, 2)
                : NO_STATE)
        .increment();
  }

  @Override
  public void ackRefused(int messages) {
    refusedAcks.increment();
  }

  /**
   * A question of the dashboard was answered, or failed.
   *
   * @param question {@code overview}, {@code companies}, {@code calls}, {@code call}, {@code
   *     pipeline} or {@code dead_letters}; any other counts as {@code other}
   * @param took until the answer
   */
  public void asked(String question, Duration took) {
    timerOf(KNOWN_QUESTIONS.contains(question) ? question : OTHER_QUESTION).record(took);
  }

  private Counter failuresOf(String sqlStateClass) {
    return failures.computeIfAbsent(
        sqlStateClass,
        name ->
            Counter.builder("llmlog.worker.write.failures")
                .description("Writes that failed and are tried again, by class of SQLSTATE")
                .tag("sqlstate", name)
                .register(registry));
  }

  private Timer timerOf(String question) {
    return questions.computeIfAbsent(
        question,
        name ->
            Timer.builder("llmlog.dashboard.query")
                .description("Answers to questions of the dashboard")
                .tag("question", name)
                .serviceLevelObjectives(QUESTION_BUCKETS)
                .register(registry));
  }

  private static Duration[] millis(int... bounds) {
    Duration[] buckets = new Duration[bounds.length];
    for (int i = 0; i < bounds.length; i++) {
      buckets[i] = Duration.ofMillis(bounds[i]);
    }
    return buckets;
  }
}
