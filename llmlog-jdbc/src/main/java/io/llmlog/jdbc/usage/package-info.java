/**
 * Answers about what was spent, for the command line, the dashboard and the demo.
 *
 * <p>A {@link io.llmlog.jdbc.usage.UsageQuery} says what is asked, {@link
 * io.llmlog.jdbc.usage.UsageQueries} answers with {@link io.llmlog.jdbc.usage.Usage} per group;
 * {@link io.llmlog.jdbc.usage.StoreStatus} tells of the store itself, {@link
 * io.llmlog.jdbc.usage.StoreWarnings} of what endangers it.
 */
@NullMarked
package io.llmlog.jdbc.usage;

import org.jspecify.annotations.NullMarked;
