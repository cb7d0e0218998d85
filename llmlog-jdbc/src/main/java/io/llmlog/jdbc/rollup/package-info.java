/**
 * The rollup held against the rows.
 *
 * <p>The trigger of migration V9 keeps {@code llm_log_hourly}; a rebuild folds what it has added,
 * and has no other part in that. {@link io.llmlog.jdbc.rollup.Rollup} says where the two differ
 * ({@link io.llmlog.jdbc.rollup.Difference}), which nobody but a person's own statements can cause,
 * and mends it beside running writers; {@code RollupSql} holds its statements.
 */
@NullMarked
package io.llmlog.jdbc.rollup;

import org.jspecify.annotations.NullMarked;
