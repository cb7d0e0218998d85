/**
 * What logging costs the caller.
 *
 * <p>A {@code Subject} is one way to log: it starts what it needs, logs the {@code SampleCall} and
 * stops. Under JMH {@link io.llmlog.benchmarks.PacedLogBenchmark} drives it at the pace of a very
 * busy service, {@link io.llmlog.benchmarks.LogBenchmark} as fast as callers can; {@link
 * io.llmlog.benchmarks.LogReport} runs the forms that belong together and prints a table for each.
 * A peer joins by a {@code Subject} of its own in {@code Subject.of}.
 */
@NullMarked
package io.llmlog.benchmarks;

import org.jspecify.annotations.NullMarked;
