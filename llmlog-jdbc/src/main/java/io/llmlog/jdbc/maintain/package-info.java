/**
 * What the table needs over time.
 *
 * <p>{@link io.llmlog.jdbc.maintain.Partitions} keeps the partitions of the months ahead. Called
 * when the schema is applied, and hourly by the worker.
 */
@NullMarked
package io.llmlog.jdbc.maintain;

import org.jspecify.annotations.NullMarked;
