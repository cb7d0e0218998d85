/**
 * What a worker does and what it sees, as meters of Micrometer; docs/METRICS.md lists them.
 *
 * <pre>
 *   WorkerListener ───→ WorkerMetrics ──→ batches, write times, failures, acks
 *   Worker.status() ──→ WorkerMeters ───→ ledger, loops, pool, maintenance
 *   Observation ──────→ WatchMeters ────→ queue, database, replica; NaN where nothing is known
 * </pre>
 *
 * <p>{@link io.llmlog.worker.metrics.WorkerMetrics} is all that others need; {@link
 * io.llmlog.worker.metrics.ProcessMetrics} adds the JVM for a worker in a process of its own. A
 * scrape takes one snapshot of the worker and asks no server anything.
 */
@NullMarked
package io.llmlog.worker.metrics;

import org.jspecify.annotations.NullMarked;
