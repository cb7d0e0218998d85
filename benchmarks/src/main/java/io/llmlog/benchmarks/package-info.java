/**
 * What the store costs: its rollup, its tables beside the proposal's, the pages of the dashboard.
 *
 * <p>A report is a program: it starts the servers that it needs, measures in rounds that take
 * turns, prints a table, and checks at the end that nothing was lost. {@code benchmarks/run} names
 * them. What logging costs the caller stands in {@link io.llmlog.benchmarks.caller}.
 */
@NullMarked
package io.llmlog.benchmarks;

import org.jspecify.annotations.NullMarked;
