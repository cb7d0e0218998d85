/**
 * The whole road of an event, with every part in a process of its own, as in production.
 *
 * <p>{@code Servers} starts Redis and PostgreSQL. {@code ServiceProcess} is a service that logs at
 * a given rate ({@code ServiceMain} in its JVM), {@code WorkerProcess} a worker ({@code
 * WorkerMain}); both are a {@code Child}, which hears lines and answers with its ledger. Where the
 * worker alone is asked about, a {@code Feeder} takes the service's place. {@code Calls} makes the
 * events.
 *
 * <p>Four programs put them together: {@link io.llmlog.benchmarks.flow.EndToEndReport} looks for
 * the highest rate, how long an event is on its way and what more workers bring; {@link
 * io.llmlog.benchmarks.flow.GrowthReport} for what a long queue and a full table cost; {@link
 * io.llmlog.benchmarks.flow.FootprintReport} for time, memory and jars; {@link
 * io.llmlog.benchmarks.flow.SizingReport} for the bytes of an event at each place. Each compares
 * the ledgers with the table at its end, and fails if an event is missing.
 */
@NullMarked
package io.llmlog.benchmarks.flow;

import org.jspecify.annotations.NullMarked;
