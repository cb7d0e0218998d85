package io.llmlog.faults;

import io.llmlog.LlmLogger;
import io.llmlog.delivery.LedgerSnapshot;
import io.llmlog.event.LlmEvent;
import java.time.Duration;
import java.util.BitSet;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A service in this JVM: logs the events of its workload one after the other, and remembers what
 * the logger said to each. One thread logs at a time; the others may look.
 */
final class Recorder implements Producer, AutoCloseable {
  private final LlmLogger llm;
  private final Workload workload;
  private final Duration bound;
  private final BitSet accepted = new BitSet();
  private final BitSet refused = new BitSet();
  private long next;
  private long longestNanos;
  private @Nullable String thrown;
  private @Nullable LedgerSnapshot last;
  private @Nullable Thread load;
  private volatile boolean loading;

  Recorder(LlmLogger llm, Workload workload, Duration bound) {
    this.llm = llm;
    this.workload = workload;
    this.bound = bound;
  }

  LlmLogger llm() {
    return llm;
  }

  /** Logs the next event; answers its number, or -1 if it was refused. */
  long logNext() {
    LlmEvent event;
    long number;
    synchronized (this) {
      number = next++;
      event = workload.event(number);
    }
    boolean taken = false;
    @Nullable String failure = null;
    long start = System.nanoTime();
    try {
      taken = llm.log(event);
    } catch (RuntimeException | Error e) {
      failure = e.toString();
    }
    long took = System.nanoTime() - start;
    synchronized (this) {
      longestNanos = Math.max(longestNanos, took);
      (taken ? accepted : refused).set((int) number);
      thrown = thrown == null ? failure : thrown;
    }
    return taken ? number : -1;
  }

  /** Logs as fast as it goes. */
  void burst(int events) {
    for (int i = 0; i < events; i++) {
      logNext();
    }
  }

  /** Logs on a thread of its own, until {@link #stopLoad()}. */
  void startLoad(Duration pace) {
    loading = true;
    Thread thread = new Thread(() -> run(pace.toNanos()), "faults-load-" + workload.stream());
    thread.setDaemon(true);
    load = thread;
    thread.start();
  }

  private void run(long paceNanos) {
    while (loading) {
      logNext();
      // The pace of a service, not a wait for anything.
      LockSupport.parkNanos(paceNanos);
    }
  }

  /** Ends the load; when it returns, nothing is being logged. */
  void stopLoad() {
    loading = false;
    Thread thread = load;
    if (thread != null) {
      Await.until("log() to return", Scene.PATIENCE, () -> !thread.isAlive());
      load = null;
    }
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

  @Override
  public synchronized long issued() {
    return next;
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
  public synchronized @Nullable String thrown() {
    return thrown;
  }

  /** The ledger now, or the one at the end. */
  @Override
  public synchronized LedgerSnapshot ledger() {
    return last == null ? llm.counts() : last;
  }

  @Override
  public void close() {
    stopLoad();
    llm.close();
    synchronized (this) {
      last = llm.counts();
    }
  }
}
