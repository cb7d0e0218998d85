/**
 * What logging costs the caller.
 *
 * <p>A {@code Subject} is one way to log: it starts what it needs, logs the {@code SampleCall} and
 * stops. {@link io.llmlog.benchmarks.LogBenchmark} drives it under JMH, {@link
 * io.llmlog.benchmarks.LogReport} runs the forms that belong together and prints one table. A peer
 * joins by a {@code Subject} of its own in {@code Subject.of}.
 */
@NullMarked
package io.llmlog.benchmarks;

import org.jspecify.annotations.NullMarked;
