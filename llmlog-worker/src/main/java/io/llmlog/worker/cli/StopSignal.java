package io.llmlog.worker.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Turns SIGTERM and Ctrl-C into an orderly end with exit code 0. As long as it is open, the JVM's
 * shutdown waits for the stop and then for the command, which may still print its result.
 */
final class StopSignal implements AutoCloseable {
  /** How long the command has, after the stop, to print what it has to say. */
  private static final long LAST_WORDS_SECONDS = 2;

  private final CountDownLatch stopped = new CountDownLatch(1);
  private final CountDownLatch commandEnded = new CountDownLatch(1);
  private final Thread hook;

  /**
   * @param stop ends the work, within a bounded time
   */
  StopSignal(Runnable stop) {
    this.hook = new Thread(() -> run(stop), "llmlog-stop");
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** Waits that long, or until the stop; answers whether it came. */
  boolean await(long nanos) throws InterruptedException {
    return stopped.await(nanos, TimeUnit.NANOSECONDS);
  }

  private void run(Runnable stop) {
    stopped.countDown();
    stop.run();
    try {
      commandEnded.await(LAST_WORDS_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    // The JVM would end with 143, which supervisors take for a failure; this was an orderly end.
    Runtime.getRuntime().halt(Main.DONE);
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
