package io.llmlog.benchmarks.flow;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** A service in a process of its own. Not safe for use by several threads at once. */
final class ServiceProcess implements AutoCloseable {
  static final String HEAP = "-Xmx512m";

  private final Child child;

  private ServiceProcess(Child child) {
    this.child = child;
  }

  /** What became of its events, as {@link io.llmlog.delivery.LedgerSnapshot}. */
  record Counts(
      long offered,
      long accepted,
      long queued,
      long fallback,
      long dropped,
      long refused,
      long pending,
      long spooled) {
    private static Counts of(long[] n) {
      return new Counts(n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7]);
    }

    /** Whether each event that was offered has gone to queue or store. */
    boolean clean() {
      return offered == accepted && accepted == queued + fallback;
    }
  }

  /**
   * Starts one that logs nothing yet.
   *
   * @param samples is told of each sample, {@code <microseconds since 1970> <event id>}
   */
  static ServiceProcess start(Map<String, String> variables, Consumer<String> samples)
      throws IOException, InterruptedException {
    Child child =
        Child.start(
            System.getProperty("java.class.path"),
            ServiceMain.class,
            List.of(HEAP),
            variables,
            samples);
    try {
      child.answer();
      return new ServiceProcess(child);
    } catch (RuntimeException | InterruptedException e) {
      child.close();
      throw e;
    }
  }

  /** So many calls a second from now on. */
  void rate(long callsPerSecond) throws InterruptedException {
    rate(callsPerSecond, 0);
  }

  /**
   * As {@link #rate(long)}.
   *
   * @param sampleEach one call in so many is a sample; 0: none
   */
  void rate(long callsPerSecond, long sampleEach) throws InterruptedException {
    child.ask("rate " + callsPerSecond + " " + sampleEach);
  }

  Counts counts() throws InterruptedException {
    return Counts.of(child.numbers("counts"));
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
