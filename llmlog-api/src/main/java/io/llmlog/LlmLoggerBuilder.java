package io.llmlog;

import io.llmlog.delivery.Publisher;
import io.llmlog.event.EventEncoder;
import io.llmlog.spi.EventSender;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Puts a {@link LlmLogger} together from parts. Not thread-safe. */
public final class LlmLoggerBuilder {
  private static final long MIB = 1L << 20;
  private static final int MIN_EVENT_BYTES = 16 << 10;
  private static final int MAX_EVENT_BYTES = 16 << 20;

  private @Nullable EventSender sender;
  private long bufferMaxBytes = 64 * MIB;
  private int maxEventBytes = 256 << 10;
  private Duration blockWhenFull = Duration.ZERO;
  private Duration closeTimeout = Duration.ofSeconds(10);
  private boolean captureContent;
  private @Nullable String deploymentVersion;
  private @Nullable String deploymentEnvironment;
  private @Nullable String service;

  LlmLoggerBuilder() {}

  /** The way to the queue; closed with the logger. Required. */
  public LlmLoggerBuilder sender(EventSender sender) {
    this.sender = Objects.requireNonNull(sender, "sender");
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
   * How long {@link LlmLogger#log} waits for room in a full buffer; zero, the default: not at all.
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
   * The logger; it connects to nothing yet.
   *
   * @throws IllegalStateException if no sender was given, or if an event may be as large as the
   *     buffer, which would refuse it for ever
   */
  public LlmLogger build() {
    if (sender == null) {
      throw new IllegalStateException("sender is not set");
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
        new Publisher(sender, bufferMaxBytes, blockWhenFull, closeTimeout));
  }

  private static Duration notNegative(String name, Duration duration) {
    if (duration.isNegative()) {
      throw new IllegalArgumentException(name + "=" + duration + ": must not be negative");
    }
    return duration;
  }
}
