package io.llmlog.benchmarks.flow;

import java.io.IOException;
import java.util.List;
import java.util.Map;

/** A worker in a process of its own. Not safe for use by several threads at once. */
final class WorkerProcess implements AutoCloseable {
  /** The heap that a worker has here unless said otherwise. */
  static final String HEAP = "-Xmx256m";

  private final Child child;

  private WorkerProcess(Child child) {
    this.child = child;
  }

  /** What the worker has done, as {@link io.llmlog.worker.WorkerStatus}. */
  record Counts(
      long claimed,
      long adopted,
      long stored,
      long duplicate,
      long dead,
      long released,
      long fenced,
      long inFlight) {
    private static Counts of(long[] n) {
      return new Counts(n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7]);
    }

    /** Messages that are settled in the store, however. */
    long settled() {
      return stored + duplicate + dead;
    }

    /** Whether each message that it took became a new row. */
    boolean clean() {
      return claimed == stored && adopted + duplicate + dead + released + fenced + inFlight == 0;
    }
  }

  /**
   * @param heap the most that was in use, garbage included, in bytes
   * @param resident the most that the process had, in bytes; -1: unknown
   */
  record Memory(long heap, long resident) {}

  /** Starts one that works from then on. */
  static WorkerProcess start(Map<String, String> variables, String... options)
      throws IOException, InterruptedException {
    Child child = Child.start(WorkerMain.class, List.of(options), variables);
    try {
      child.answer();
      return new WorkerProcess(child);
    } catch (RuntimeException | InterruptedException e) {
      child.close();
      throw e;
    }
  }

  Counts counts() throws InterruptedException {
    return Counts.of(child.numbers("counts"));
  }

  Memory memory() throws InterruptedException {
    long[] numbers = child.numbers("memory");
    return new Memory(numbers[0], numbers[1]);
  }

  /** The end of what it logged. */
  String log() {
    return child.errors();
  }

  /** Stops it in good order; answers its last ledger. */
  Counts finish() throws InterruptedException {
    return Counts.of(child.numbers(Child.CLOSE));
  }

  @Override
  public void close() {
    child.close();
  }
}
