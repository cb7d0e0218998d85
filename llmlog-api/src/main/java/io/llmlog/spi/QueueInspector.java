package io.llmlog.spi;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Looks at a queue from outside; takes no messages. Safe for use by several threads. */
public interface QueueInspector extends AutoCloseable {
  /**
   * The state of the queue now.
   *
   * @throws QueueException if the queue is away or refuses
   */
  QueueState inspect() throws QueueException, InterruptedException;

  /**
   * What about the server's settings or the queue endangers messages that the queue has taken: a
   * sentence each, which names the place, says what may happen and what to set. A worker asks once,
   * when it starts, and logs each at WARN.
   *
   * @return empty where all is well; what the server does not tell is not claimed
   * @throws QueueException if the queue is away
   */
  default List<String> warnings() throws QueueException, InterruptedException {
    return List.of();
  }

  /**
   * Accepts for a person that what the store refuses of a delivery becomes dead letters, however
   * much it is: of each delivery whose worker waits for {@link Pause#REFUSED}, and of no later one.
   *
   * @param worker the identity of one worker, or null for all
   * @return those that waited so, as they were; empty where none did
   * @throws QueueException if the queue is away or refuses
   */
  default List<WorkerLease> accept(@Nullable String worker)
      throws QueueException, InterruptedException {
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
   * @param pause whether it waits for a person, and for what
   * @param claimed how many messages it holds
   */
  record WorkerLease(String worker, Duration expiresIn, Pause pause, long claimed) {
    /** Whether it waits for a person. */
    public boolean paused() {
      return pause.waits();
    }

    public boolean alive() {
      return !expiresIn.isNegative() && !expiresIn.isZero();
    }
  }
}
