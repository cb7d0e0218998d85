/**
 * From an accepted event to the queue, inside the service.
 *
 * <p>The caller's thread leaves the bytes of its event in the {@code MemoryBuffer}; the {@link
 * io.llmlog.delivery.Publisher} thread takes them all, sends them in batches, and only what was
 * sent gives its room back. The {@code Ledger} counts where every event went; a {@link
 * io.llmlog.delivery.LedgerSnapshot} is what others see of it.
 */
@NullMarked
package io.llmlog.delivery;

import org.jspecify.annotations.NullMarked;
