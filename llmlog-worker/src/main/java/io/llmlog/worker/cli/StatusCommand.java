package io.llmlog.worker.cli;

import io.llmlog.config.Environment;
import io.llmlog.event.EventDecoder;
import io.llmlog.event.MalformedMessageException;
import io.llmlog.jdbc.PostgresDataSource;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.schema.Schema;
import io.llmlog.jdbc.usage.StoreStatus;
import io.llmlog.spi.Pause;
import io.llmlog.spi.QueueException;
import io.llmlog.spi.QueueInspector;
import io.llmlog.spi.QueueInspector.QueueState;
import io.llmlog.spi.QueueInspector.WorkerLease;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Queue, workers and store at one moment. */
@Command(
    name = "status",
    description = "Queue depth and age, workers and their leases, dead letters, schema version.")
final class StatusCommand implements Callable<Integer> {
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(30);

  private final Console console;
  private final InstantSource clock = InstantSource.system();

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  StatusCommand(Console console) {
    this.console = console;
  }

  /** What the store says; null where it was not asked. */
  private record Store(@Nullable Integer version, @Nullable Long deadLetters) {
    static final Store NOT_ASKED = new Store(null, null);
  }

  @Override
  public Integer call() throws CommandException, InterruptedException {
    Environment environment = console.environment();
    PostgresUrl url = Databases.optional(environment);
    SchemaName schema = Databases.schema(environment);
    QueueState queue = null;
    try (QueueInspector inspector = Queues.inspector(environment)) {
      environment.throwIfWrong();
      if (inspector != null) {
        queue = inspector.inspect();
      }
    } catch (QueueException e) {
      throw CommandException.failed("the queue does not answer: " + e.getMessage(), e);
    }
    CommandException storeAway = null;
    Store store = Store.NOT_ASKED;
    if (url != null) {
      try {
        store = Databases.ask(url, () -> store(url, schema));
      } catch (CommandException e) {
        // What the queue said is worth the more when the store is away.
        storeAway = e;
      }
    }
    Duration age = queue == null ? null : age(queue);
    if (json) {
      console.print(json(queue, age, store));
    } else {
      printText(queue, age, store);
    }
    if (storeAway != null) {
      throw storeAway;
    }
    return Main.DONE;
  }

  private static Store store(PostgresUrl url, SchemaName schema) throws Exception {
    int version = new Schema(url, schema).status().inDatabase();
    return version == 0
        ? new Store(0, null)
        : new Store(
            version,
            StoreStatus.read(new PostgresDataSource(url, ANSWER_TIMEOUT), schema).deadLetters());
  }

  /** How long the oldest message waits, or null where none does or it tells no time. */
  private @Nullable Duration age(QueueState queue) {
    if (queue.oldest() == null) {
      return null;
    }
    Instant noTime = Instant.EPOCH;
    try {
      Instant time = EventDecoder.decode(queue.oldest(), new UUID(0, 0), noTime).createdAt();
      Duration age = Duration.between(time, clock.instant());
      return time.equals(noTime) ? null : age.isNegative() ? Duration.ZERO : age;
    } catch (MalformedMessageException e) {
      return null;
    }
  }

  private static @Nullable Long workers(@Nullable QueueState queue) {
    return queue == null ? null : queue.workers().stream().filter(WorkerLease::alive).count();
  }

  private static @Nullable Long paused(@Nullable QueueState queue) {
    return queue == null
        ? null
        : queue.workers().stream().filter(worker -> worker.alive() && worker.paused()).count();
  }

  private static String json(@Nullable QueueState queue, @Nullable Duration age, Store store) {
    return new JsonLine()
        .put("queue_depth", queue == null ? null : queue.depth())
        .put("oldest_age_seconds", age == null ? null : age.toSeconds())
        .put("workers", workers(queue))
        .put("dead_letters", store.deadLetters())
        .put("schema_version", store.version())
        .put("paused", paused(queue))
        .toString();
  }

  private void printText(@Nullable QueueState queue, @Nullable Duration age, Store store) {
    console.print("queue depth     " + known(queue == null ? null : queue.depth()));
    console.print("oldest message  " + (age == null ? "-" : age.toSeconds() + " s"));
    console.print("dead letters    " + known(store.deadLetters()));
    console.print("schema version  " + known(store.version()));
    console.print(
        "workers         " + known(workers(queue)) + ", " + known(paused(queue)) + " paused");
    if (queue != null) {
      queue.workers().forEach(worker -> console.print("  " + line(worker)));
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
