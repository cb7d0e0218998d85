/**
 * The worker between queue and store.
 *
 * <pre>
 *   EventSource.receive ── Hold ──→ EventWriter.write ──→ Delivery.ack ──→ the next one
 *        │                  ↑              │                   │
 *        │                  │ renews       ├ RETRY: wait, the same batch again
 *        │             LeaseKeeper         ├ PAUSE: a person is needed; tried again now and then
 *        │                                 ├ held by a third worker: OneByOne, each message marked
 *        │                                 └ lease lost: fenced, another worker has the batch
 *        └ nothing there: wait, ask again; deliveries of dead workers come first
 * </pre>
 *
 * <p>{@link io.llmlog.worker.Worker} owns the threads: a {@code ConsumeLoop} each with a source of
 * its own, which takes a delivery along the road above, and for each a {@code LeaseKeeper}, which
 * renews the lease of its {@code Hold}; one {@code MaintenanceLoop}, which lets the store prepare
 * partitions; {@code ServerChecks}, which say once what endangers messages. {@code VersionGuard}
 * keeps batches from tables of another version. {@code WorkerLedger} counts where every message
 * went, {@link io.llmlog.worker.WorkerStatus} is its snapshot. {@code WorkerLog} says an outage
 * once for all loops. A {@link io.llmlog.worker.WorkerListener} is told what is claimed and
 * written, for metrics; {@code GuardedListener} lets nothing that it throws reach a loop. {@code
 * Workers} reads the environment, {@code EmptyQueue} waits for the end of the work.
 */
@NullMarked
package io.llmlog.worker;

import org.jspecify.annotations.NullMarked;
