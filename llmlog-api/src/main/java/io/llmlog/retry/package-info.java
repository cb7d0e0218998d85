/**
 * How a loop that must not end lives through an outage: {@link io.llmlog.retry.Backoff} says when
 * to try again, {@link io.llmlog.retry.ThrottledLog} how often to speak of it. For the publisher,
 * the worker and plug-ins.
 */
@NullMarked
package io.llmlog.retry;

import org.jspecify.annotations.NullMarked;
