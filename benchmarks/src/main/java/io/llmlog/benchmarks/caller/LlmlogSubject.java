package io.llmlog.benchmarks.caller;

import io.llmlog.LlmLogger;
import io.llmlog.LlmLoggerBuilder;
import io.llmlog.delivery.LedgerSnapshot;
import io.llmlog.event.LlmEvent;
import io.llmlog.spi.EventSender;
import io.llmlog.spi.EventWriter;
import io.llmlog.spi.Providers;
import io.llmlog.spi.QueueProvider.QueueSettings;
import io.llmlog.spi.StoreProvider.StoreSettings;
import io.llmlog.spool.SpoolMode;
import io.llmlog.spool.SyncPolicy;
import io.llmlog.testkit.FaultProxy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Period;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** This library, with its buffer of 64 MiB and what else a service gets by itself. */
final class LlmlogSubject implements Subject {
  /** What the disk is for. */
  enum Disk {
    /** Nothing: memory alone. */
    NONE,
    /** What finds no room in memory: {@code LLMLOG_SPOOL_MODE=overflow}. */
    OVERFLOW,
    /** Each event first: {@code LLMLOG_SPOOL_MODE=always}, {@code LLMLOG_SPOOL_SYNC=500ms}. */
    ALWAYS
  }

  private static final Duration SYNC = Duration.ofMillis(500);
  private static final Duration DELIVERY = Duration.ofSeconds(60);
  private static final String SPOOL = "spool";

  private final LlmLogger logger;
  private final AutoCloseable servers;
  private final LongSupplier arrived;
  private final boolean reachable;
  private final LlmEvent made = SampleCall.event();

  private LlmlogSubject(
      LlmLogger logger, AutoCloseable servers, LongSupplier arrived, boolean reachable) {
    this.logger = logger;
    this.servers = servers;
    this.arrived = arrived;
    this.reachable = reachable;
  }

  /** Into a queue that counts and throws away: what remains is this library's share. */
  static LlmlogSubject counting(FarEnd farEnd, Disk disk) {
    Tally arrived = farEnd.arrived();
    EventSender sender =
        new EventSender() {
          @Override
          public long send(List<byte[]> batch) {
            arrived.add(batch.size());
            return UNKNOWN_DEPTH;
          }

          @Override
          public void close() {}
        };
    LlmLogger logger = builder(farEnd, disk).sender(sender).build();
    return new LlmlogSubject(logger, () -> {}, arrived::count, true);
  }

  /** Into a real Redis. */
  static LlmlogSubject onRedis(FarEnd farEnd, Disk disk) {
    RedisList list = RedisList.of(farEnd);
    LlmLogger logger = builder(farEnd, disk).sender(queue(list.url())).build();
    return new LlmlogSubject(logger, list, list::arrived, true);
  }

  /** Towards a Redis and a database, the fallback, whose network swallows every byte. */
  static LlmlogSubject blackHoled(FarEnd farEnd, Disk disk) {
    FaultProxy redis = blackHole();
    FaultProxy database = blackHole();
    LlmLogger logger =
        builder(farEnd, disk)
            .sender(queue("redis://127.0.0.1:" + redis.port()))
            .fallback(store("postgresql://llmlog:llmlog@127.0.0.1:" + database.port() + "/none"))
            .build();
    return new LlmlogSubject(
        logger,
        () -> {
          redis.close();
          database.close();
        },
        () -> 0,
        false);
  }

  /** Adopts what a killed process left in the spool, and says how many events Redis has then. */
  static long afterKill(FarEnd farEnd, Disk disk) {
    try (RedisList list = RedisList.of(farEnd)) {
      if (disk != Disk.NONE) {
        try (LlmLogger next = builder(farEnd, disk).sender(queue(list.url())).build()) {
          if (!next.flush(DELIVERY)) {
            throw new IllegalStateException("not delivered: " + next.counts());
          }
        }
      }
      return RedisList.events(list.url());
    }
  }

  private static LlmLoggerBuilder builder(FarEnd farEnd, Disk disk) {
    // A saturated buffer is left behind at the end: it is no part of what is measured.
    LlmLoggerBuilder builder = LlmLogger.builder().closeTimeout(Duration.ZERO);
    if (disk != Disk.NONE) {
      builder
          .spoolDirectory(directory(farEnd))
          .spoolMode(disk == Disk.ALWAYS ? SpoolMode.ALWAYS : SpoolMode.OVERFLOW)
          .spoolSync(SyncPolicy.every(SYNC));
    }
    return builder;
  }

  private static Path directory(FarEnd farEnd) {
    try {
      return Files.createDirectories(farEnd.file(SPOOL));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static EventSender queue(String url) {
    return Providers.queue(url).sender(new QueueSettings(url, FarEnd.QUEUE));
  }

  private static EventWriter store(String url) {
    return Providers.store(url)
        .writer(new StoreSettings(url, "public", Period.ofMonths(13), 2, Duration.ofSeconds(5)));
  }

  private static FaultProxy blackHole() {
    FaultProxy proxy = FaultProxy.to("127.0.0.1", 1);
    proxy.blackHole();
    return proxy;
  }

  /** Logs a call that was made before. */
  boolean logMade() {
    return logger.log(made);
  }

  /** Makes the record of a call of another size and logs it. */
  boolean log(Supplier<LlmEvent> call) {
    return logger.log(call.get());
  }

  @Override
  public boolean makeAndLog() {
    return logger.log(SampleCall.event());
  }

  @Override
  public long finish() {
    if (reachable && !logger.flush(DELIVERY)) {
      throw new IllegalStateException("not delivered: " + logger.counts());
    }
    return arrived.getAsLong();
  }

  @Override
  public long kept() {
    LedgerSnapshot counts = logger.counts();
    return counts.pending() + counts.spooled();
  }

  @Override
  public void close() {
    logger.close();
    try {
      servers.close();
    } catch (Exception e) {
      throw new IllegalStateException("the server could not be stopped", e);
    }
  }
}
