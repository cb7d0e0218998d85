package io.llmlog.worker.cli;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Says where the demo is: its servers are no part of the production jar. */
@Command(
    name = "demo",
    description = "Shows llmlog at work with servers of its own; in a checkout: ./llmlog demo")
final class DemoCommand implements Callable<Integer> {
  @Parameters(hidden = true)
  private List<String> ignored = List.of();

  @Override
  public Integer call() throws CommandException {
    throw CommandException.wrongUsage(
        "the demo brings its own Redis and PostgreSQL, which this jar does not carry;"
            + " run ./llmlog demo in a checkout");
  }
}
