package io.llmlog.delivery;

import org.jspecify.annotations.Nullable;

/**
 * Runs a task when the JVM ends, as on SIGTERM, unless it was cancelled before. The JVM waits for
 * it.
 */
final class ShutdownHook {
  private final Runnable task;
  private @Nullable Thread hook;
  private boolean cancelled;

  ShutdownHook(Runnable task) {
    this.task = task;
  }

  synchronized void register() {
    if (hook != null || cancelled) {
      return;
    }
    Thread created = new Thread(task, "llmlog-shutdown");
    try {
      Runtime.getRuntime().addShutdownHook(created);
      hook = created;
    } catch (IllegalStateException e) {
      // The JVM is ending already: whoever logs now must close by itself.
      cancelled = true;
    }
  }

  synchronized void cancel() {
    cancelled = true;
    Thread registered = hook;
    hook = null;
    if (registered == null || registered == Thread.currentThread()) {
      return;
    }
    try {
      Runtime.getRuntime().removeShutdownHook(registered);
    } catch (IllegalStateException e) {
      // The JVM is ending, and the hook finds all closed.
      return;
    }
  }
}
