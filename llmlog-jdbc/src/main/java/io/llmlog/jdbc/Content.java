package io.llmlog.jdbc;

import io.llmlog.event.Column;
import io.llmlog.event.EventEncoder;
import io.llmlog.event.LlmEvent;
import org.jspecify.annotations.Nullable;

/**
 * Prompt and answer of a call, as JSON in UTF-8: a fraction of the objects that an event holds them
 * in, of which a batch may have 8 MiB.
 */
@SuppressWarnings("ArrayRecordComponent") // written, never compared
record Content(byte @Nullable [] request, byte @Nullable [] response) {
  /** The event's content, or null where it has none. */
  static @Nullable Content of(LlmEvent event) {
    return event.has(Column.REQUEST) || event.has(Column.RESPONSE)
        ? new Content(EventEncoder.requestJson(event), EventEncoder.responseJson(event))
        : null;
  }
}
