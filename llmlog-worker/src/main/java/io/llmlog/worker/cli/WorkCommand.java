package io.llmlog.worker.cli;

import io.llmlog.config.Environment;
import io.llmlog.config.Settings;
import io.llmlog.worker.Worker;
import io.llmlog.worker.WorkerStatus;
import java.time.Duration;
import java.util.concurrent.Callable;
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
    try (Worker worker = Worker.from(environment);
        StopSignal stop = new StopSignal(worker::close, Main.DONE)) {
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
