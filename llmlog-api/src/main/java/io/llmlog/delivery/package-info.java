/**
 * From an accepted event out of the service.
 *
 * <p>The caller's thread leaves the bytes of its event in the {@code MemoryBuffer}, or, in the mode
 * {@code always}, in the {@link io.llmlog.spool.Spool}. The thread of the {@link
 * io.llmlog.delivery.Publisher} runs the {@code DeliveryLoop}: it takes batches from either and
 * hands them to the {@code Roads}, which try the queue, and while its {@code Circuit} is open the
 * fallback. While no road takes them, what is in memory goes to the spool, and comes back from
 * there later. The {@code Ledger} counts where every event went, in the words of {@link
 * io.llmlog.delivery.Reasons}; a {@link io.llmlog.delivery.LedgerSnapshot} is what others see of
 * it. {@code Attempts} counts what each road was handed, and a {@link
 * io.llmlog.delivery.DeliverySnapshot} shows all of it to metrics.
 */
@NullMarked
package io.llmlog.delivery;

import org.jspecify.annotations.NullMarked;
