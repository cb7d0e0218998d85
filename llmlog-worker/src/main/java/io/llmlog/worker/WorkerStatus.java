package io.llmlog.worker;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a worker has done with the messages it took, and what its loops do, at one moment. The sum
 * always holds:
 *
 * <pre>
 * claimed + adopted = stored + duplicate + dead + released + fenced + inFlight
 * </pre>
 *
 * @param claimed messages taken from the queue itself
 * @param adopted messages taken over from a worker whose lease had ended
 * @param stored new rows
 * @param duplicate messages whose row was there already
 * @param dead messages kept as dead letters
 * @param released messages left to the next worker at shutdown
 * @param fenced messages that another worker has, because the lease ended before they were written
 * @param inFlight messages in hand
 * @param loops one for each thread of the worker
 */
public record WorkerStatus(
    long claimed,
    long adopted,
    long stored,
    long duplicate,
    long dead,
    long released,
    long fenced,
    long inFlight,
    List<LoopStatus> loops) {

  /** What a loop is doing. */
  public enum State {
    /** Takes and stores, or waits for messages. */
    RUNNING,
    /** The queue or the store is away or busy; tries again by itself. */
    RETRYING,
    /** The store needs a person: rights, schema or configuration. Tries again now and then. */
    PAUSED,
    /** Not started yet, or ended. */
    STOPPED
  }

  /**
   * One loop.
   *
   * @param name the name of its thread
   * @param reason why it is retrying or paused, else null; without secrets
   * @param since when it came into this state
   */
  public record LoopStatus(String name, State state, @Nullable String reason, Instant since) {}

  public WorkerStatus {
    loops = List.copyOf(loops);
  }

  /** Whether the sum holds: anything else is a bug. */
  public boolean balances() {
    return claimed + adopted == stored + duplicate + dead + released + fenced + inFlight;
  }
}
