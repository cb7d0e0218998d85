package io.llmlog.event;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/**
 * Reads the messages of one batch, from the first to the last, whether they are stored together or
 * each by itself.
 *
 * <p>Messages with one id and without a time are pushes of their own: those of one batch would have
 * one claim time and so one key, whereas in two batches they would be two rows. Each lies a
 * microsecond after the one before, in the order of the batch, which never changes. Not
 * thread-safe.
 */
public final class BatchDecoder {
  private final Map<UUID, Integer> pushes = new HashMap<>();
  private final DirectReader direct = new DirectReader();
  private final boolean withContent;

  /**
   * A decoder before the first message.
   *
   * @param withContent whether the events have the messages' requests and responses; otherwise
   *     those take no memory
   */
  public BatchDecoder(boolean withContent) {
    this.withContent = withContent;
  }

  /**
   * Reads the next message, as {@link EventDecoder#decode} does.
   *
   * @param claimedAt the same for all messages of the batch
   */
  public LlmEvent next(byte[] message, UUID identity, Instant claimedAt)
      throws MalformedMessageException {
    LlmEvent event = decode(message, identity, claimedAt);
    if (!event.createdAt().equals(claimedAt)) {
      return event;
    }
    int before = pushes.merge(event.eventId(), 1, Integer::sum) - 1;
    return before == 0
        ? event
        : decode(message, identity, claimedAt.plus(before, ChronoUnit.MICROS));
  }

  private LlmEvent decode(byte[] message, UUID identity, Instant claimedAt)
      throws MalformedMessageException {
    LlmEvent.Builder event = direct.read(message, withContent);
    return EventDecoder.complete(
        event != null ? event : EventDecoder.read(message, withContent), identity, claimedAt);
  }
}
