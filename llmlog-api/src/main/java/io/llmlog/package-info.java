/**
 * What a service imports.
 *
 * <p>{@link io.llmlog.LlmLogger} takes {@link io.llmlog.event.LlmEvent events}, encodes them on the
 * caller's thread and leaves them with the {@link io.llmlog.delivery.Publisher}; {@link
 * io.llmlog.LlmCall} measures one call and makes its event. This is the only place that puts the
 * parts together.
 */
@NullMarked
package io.llmlog;

import org.jspecify.annotations.NullMarked;
