package io.llmlog.benchmarks;

import io.llmlog.LlmLogger;
import io.llmlog.event.LlmEvent;
import io.llmlog.spi.EventSender;
import io.llmlog.spi.Providers;
import io.llmlog.spi.QueueProvider.QueueSettings;
import io.llmlog.testkit.RedisServer;
import java.time.Duration;
import java.util.List;

/** This library, with its buffer of 64 MiB and what else a service gets by itself. */
final class LlmlogSubject implements Subject {
  private static final String QUEUE = "llm_logs";

  private final LlmLogger logger;
  private final AutoCloseable server;
  private final LlmEvent made = SampleCall.event();

  private LlmlogSubject(EventSender sender, AutoCloseable server) {
    // A saturated buffer is left behind at the end: it is no part of what is measured.
    this.logger = LlmLogger.builder().sender(sender).closeTimeout(Duration.ZERO).build();
    this.server = server;
  }

  /** Into a queue that takes everything at once: what remains is the caller's share. */
  static Subject discarding() {
    EventSender sender =
        new EventSender() {
          @Override
          public long send(List<byte[]> batch) {
            return UNKNOWN_DEPTH;
          }

          @Override
          public void close() {}
        };
    return new LlmlogSubject(sender, () -> {});
  }

  /** Into a real Redis on this machine, which has its own share of the processors. */
  static Subject onRedis() {
    RedisServer redis = RedisServer.builder().build().start();
    QueueEmptier emptier = QueueEmptier.start(redis.port(), QUEUE);
    EventSender sender = Providers.queue(redis.url()).sender(new QueueSettings(redis.url(), QUEUE));
    return new LlmlogSubject(
        sender,
        () -> {
          emptier.close();
          redis.close();
        });
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
  }
}
