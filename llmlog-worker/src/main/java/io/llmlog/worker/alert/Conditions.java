package io.llmlog.worker.alert;

import static io.llmlog.worker.alert.Alert.CRITICAL;
import static io.llmlog.worker.alert.Alert.WARNING;

import io.llmlog.jdbc.usage.StoreState;
import io.llmlog.spi.EventWriter;
import io.llmlog.spi.QueueInspector.WorkerLease;
import io.llmlog.worker.MaintenanceStatus;
import io.llmlog.worker.WorkerStatus;
import io.llmlog.worker.watch.Observation;
import io.llmlog.worker.watch.Observation.QueueView;
import io.llmlog.worker.watch.Observation.StoreView;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a worker can tell of itself, its queue and its store. */
final class Conditions {
  /** A worker that has settled nothing for so long stands still. */
  static final Duration PROGRESS_WINDOW = Duration.ofSeconds(30);

  /** For so long a new dead letter is told. */
  static final Duration LETTERS_WINDOW = Duration.ofMinutes(5);

  private final Thresholds thresholds;

  private Conditions(Thresholds thresholds) {
    this.thresholds = thresholds;
  }

  /** All of them, in the order of the rules. */
  static List<Condition> of(Thresholds thresholds) {
    Conditions tests = new Conditions(thresholds);
    return List.of(
        condition("LlmlogNoWorker", CRITICAL, 15, Conditions::noWorker),
        condition("LlmlogWorkerPaused", CRITICAL, 15, Conditions::paused),
        condition("LlmlogWorkerStuck", CRITICAL, 10, Conditions::stuck),
        condition("LlmlogQueueDown", CRITICAL, 15, Conditions::queueDown),
        condition("LlmlogQueueDepth", WARNING, 30, tests::deep),
        condition("LlmlogQueueAge", WARNING, 30, tests::old),
        condition("LlmlogDatabaseDown", CRITICAL, 15, Conditions::databaseDown),
        condition("LlmlogPoolExhausted", WARNING, 15, Conditions::poolExhausted),
        condition("LlmlogSlowStatements", WARNING, 30, Conditions::slowStatements),
        condition("LlmlogReplicaDown", WARNING, 30, Conditions::replicaDown),
        condition("LlmlogReplicaLag", WARNING, 10, tests::replicaLag),
        condition("LlmlogDeadLettersGrowing", WARNING, 0, Conditions::deadLettersGrow),
        condition("LlmlogDefaultPartition", WARNING, 30, Conditions::defaultPartition),
        condition("LlmlogMaintenanceFailing", WARNING, 30, tests::maintenanceFails),
        condition("LlmlogRollupBehind", WARNING, 30, tests::rollupBehind));
  }

  private static Condition condition(
      String name, String severity, int seconds, Condition.Test test) {
    return new Condition(name, severity, Duration.ofSeconds(seconds), test);
  }

  private static @Nullable String noWorker(Seen seen) {
    QueueView queue = seen.now().queue();
    return queue.problem() != null || queue.workers().stream().anyMatch(WorkerLease::alive)
        ? null
        : "No worker takes messages from the queue";
  }

  private static @Nullable String paused(Seen seen) {
    long paused =
        seen.now().queue().workers().stream()
            .filter(worker -> worker.alive() && worker.paused())
            .count();
    return paused == 0
        ? null
        : count(paused, "worker thread waits", "worker threads wait") + " for a person";
  }

  private static @Nullable String stuck(Seen seen) {
    Observation now = seen.now();
    Observation before = seen.oldestWithin(PROGRESS_WINDOW);
    Long depth = now.queue().depth();
    boolean alone = before.at().equals(now.at());
    if (depth == null || alone || settled(before.worker()) != settled(now.worker())) {
      return null;
    }
    long waiting = depth + now.worker().inFlight();
    return waiting == 0
        ? null
        : "This worker stores nothing, and " + count(waiting, "message waits", "messages wait");
  }

  private static long settled(WorkerStatus worker) {
    return worker.stored() + worker.duplicate() + worker.dead();
  }

  private static @Nullable String queueDown(Seen seen) {
    String problem = seen.now().queue().problem();
    return problem == null ? null : "The queue does not answer this worker: " + problem;
  }

  private @Nullable String deep(Seen seen) {
    Long depth = seen.now().queue().depth();
    return depth == null || depth <= thresholds.queueDepth()
        ? null
        : "%s in the queue, more than %s"
            .formatted(
                count(depth, "message waits", "messages wait"), number(thresholds.queueDepth()));
  }

