package io.llmlog.spi;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Looks at a queue from outside; takes and changes nothing. Safe for use by several threads. */
public interface QueueInspector extends AutoCloseable {
  /**
   * The state of the queue now.
   *
   * @throws QueueException if the queue is away or refuses
   */
  QueueState inspect() throws QueueException, InterruptedException;

  /**
   * What about the server's settings or the queue endangers messages that the queue has taken: a
   * sentence each, which names the place, says what may happen and what to set. The worker's
   * process asks once, when it starts, and logs each at WARN.
   *
   * @return empty where all is well; what the server does not tell is not claimed
   * @throws QueueException if the queue is away
   */
  default List<String> warnings() throws QueueException, InterruptedException {
    return List.of();
  }

  @Override
  void close();

  /**
   * @param depth how many messages wait to be claimed
   * @param oldest the message that waits longest, or null where none waits
   * @param workers all that hold a lease, or messages under an expired one
   */
  @SuppressWarnings("ArrayRecordComponent") // states are read, never compared
  record QueueState(long depth, byte @Nullable [] oldest, List<WorkerLease> workers) {
    public QueueState {
      workers = List.copyOf(workers);
    }

    /** How many messages are claimed and not yet acknowledged. */
    public long claimed() {
      return workers.stream().mapToLong(WorkerLease::claimed).sum();
    }
  }

  /**
   * One worker thread in the eyes of the queue.
   *
   * @param worker its identity
   * @param expiresIn until its lease ends; negative or zero: it ended, the worker is presumed dead
   * @param paused whether it waits for a person
   * @param claimed how many messages it holds
   */
  record WorkerLease(String worker, Duration expiresIn, boolean paused, long claimed) {
    public boolean alive() {
      return !expiresIn.isNegative() && !expiresIn.isZero();
    }
  }
}
