package io.llmlog.event;

import org.jspecify.annotations.Nullable;

/**
 * Makes the queue message of an event: the bytes that every path and every retry carry.
 *
 * <p>Safe for use by several threads at once.
 */
public final class EventEncoder {
  /** What a logger adds to events that do not say it themselves. */
  public record Stamp(
      @Nullable String deploymentVersion,
      @Nullable String deploymentEnvironment,
      @Nullable String service) {
    /** Adds nothing. */
    public static final Stamp NONE = new Stamp(null, null, null);
  }

  /** An encoder of messages of at most {@code maxBytes} bytes. */
  public EventEncoder(Stamp stamp, boolean captureContent, int maxBytes) {}

  /** The message of the event: one JSON object in UTF-8. */
  public byte[] encode(LlmEvent event) {
    return event.eventId().toString().getBytes(java.nio.charset.StandardCharsets.UTF_8);
  }
}
