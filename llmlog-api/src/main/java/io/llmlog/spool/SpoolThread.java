package io.llmlog.spool;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/** The only thread that opens, forces, closes and deletes files. Ends with the spool. */
final class SpoolThread implements Runnable {
  private final SpoolMonitor monitor;
  private final SegmentChain chain;
  private final SyncPolicy sync;
  private final Path path;
  private final SpoolFiles files;
  private final CompletableFuture<Long> salt = new CompletableFuture<>();
  private final CompletableFuture<Boolean> ended = new CompletableFuture<>();

  SpoolThread(
      SpoolMonitor monitor, SegmentChain chain, SyncPolicy sync, Path path, SpoolFiles files) {
    this.monitor = monitor;
    this.chain = chain;
    this.sync = sync;
    this.path = path;
    this.files = files;
  }

  /**
   * Starts it, and answers the salt of the subdirectory.
   *
   * @throws SpoolException where the directory cannot be a spool
   */
  long start() {
    Thread thread = new Thread(this, "llmlog-spool");
    thread.setDaemon(true);
    thread.start();
    try {
      return salt.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof SpoolException refused) {
        throw refused;
      }
      throw e;
    }
  }

  /** Waits until it has ended, whether interrupted or not. False where that took too long. */
  boolean awaitEnd(Duration timeout) {
    return ended.copy().completeOnTimeout(false, timeout.toMillis(), TimeUnit.MILLISECONDS).join();
  }

  @Override
  public void run() {
    try {
      Housekeeping work = Housekeeping.open(monitor, chain, sync, path, files);
      salt.complete(work.salt());
      work.untilClosed();
    } catch (SpoolException e) {
      salt.completeExceptionally(e);
    } catch (IOException e) {
      salt.completeExceptionally(SpoolRoot.unusable(path, e));
    } catch (Throwable e) {
      salt.completeExceptionally(new SpoolException("Spool directory " + path + ": " + e, e));
    } finally {
      ended.complete(true);
    }
  }
}
