package io.llmlog.faults;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A {@link WorkerMain} in a JVM of its own. */
final class WorkerProcess implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(60);

  private final List<String> said = new ArrayList<>();
  private final JavaProcess process;

  private WorkerProcess(
      Path directory, Map<String, String> environment, Class<?> program, List<String> arguments)
      throws IOException {
    process = JavaProcess.start(directory, environment, program, arguments, this::hear);
  }

  /** Starts the JVM; {@link #go()} starts the worker in it. */
  static WorkerProcess start(Path directory, Map<String, String> environment) throws IOException {
    return new WorkerProcess(directory, environment, WorkerMain.class, List.of());
  }

  /** Another program of the suite that works as a worker. */
  static WorkerProcess start(
      Path directory, Map<String, String> environment, Class<?> program, List<String> arguments)
      throws IOException {
    return new WorkerProcess(directory, environment, program, arguments);
  }

  private synchronized void hear(String line) {
    said.add(line);
  }

  synchronized boolean said(String line) {
    return said.contains(line);
  }

  /** Its last line. */
  synchronized String lastWord() {
    return said.isEmpty() ? "" : said.get(said.size() - 1);
  }

  JavaProcess process() {
    return process;
  }

  void go() {
    Await.until(
        () -> "the worker's JVM: " + process.errors(),
        START,
        () -> said("ready") || !process.isAlive());
    process.say("go");
  }

  /** Ends it in good order; answers how many messages it lost to others. */
  long finish() throws InterruptedException {
    process.say("close");
    process.awaitEnd();
    String word = lastWord();
    if (!word.startsWith("closed true fenced ")) {
      throw new AssertionError("its ledger does not balance: " + word + " " + process.errors());
    }
    return Long.parseLong(word.substring(word.lastIndexOf(' ') + 1));
  }

  @Override
  public void close() {
    process.close();
  }
}
