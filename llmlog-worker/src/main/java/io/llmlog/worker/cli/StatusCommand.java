package io.llmlog.worker.cli;

import io.llmlog.config.Environment;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.usage.StoreState;
import io.llmlog.jdbc.usage.StoreState.Part;
import io.llmlog.spi.Pause;
import io.llmlog.spi.QueueInspector;
import io.llmlog.spi.QueueInspector.WorkerLease;
import io.llmlog.worker.watch.Health.Check;
import io.llmlog.worker.watch.Observation.QueueView;
import io.llmlog.worker.watch.Observation.StoreView;
import io.llmlog.worker.watch.QueueQuestion;
import io.llmlog.worker.watch.StoreQuestion;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.helpers.NOPLogger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Queue, workers and store at one moment, and whether all is as it must be. */
@Command(
    name = "status",
    description = {
      "Queue depth and age, workers and their leases, dead letters, schema version, replica,",
      "and whether messages are on their way, with the reason where they are not."
    })
final class StatusCommand implements Callable<Integer> {
  /** For connecting, for each answer of a login and for a statement. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Console console;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  StatusCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws CommandException, InterruptedException {
    Environment environment = console.environment();
    PostgresUrl url = Databases.optional(environment);
    PostgresUrl replica = Databases.replica(environment);
    SchemaName schema = Databases.schema(environment);
    QueueView queue = null;
    QueueInspector inspector = Queues.inspector(environment);
    if (inspector != null) {
      try (QueueQuestion question = new QueueQuestion(inspector)) {
        environment.throwIfWrong();
        queue = question.ask();
      }
    }
    environment.throwIfWrong();
    StoreView store =
        url == null
            ? null
            : new StoreQuestion(url, replica, schema, PATIENCE, NOPLogger.NOP_LOGGER).ask(null);
    Seen seen = new Seen(queue, store);
    if (json) {
      console.print(seen.json());
    } else {
      print(seen);
    }
    String away = seen.away();
    if (away != null) {
      throw CommandException.failed(away);
    }
    return Main.DONE;
  }

  /** What was seen; null where nothing is configured. */
  private record Seen(@Nullable QueueView queue, @Nullable StoreView store) {
    @Nullable Long depth() {
      return queue == null ? null : queue.depth();
    }

    @Nullable Long ageSeconds() {
      return queue == null || queue.oldestAge() == null ? null : queue.oldestAge().toSeconds();
    }

    private boolean queueKnown() {
      return queue != null && queue.problem() == null;
    }

    @Nullable Long workers() {
      return queueKnown() ? leases().stream().filter(WorkerLease::alive).count() : null;
    }

    @Nullable Long paused() {
      return queueKnown()
          ? leases().stream().filter(worker -> worker.alive() && worker.paused()).count()
          : null;
    }

    List<WorkerLease> leases() {
      return queue == null ? List.of() : queue.workers();
    }

    @Nullable Long deadLetters() {
      StoreState state = store == null ? null : store.state();
      return state == null || state.unseen().containsKey(Part.DEAD_LETTERS)
          ? null
          : state.deadLetters();
    }

    @Nullable Integer version() {
      return store == null || store.problem() != null ? null : store.schemaVersion();
    }

    @Nullable Long lagSeconds() {
      return store == null || store.replicaLag() == null ? null : store.replicaLag().toSeconds();
    }

    /** As the health of a worker, but of all of them: what no worker tells here is left out. */
    List<Check> checks() {
      List<Check> checks = new ArrayList<>();
      if (queue != null) {
        checks.add(check("queue", queue.problem()));
      }
      if (store != null) {
        checks.add(check("database", store.problem()));
        if (store.problem() == null) {
          checks.add(check("schema", store.schemaProblem()));
        }
        if (store.replicaConfigured()) {
          checks.add(check("replica", store.replicaProblem()));
        }
      }
      if (queueKnown()) {
        checks.add(check("workers", workersProblem()));
      }
      return checks;
    }

    private @Nullable String workersProblem() {
      Long alive = workers();
      Long waiting = paused();
      if (alive == null || alive == 0) {
        return "no worker is running: start llmlog work";
      }
      return waiting == null || waiting == 0
          ? null
          : waiting + " of " + alive + " wait for a person";
    }

    private static Check check(String name, @Nullable String problem) {
      return new Check(name, problem == null, problem);
    }

    boolean ready() {
      return checks().stream().allMatch(Check::ok);
    }

    /** Which servers did not answer, or null. */
    @Nullable String away() {
      List<String> away = new ArrayList<>();
      if (queue != null && queue.problem() != null) {
        away.add("the queue does not answer: " + queue.problem());
      }
      if (store != null && store.problem() != null) {
        away.add(store.problem());
      }
      return away.isEmpty() ? null : String.join("; ", away);
    }

    String json() {
      return new JsonLine()
          .put("queue_depth", depth())
          .put("oldest_age_seconds", ageSeconds())
          .put("workers", workers())
          .put("dead_letters", deadLetters())
          .put("schema_version", version())
          .put("paused", paused())
          .put("replica_lag_seconds", lagSeconds())
          .putJson("ready", Boolean.toString(ready()))
          .putJson(
              "checks",
              checks().stream()
                  .map(
                      check ->
                          new JsonLine()
                              .put("name", check.name())
                              .putJson("ok", Boolean.toString(check.ok()))
                              .put("reason", check.reason())
                              .toString())
                  .collect(Collectors.joining(", ", "[", "]")))
          .toString();
    }
  }

  private void print(Seen seen) {
    Long age = seen.ageSeconds();
    console.print("queue depth     " + known(seen.depth()));
    console.print("oldest message  " + (age == null ? "-" : age + " s"));
    console.print("dead letters    " + known(seen.deadLetters()));
    console.print("schema version  " + known(seen.version()));
    StoreView store = seen.store();
    if (store != null && store.problem() == null && store.stateProblem() != null) {
      console.print("                " + Console.printable(store.stateProblem()));
    }
    if (store != null && store.replicaConfigured()) {
      Long lag = seen.lagSeconds();
      console.print("replica         " + (lag == null ? "unknown" : lag + " s behind"));
    }
    console.print(
        "workers         " + known(seen.workers()) + ", " + known(seen.paused()) + " paused");
    seen.leases().forEach(worker -> console.print("  " + line(worker)));
    console.print("ready           " + (seen.ready() ? "yes" : "no"));
    for (Check check : seen.checks()) {
      if (!check.ok()) {
        console.print(
            "  " + check.name() + ": " + Console.printable(String.valueOf(check.reason())));
      }
    }
  }

  private static String line(WorkerLease worker) {
    String lease =
        worker.alive()
            ? "lease ends in " + worker.expiresIn().toMillis() + " ms"
            : "lease has ended";
    return Console.printable(worker.worker())
        + "  holds "
        + worker.claimed()
        + "  "
        + lease
        + pause(worker.pause());
  }

  private static String pause(Pause pause) {
    return switch (pause) {
      case NONE -> "";
      case MEND -> "  paused: its log says what a person must mend";
      case REFUSED ->
          "  paused: the database refuses too much of its batch; mend the cause, or run llmlog"
              + " dead-letters accept";
      case ACCEPTED -> "  accepted: what is refused of its batch becomes dead letters";
    };
  }

  private static String known(@Nullable Number value) {
    return value == null ? "unknown" : value.toString();
  }
}
