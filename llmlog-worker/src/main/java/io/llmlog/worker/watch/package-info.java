/**
 * What a worker knows of its surroundings, for everybody who asks.
 *
 * <pre>
 *   QueueQuestion ─┐
 *   StoreQuestion ─┼→ WorkerLook ──→ Watch ──→ Observation ──→ Health, metrics, alerts, dashboard
 *   Worker ────────┤               every 5 s   kept for an hour
 *     └→ WriteTimes┘
 * </pre>
 *
 * <p>{@link io.llmlog.worker.watch.Watch} owns the one thread that asks the servers; no request and
 * no scrape ever does. An {@link io.llmlog.worker.watch.Observation} is what it saw at one moment,
 * {@link io.llmlog.worker.watch.Health} what follows of it for whoever may send this worker away.
 */
@NullMarked
package io.llmlog.worker.watch;

import org.jspecify.annotations.NullMarked;
