/**
 * One LLM call as an event, and its form on the wire.
 *
 * <p>The road of an event: a service fills an {@link io.llmlog.event.LlmEvent} (identity from
 * {@link io.llmlog.event.UuidV7}); {@link io.llmlog.event.EventEncoder} makes the bytes of the
 * queue message from it, once; every path and every retry carries those bytes; {@link
 * io.llmlog.event.EventDecoder} reads them, and whatever other languages push, generously back into
 * an event; {@link io.llmlog.event.BatchDecoder} those of one batch, the usual ones by a shortcut,
 * {@code DirectReader}, of the same result. {@link io.llmlog.event.Column} lists what an event may
 * carry.
 */
@NullMarked
package io.llmlog.event;

import org.jspecify.annotations.NullMarked;
