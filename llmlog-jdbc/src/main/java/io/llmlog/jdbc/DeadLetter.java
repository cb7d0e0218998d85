package io.llmlog.jdbc;

import io.llmlog.event.LlmEvent;
import io.llmlog.spi.Message;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A message that can never be a row.
 *
 * @param index its place in the batch
 * @param id the event's, where it could be read
 * @param createdAt the event's time, else that of the claim; a replay uses it
 * @param reason for a person
 * @param sqlState where the database refused it
 */
@SuppressWarnings("ArrayRecordComponent") // written, never compared
record DeadLetter(
    int index, UUID id, Instant createdAt, byte[] raw, String reason, @Nullable String sqlState) {

  /** Of a message that could not be read. */
  static DeadLetter of(int index, Message message, String reason) {
    return new DeadLetter(
        index, message.identity(), message.claimedAt(), message.bytes(), reason, null);
  }

  /** Of a message that was read, but is not wanted. */
  static DeadLetter of(
      int index, Message message, LlmEvent event, String reason, @Nullable String sqlState) {
    return new DeadLetter(
        index, event.eventId(), event.createdAt(), message.bytes(), reason, sqlState);
  }
}
