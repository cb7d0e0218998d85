/**
 * Answers about what was spent, for the command line, the dashboard and the demo.
 *
 * <p>A {@link io.llmlog.jdbc.usage.UsageQuery} says what is asked. {@link
 * io.llmlog.jdbc.usage.UsageQueries} cuts its range into whole hours, which the rollup knows, and
 * the rest ({@code Cut}), looks which of those are summed up by day or by month ({@code Stretch}),
 * makes one statement of it ({@code UsageSql}), and has it read by {@link
 * io.llmlog.jdbc.usage.ReadDatabase}: from the replica, or from the primary while that is away. The
 * {@link io.llmlog.jdbc.usage.UsageAnswer} has {@link io.llmlog.jdbc.usage.Usage} per group, with a
 * {@link io.llmlog.jdbc.usage.LatencyHistogram} where asked, and says who answered.
 *
 * <p>{@link io.llmlog.jdbc.usage.CallQueries} shows single calls instead of sums: a {@link
 * io.llmlog.jdbc.usage.CallFilter} becomes one bounded statement ({@code CallSql}), whose {@link
 * io.llmlog.jdbc.usage.CallPage} says where the next begins.
 *
 * <p>{@link io.llmlog.jdbc.usage.StoreStatus} tells of the store itself, {@link
 * io.llmlog.jdbc.usage.StoreState} more of it at any size ({@code StoreLook} reads it, {@code
 * StatementText} hides literals), and {@link io.llmlog.jdbc.usage.StoreWarnings} of what endangers
 * it.
 */
@NullMarked
package io.llmlog.jdbc.usage;

import org.jspecify.annotations.NullMarked;
