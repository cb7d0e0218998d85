/**
 * The rollup held against the rows.
 *
 * <p>The trigger of migration V2 keeps {@code llm_log_hourly}; nothing here has a part in that.
 * {@link io.llmlog.jdbc.rollup.Rollup} says where the two differ ({@link
 * io.llmlog.jdbc.rollup.Difference}), which nobody but a person's own statements can cause, and
 * mends it beside running writers; {@code RollupSql} holds its statements.
 */
@NullMarked
package io.llmlog.jdbc.rollup;

import org.jspecify.annotations.NullMarked;
