package io.llmlog.worker.cli;

import io.llmlog.config.Environment;
import io.llmlog.spi.QueueException;
import io.llmlog.spi.QueueInspector;
import io.llmlog.spi.QueueInspector.WorkerLease;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** A person's word that what the database refuses may become dead letters. */
@Command(
    name = "accept",
    description = {
      "Releases batches that wait because the database refused too much of them: the worker stores",
      "the good messages and makes dead letters of the others, of those batches and no later one."
    })
final class AcceptCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(
      arity = "0..1",
      paramLabel = "WORKER",
      description = "Only the batch of this worker, as status shows it (default: all that wait).")
  private @Nullable String worker;

  AcceptCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws CommandException, InterruptedException {
    Environment environment = console.environment();
    List<WorkerLease> accepted;
    try (QueueInspector inspector = Queues.inspector(environment)) {
      environment.throwIfWrong();
      if (inspector == null) {
        throw CommandException.failed("there is no queue, so no batch waits");
      }
      accepted = inspector.accept(worker);
    } catch (QueueException e) {
      throw CommandException.failed("the queue does not answer: " + e.getMessage(), e);
    }
    if (worker != null && accepted.isEmpty()) {
      throw CommandException.failed(
          Console.printable(worker)
              + ": no such worker waits because too much was refused; nothing was done");
    }
    console.print(
        new JsonLine()
            .put("batches", accepted.size())
            .put("messages", accepted.stream().mapToLong(WorkerLease::claimed).sum())
            .toString());
    if (accepted.isEmpty()) {
      console.say("no worker waits because too much was refused; llmlog status says what they do");
    }
    return Main.DONE;
  }
}
