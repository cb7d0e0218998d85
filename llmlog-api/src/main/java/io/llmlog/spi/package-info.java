/**
 * What a queue and a store have to do: small, blocking, one batch at a time.
 *
 * <p>The road of a batch: the publisher of a service hands it to an {@link
 * io.llmlog.spi.EventSender}; a worker receives it as a {@link io.llmlog.spi.Delivery} from an
 * {@link io.llmlog.spi.EventSource}, has an {@link io.llmlog.spi.EventWriter} store its {@link
 * io.llmlog.spi.Message messages} and acknowledges it after the commit. A {@link
 * io.llmlog.spi.QueueProvider} and a {@link io.llmlog.spi.StoreProvider} make them from a URL; an
 * application may also hand instances of its own to a builder.
 */
@NullMarked
package io.llmlog.spi;

import org.jspecify.annotations.NullMarked;
