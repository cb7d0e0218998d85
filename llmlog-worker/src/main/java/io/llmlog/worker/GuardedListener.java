package io.llmlog.worker;

import io.llmlog.retry.ThrottledLog;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/** A listener that is not trusted: what it throws is said and goes no further. */
final class GuardedListener implements WorkerListener {
  private final WorkerListener listener;
  private final ThrottledLog log;

  GuardedListener(WorkerListener listener, Logger log) {
    this.listener = listener;
    this.log = new ThrottledLog(log);
  }

  @Override
  public void claimed(int messages, boolean adopted) {
    guarded(() -> listener.claimed(messages, adopted));
  }

  @Override
  public void written(int messages, Duration took) {
    guarded(() -> listener.written(messages, took));
  }

  @Override
  public void writeFailed(@Nullable String sqlState, Duration took) {
    guarded(() -> listener.writeFailed(sqlState, took));
  }

  @Override
  public void ackRefused(int messages) {
    guarded(() -> listener.ackRefused(messages));
  }

  private void guarded(Runnable told) {
    try {
      told.run();
    } catch (RuntimeException | Error e) {
      log.failed("The worker's listener failed; messages are stored all the same: " + e);
    }
  }
}
