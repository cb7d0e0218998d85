/**
 * What logging costs the caller, beside other ways to hand the same call over.
 *
 * <p>A {@code Subject} is one way to log: it starts what it needs, logs the {@code SampleCall},
 * says how much has arrived at its far end, and stops; {@code Contestant} names them all and says
 * what each does less of. Each runs in a JVM of its own: {@code CallerProcess} drives it at the
 * pace of a very busy service, or until it is killed, and {@link
 * io.llmlog.benchmarks.caller.LogBenchmark} as fast as callers can. {@link
 * io.llmlog.benchmarks.caller.CallerReport} runs the forms that belong together and prints a table
 * for each; {@link io.llmlog.benchmarks.caller.PublisherReport} sets one logger beside {@code
 * redis-benchmark}.
 *
 * <p>A peer joins by a {@code Subject} of its own and a constant of {@code Contestant}.
 */
@NullMarked
package io.llmlog.benchmarks.caller;

import org.jspecify.annotations.NullMarked;
