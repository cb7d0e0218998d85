package io.llmlog.worker.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Turns SIGTERM and Ctrl-C into an orderly end. As long as it is open, the JVM's shutdown waits for
 * the stop and then for the command, which may still print its result and set the exit code.
 */
final class StopSignal implements AutoCloseable {
  /** How long the command has, after the stop, to print what it has to say. */
  private static final long LAST_WORDS_SECONDS = 2;

  private final CountDownLatch stopped = new CountDownLatch(1);
  private final CountDownLatch commandEnded = new CountDownLatch(1);
  private final Thread hook;
  private volatile int exitCode;

  /**
   * @param stop ends the work, within a bounded time
   * @param exitCode of a process that was stopped, unless {@link #exitCode(int)} says another
   */
  StopSignal(Runnable stop, int exitCode) {
    this.exitCode = exitCode;
    this.hook = new Thread(() -> run(stop), "llmlog-stop");
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** Waits that long, or until the stop; answers whether it came. */
  boolean await(long nanos) throws InterruptedException {
    return stopped.await(nanos, TimeUnit.NANOSECONDS);
  }

  /** Whether the stop has come. */
  boolean came() {
    return stopped.getCount() == 0;
  }

  /** What the command would have ended with, now that it knows. */
  void exitCode(int code) {
    exitCode = code;
  }

  private void run(Runnable stop) {
    stopped.countDown();
    try {
      stop.run();
      commandEnded.await(LAST_WORDS_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      // The JVM would end with 143, which supervisors take for a failure.
      Runtime.getRuntime().halt(exitCode);
    }
  }

  /** The command has ended: nothing is left to stop. */
  @Override
  public void close() {
    commandEnded.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The shutdown is under way, and this hook a part of it.
      stopped.countDown();
    }
  }
}
