package io.llmlog.worker.cli;

import io.llmlog.config.Environment;
import io.llmlog.config.Settings;
import io.llmlog.worker.Worker;
import io.llmlog.worker.WorkerStatus;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The worker as a process. */
@Command(
    name = "work",
    description = {
      "Brings messages from the queue to the database, until it is stopped (SIGTERM, Ctrl-C).",
      "An outage of either is said once and waited for."
    })
final class WorkCommand implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger(WorkCommand.class);
  private static final Duration FOREVER = Duration.ofDays(36500);

  private final Console console;

  @Option(
      names = "--until-empty",
      description = {
        "End when the queue is empty and no worker, living or dead, holds messages;",
        "prints what was done as JSON."
      })
  private boolean untilEmpty;

  WorkCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws CommandException, InterruptedException {
    Environment environment = console.environment();
    Monitor configured = Monitor.of(environment);
    // The monitor ends before the worker is gone and after it has stopped.
    try (Worker worker = worker(environment, configured);
        Monitor monitor = configured;
        StopSignal stop = new StopSignal(worker::close, Main.DONE)) {
      if (monitor != null) {
        // Before the database answers: whoever waits for that wants to see it.
        monitor.start(worker);
        LOG.info("Health, metrics and dashboard at {}", monitor.url());
      }
      SchemaGate gate = SchemaGate.of(environment);
      if (gate == null || gate.await(stop)) {
        LOG.info(
            "Working on queue {} with {} threads",
            environment.get(Settings.QUEUE),
            environment.get(Settings.WORKER_THREADS));
        work(worker);
        LOG.info("Stopped: {}", ledger(worker.status()));
      }
      return Main.DONE;
    }
  }

  private static Worker worker(Environment environment, @Nullable Monitor monitor) {
    return monitor == null
        ? Worker.from(environment)
        : Worker.from(environment, monitor.listener());
  }

  private void work(Worker worker) throws InterruptedException {
    try {
      worker.start();
    } catch (IllegalStateException e) {
      // The stop came before the start.
      return;
    }
    if (untilEmpty) {
      worker.awaitEmpty(FOREVER, left -> console.say("waiting for " + left));
      worker.close();
      console.print(ledger(worker.status()));
    } else {
      worker.awaitClosed();
    }
  }

  private static String ledger(WorkerStatus status) {
    return new JsonLine()
        .put("claimed", status.claimed())
        .put("adopted", status.adopted())
        .put("stored", status.stored())
        .put("duplicate", status.duplicate())
        .put("dead", status.dead())
        .put("released", status.released())
        .put("fenced", status.fenced())
        .toString();
  }
}
