package io.llmlog.benchmarks;

import io.llmlog.LlmLogger;
import io.llmlog.LlmLoggerBuilder;
import io.llmlog.event.LlmEvent;
import io.llmlog.spi.EventSender;
import io.llmlog.spi.Providers;
import io.llmlog.spi.QueueProvider.QueueSettings;
import io.llmlog.spool.SpoolMode;
import io.llmlog.spool.SyncPolicy;
import io.llmlog.testkit.RedisServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** This library, with its buffer of 64 MiB and what else a service gets by itself. */
final class LlmlogSubject implements Subject {
  private static final String QUEUE = "llm_logs";
  private static final Duration SYNC = Duration.ofMillis(500);

  private final LlmLogger logger;
  private final AutoCloseable server;
  private final @Nullable Path spool;
  private final LlmEvent made = SampleCall.event();

  private LlmlogSubject(EventSender sender, AutoCloseable server, @Nullable Path spool) {
    // A saturated buffer is left behind at the end: it is no part of what is measured.
    LlmLoggerBuilder builder = LlmLogger.builder().sender(sender).closeTimeout(Duration.ZERO);
    if (spool != null) {
      builder.spoolDirectory(spool).spoolMode(SpoolMode.ALWAYS).spoolSync(SyncPolicy.every(SYNC));
    }
    this.logger = builder.build();
    this.server = server;
    this.spool = spool;
  }

  /**
   * Into a queue that takes everything at once: what remains is the caller's share.
   *
   * @param spool where each event is written first, {@code LLMLOG_SPOOL_MODE=always} with {@code
   *     LLMLOG_SPOOL_SYNC=500ms}; null: none
   */
  static Subject discarding(@Nullable Path spool) {
    EventSender sender =
        new EventSender() {
          @Override
          public long send(List<byte[]> batch) {
            return UNKNOWN_DEPTH;
          }

          @Override
          public void close() {}
        };
    return new LlmlogSubject(sender, () -> {}, spool);
  }

  /** Into a real Redis on this machine, which has its own share of the processors. */
  static Subject onRedis(@Nullable Path spool) {
    RedisServer redis = RedisServer.builder().build().start();
    QueueEmptier emptier = QueueEmptier.start(redis.port(), QUEUE);
    EventSender sender = Providers.queue(redis.url()).sender(new QueueSettings(redis.url(), QUEUE));
    return new LlmlogSubject(
        sender,
        () -> {
          emptier.close();
          redis.close();
        },
        spool);
  }

  @Override
  public boolean logMade() {
    return logger.log(made);
  }

  @Override
  public boolean makeAndLog() {
    return logger.log(SampleCall.event());
  }

  @Override
  public void close() {
    logger.close();
    try {
      server.close();
    } catch (Exception e) {
      throw new IllegalStateException("the server could not be stopped", e);
    }
    if (spool != null) {
      SpoolPlace.delete(spool);
    }
  }
}
