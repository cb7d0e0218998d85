package io.llmlog;

import io.llmlog.delivery.DeliveryOptions;
import io.llmlog.delivery.Publisher;
import io.llmlog.event.EventEncoder;
import io.llmlog.spi.EventSender;
import io.llmlog.spi.EventWriter;
import io.llmlog.spool.Spool;
import io.llmlog.spool.SpoolException;
import io.llmlog.spool.SpoolMode;
import io.llmlog.spool.SpoolOptions;
import io.llmlog.spool.SyncPolicy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Puts a {@link LlmLogger} together from parts. Not thread-safe. */
public final class LlmLoggerBuilder {
  private static final long MIB = 1L << 20;
  private static final int MIN_EVENT_BYTES = 16 << 10;
  private static final int MAX_EVENT_BYTES = 16 << 20;

  private @Nullable EventSender sender;
  private @Nullable EventWriter fallback;
  private long queueMaxDepth = 1_000_000;
  private @Nullable Path spoolDirectory;
  private SpoolMode spoolMode = SpoolMode.OVERFLOW;
  private SyncPolicy spoolSync = SyncPolicy.every(Duration.ofMillis(500));
  private long spoolMaxBytes = 1024 * MIB;
  private boolean shutdownHook = true;
  private long bufferMaxBytes = 64 * MIB;
  private int maxEventBytes = 256 << 10;
  private Duration blockWhenFull = Duration.ZERO;
  private Duration closeTimeout = Duration.ofSeconds(10);
  private boolean captureContent;
  private @Nullable String deploymentVersion;
  private @Nullable String deploymentEnvironment;
  private @Nullable String service;

  LlmLoggerBuilder() {}

  /** The way to the queue; closed with the logger. Required, unless there is a fallback. */
  public LlmLoggerBuilder sender(EventSender sender) {
    this.sender = Objects.requireNonNull(sender, "sender");
    return this;
  }

  /**
   * Takes batches while the queue is away, on the publisher's thread, and all of them where there
   * is no {@link #sender}; closed with the logger. An application may bring one of its own: it must
   * be idempotent by event id, since a batch may have reached the queue too.
   */
  public LlmLoggerBuilder fallback(EventWriter writer) {
    this.fallback = Objects.requireNonNull(writer, "fallback");
    return this;
  }

  /**
   * Of a queue with more messages than this, events are kept back, in the spool where there is one;
   * 1,000,000 unless set.
   */
  public LlmLoggerBuilder queueMaxDepth(long messages) {
    if (messages < 1) {
      throw new IllegalArgumentException("queueMaxDepth=" + messages + ": must be 1 or more");
    }
    this.queueMaxDepth = messages;
    return this;
  }

  /**
   * Where events outlive the process: a directory that exists and that may be shared by many
   * loggers. None unless set.
   */
  public LlmLoggerBuilder spoolDirectory(Path directory) {
    this.spoolDirectory = Objects.requireNonNull(directory, "spoolDirectory");
    return this;
  }

  /** When the spool is used: {@link SpoolMode#OVERFLOW} unless set. */
  public LlmLoggerBuilder spoolMode(SpoolMode mode) {
    this.spoolMode = Objects.requireNonNull(mode, "spoolMode");
    return this;
  }

  /** When the spool is forced to disk: 500 ms after an event was written, unless set. */
  public LlmLoggerBuilder spoolSync(SyncPolicy policy) {
    this.spoolSync = Objects.requireNonNull(policy, "spoolSync");
    return this;
  }

  /** The most that the spool's files take: 1 MiB to 1024 GiB, 1 GiB unless set. */
  public LlmLoggerBuilder spoolMaxBytes(long bytes) {
    if (bytes < MIB || bytes > 1024 * 1024 * MIB) {
      throw new IllegalArgumentException("spoolMaxBytes=" + bytes + ": must be 1 MiB to 1024 GiB");
    }
    this.spoolMaxBytes = bytes;
    return this;
  }

  /**
   * Whether the end of the JVM, as on SIGTERM, closes the logger; it does unless set. For an
   * application that closes it in a shutdown hook of its own, after its last call.
   */
  public LlmLoggerBuilder shutdownHook(boolean register) {
    this.shutdownHook = register;
    return this;
  }

