package io.llmlog.faults;

import io.llmlog.delivery.LedgerSnapshot;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A {@link ServiceMain} and what it said; its numbers are final once it has ended. */
final class ServiceProcess implements Producer, AutoCloseable {
  private static final Duration START = Duration.ofSeconds(60);

  private final Workload workload;
  private final Duration bound;
  private final BitSet accepted = new BitSet();
  private final BitSet refused = new BitSet();
  private final JavaProcess process;
  private long longestNanos;
  private boolean ready;
  private boolean done;
  private @Nullable String thrown;
  private @Nullable LedgerSnapshot ledger;

  private ServiceProcess(
      Path directory,
      Map<String, String> environment,
      Workload workload,
      Duration bound,
      Duration pace,
      long most)
      throws IOException {
    this.workload = workload;
    this.bound = bound;
    this.process =
        JavaProcess.start(
            directory,
            environment,
            ServiceMain.class,
            List.of(
                Long.toString(workload.seed()),
                Integer.toString(workload.stream()),
                Long.toString(workload.base().toEpochMilli()),
                Integer.toString(workload.padding()),
                Long.toString(pace.toNanos()),
                Long.toString(most)),
            this::hear);
  }

  /** Starts the JVM; {@link #go()} starts the service in it. */
  static ServiceProcess start(
      Path directory,
      Map<String, String> environment,
      Workload workload,
      Duration bound,
      Duration pace,
      long most)
      throws IOException {
    return new ServiceProcess(directory, environment, workload, bound, pace, most);
  }

  private synchronized void hear(String line) {
    String[] words = line.split(" ", 2);
    switch (words[0]) {
      case "ready" -> ready = true;
      case "done" -> done = true;
      case "a" -> accepted.set(Integer.parseInt(words[1]));
      case "r" -> refused.set(Integer.parseInt(words[1]));
      case "l" -> longestNanos = Long.parseLong(words[1]);
      case "t" -> thrown = words[1];
      case "c" -> ledger = ledger(words[1]);
      default -> throw new AssertionError(line);
    }
  }

  private static LedgerSnapshot ledger(String line) {
    long[] n = Arrays.stream(line.split(" ", -1)).mapToLong(Long::parseLong).toArray();
    return new LedgerSnapshot(
        n[0],
        n[1],
        n[2],
        n[3],
        n[4],
        n[5],
        n[6],
        n[7],
        n[8],
        n[5] == 0 ? Map.of() : Map.of("any", n[5]),
        n[6] == 0 ? Map.of() : Map.of("any", n[6]));
  }

  JavaProcess process() {
    return process;
  }

  void go() {
    Await.until(() -> "the service's JVM: " + process.errors(), START, () -> look(() -> ready));
    process.say("go");
  }

  /** Waits until it has accepted that many events. */
  void awaitAccepted(long events) {
    Await.until(
        () -> events + " accepted events, " + process.errors(),
        START,
        () -> look(() -> accepted.cardinality() >= events));
  }

  /** Waits until it has logged all that it was to log. */
  void awaitDone() {
    Await.until(() -> "the end of its work, " + process.errors(), START, () -> look(() -> done));
  }

  /** Closes the logger in good order; answers its last ledger. */
  LedgerSnapshot finish() throws InterruptedException {
    process.say("close");
    process.awaitEnd();
    LedgerSnapshot last = ledger();
    if (last == null) {
      throw new AssertionError("it ended without a word: " + process.errors());
    }
    return last;
  }

  private synchronized boolean look(java.util.function.BooleanSupplier condition) {
    return condition.getAsBoolean();
  }

  @Override
  public Workload workload() {
    return workload;
  }

  @Override
  public synchronized BitSet accepted() {
    return (BitSet) accepted.clone();
  }

  @Override
  public synchronized BitSet refused() {
    return (BitSet) refused.clone();
  }

  /** One more than it said: the last one may have been accepted without a word. */
  @Override
  public synchronized long issued() {
    return Math.max(accepted.length(), refused.length()) + 1L;
  }

  @Override
  public synchronized Duration longest() {
    return Duration.ofNanos(longestNanos);
  }

  @Override
  public Duration bound() {
    return bound;
  }

  @Override
  public synchronized @Nullable LedgerSnapshot ledger() {
    return ledger;
  }

  @Override
  public synchronized @Nullable String thrown() {
    return thrown;
  }

  @Override
  public void close() {
    process.close();
  }
}