  private @Nullable String old(Seen seen) {
    Duration age = seen.now().queue().oldestAge();
    return age == null || age.compareTo(thresholds.queueAge()) <= 0
        ? null
        : "The oldest message in the queue is " + time(age) + " old";
  }

  private static @Nullable String databaseDown(Seen seen) {
    String problem = seen.now().store().problem();
    return problem == null ? null : "The database does not answer this worker: " + problem;
  }

  private static @Nullable String poolExhausted(Seen seen) {
    EventWriter.Connections pool = seen.now().store().pool();
    return pool == null || pool.waiting() == 0 || pool.idle() > 0
        ? null
        : "%s for a connection, %d of %d are in use"
            .formatted(
                count(pool.waiting(), "thread waits", "threads wait"), pool.active(), pool.max());
  }

  private static @Nullable String slowStatements(Seen seen) {
    StoreState state = seen.now().store().state();
    if (state == null || state.slow().isEmpty()) {
      return null;
    }
    return "%s in the database, the longest for %s"
        .formatted(
            count(state.slow().size(), "slow statement runs", "slow statements run"),
            time(state.slow().get(0).running()));
  }

  private static @Nullable String replicaDown(Seen seen) {
    StoreView store = seen.now().store();
    return store.replicaProblem() == null
        ? null
        : "The read replica does not answer this worker: " + store.replicaProblem();
  }

  private @Nullable String replicaLag(Seen seen) {
    Duration lag = seen.now().store().replicaLag();
    return lag == null || lag.compareTo(thresholds.replicaLag()) <= 0
        ? null
        : "The read replica is " + time(lag) + " behind";
  }

  private static @Nullable String deadLettersGrow(Seen seen) {
    Observation now = seen.now();
    Observation before = seen.oldestWithin(LETTERS_WINDOW);
    long dead = now.worker().dead() - before.worker().dead();
    StoreState state = now.store().state();
    StoreState stateBefore = before.store().state();
    if (state != null && stateBefore != null) {
      // Those of other workers and of fallbacks too, unless as many were thrown away.
      dead = Math.max(dead, state.deadLetters() - stateBefore.deadLetters());
    }
    return dead <= 0
        ? null
        : "%s within %d minutes"
            .formatted(
                count(dead, "message became a dead letter", "messages became dead letters"),
                LETTERS_WINDOW.toMinutes());
  }

  private static @Nullable String defaultPartition(Seen seen) {
    StoreState state = seen.now().store().state();
    return state == null || state.defaultRows() == 0
        ? null
        : count(state.defaultRows(), "row stands", "rows stand") + " in the DEFAULT partition";
  }

  private @Nullable String maintenanceFails(Seen seen) {
    MaintenanceStatus round = seen.now().maintenance();
    if (round == null) {
      return null;
    }
    if (round.failure() != null) {
      return "The last round of maintenance failed: " + round.failure();
    }
    if (!round.stuck().isEmpty()) {
      return "The last round of maintenance left undone: " + String.join("; ", round.stuck());
    }
    Duration age = Duration.between(round.at(), seen.now().at());
    return age.compareTo(thresholds.maintenanceAge()) <= 0
        ? null
        : "The last round of maintenance was " + time(age) + " ago";
  }

  private @Nullable String rollupBehind(Seen seen) {
    StoreState state = seen.now().store().state();
    return state == null || state.rollupLag().compareTo(thresholds.rollupLag()) <= 0
        ? null
        : "Past days have waited " + time(state.rollupLag()) + " to be summed up";
  }

  private static String count(long n, String one, String many) {
    return number(n) + " " + (n == 1 ? one : many);
  }

  private static String number(long n) {
    return String.format(Locale.ROOT, "%,d", n);
  }

  /** As {@code 1 h 5 min}: two units are as exact as anybody needs. */
  static String time(Duration duration) {
    long seconds = duration.toSeconds();
    if (seconds < 60) {
      return seconds + " s";
    }
    if (seconds < 3600) {
      return seconds / 60 + " min" + (seconds % 60 == 0 ? "" : " " + seconds % 60 + " s");
    }
    long minutes = seconds / 60;
    if (minutes < 24 * 60) {
      return minutes / 60 + " h" + (minutes % 60 == 0 ? "" : " " + minutes % 60 + " min");
    }
    long hours = minutes / 60;
    return hours / 24 + " d" + (hours % 24 == 0 ? "" : " " + hours % 24 + " h");
  }
}