  /** The bound of the memory buffer in bytes: 1 MiB or more, 64 MiB unless set. */
  public LlmLoggerBuilder bufferMaxBytes(long bytes) {
    if (bytes < MIB) {
      throw new IllegalArgumentException("bufferMaxBytes=" + bytes + ": must be 1 MiB or more");
    }
    this.bufferMaxBytes = bytes;
    return this;
  }

  /** An event of more bytes is shortened: 16 KiB to 16 MiB, 256 KiB unless set. */
  public LlmLoggerBuilder maxEventBytes(int bytes) {
    if (bytes < MIN_EVENT_BYTES || bytes > MAX_EVENT_BYTES) {
      throw new IllegalArgumentException(
          "maxEventBytes="
              + bytes
              + ": must be 16 KiB to 16 MiB, "
              + MIN_EVENT_BYTES
              + " to "
              + MAX_EVENT_BYTES);
    }
    this.maxEventBytes = bytes;
    return this;
  }

  /**
   * How long {@link LlmLogger#log} waits for room in buffer and spool; zero, the default: not at
   * all.
   */
  public LlmLoggerBuilder blockWhenFull(Duration duration) {
    this.blockWhenFull = notNegative("blockWhenFull", duration);
    return this;
  }

  /** How long {@link LlmLogger#close} tries to deliver what is pending: 10 s unless set. */
  public LlmLoggerBuilder closeTimeout(Duration duration) {
    this.closeTimeout = notNegative("closeTimeout", duration);
    return this;
  }

  /** Whether prompts and answers leave the service; not unless set. */
  public LlmLoggerBuilder captureContent(boolean capture) {
    this.captureContent = capture;
    return this;
  }

  /** Stamped on every event that names no version of its own. */
  public LlmLoggerBuilder deploymentVersion(@Nullable String version) {
    this.deploymentVersion = version;
    return this;
  }

  /** Stamped on every event that names no environment of its own. */
  public LlmLoggerBuilder deploymentEnvironment(@Nullable String environment) {
    this.deploymentEnvironment = environment;
    return this;
  }

  /** Stamped on every event that names no service of its own. */
  public LlmLoggerBuilder service(@Nullable String service) {
    this.service = service;
    return this;
  }

  /**
   * The logger; it connects to nothing yet. A spool is opened, and what dead processes left in it
   * is on its way.
   *
   * @throws IllegalStateException if there is neither sender nor fallback, if the spool's mode
   *     needs a directory, or if an event may be as large as the buffer, which would refuse it for
   *     ever
   * @throws SpoolException if the spool's directory is missing, cannot be written, or is another's
   */
  public LlmLogger build() {
    if (sender == null && fallback == null) {
      throw new IllegalStateException("neither sender nor fallback is set");
    }
    if (spoolMode == SpoolMode.ALWAYS && spoolDirectory == null) {
      throw new IllegalStateException("spoolMode=ALWAYS: needs spoolDirectory");
    }
    if (maxEventBytes >= bufferMaxBytes) {
      throw new IllegalStateException(
          "maxEventBytes="
              + maxEventBytes
              + ": must be less than bufferMaxBytes="
              + bufferMaxBytes);
    }
    return new QueueingLlmLogger(
        new EventEncoder(
            new EventEncoder.Stamp(deploymentVersion, deploymentEnvironment, service),
            captureContent,
            maxEventBytes),
        new Publisher(
            sender,
            fallback,
            spoolDirectory == null
                ? null
                : Spool.open(spoolDirectory, new SpoolOptions(spoolMaxBytes, spoolSync)),
            new DeliveryOptions(
                bufferMaxBytes,
                blockWhenFull,
                closeTimeout,
                queueMaxDepth,
                spoolMode == SpoolMode.ALWAYS,
                shutdownHook)));
  }

  private static Duration notNegative(String name, Duration duration) {
    if (duration.isNegative()) {
      throw new IllegalArgumentException(name + "=" + duration + ": must not be negative");
    }
    return duration;
  }
}
