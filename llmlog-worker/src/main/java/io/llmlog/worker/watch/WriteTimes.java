package io.llmlog.worker.watch;

import io.llmlog.worker.WorkerListener;
import io.llmlog.worker.watch.Observation.Writes;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what a worker's writes take from one look to the next, each write in one of them, so that
 * whoever adds looks up has the figures of any time. It is the worker's listener, and tells another
 * one all that it hears. Safe for use by several threads at once.
 */
public final class WriteTimes implements WorkerListener {
  private final WorkerListener next;
  private Writes sinceLook = Writes.NONE;

  /**
   * @param next is told the same; its exceptions are the caller's
   */
  public WriteTimes(WorkerListener next) {
    this.next = next;
  }

  /** The writes since the last call, which nobody gets again. */
  synchronized Writes take() {
    Writes taken = sinceLook;
    sinceLook = Writes.NONE;
    return taken;
  }

  private synchronized void add(Duration took) {
    sinceLook = sinceLook.plus(new Writes(1, took, took));
  }

  @Override
  public void claimed(int messages, boolean adopted) {
    next.claimed(messages, adopted);
  }

  @Override
  public void written(int messages, Duration took) {
    add(took);
    next.written(messages, took);
  }

  @Override
  public void writeFailed(@Nullable String sqlState, Duration took) {
    next.writeFailed(sqlState, took);
  }

  @Override
  public void ackRefused(int messages) {
    next.ackRefused(messages);
  }
}
