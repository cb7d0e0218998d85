/**
 * What the table needs over time.
 *
 * <p>{@link io.llmlog.jdbc.maintain.Partitions} keeps the partitions of the months ahead. Called
 * when the schema is applied, and hourly by the worker. {@link io.llmlog.jdbc.maintain.Erase} takes
 * one person out of the tables, when somebody asks for it.
 */
@NullMarked
package io.llmlog.jdbc.maintain;

import org.jspecify.annotations.NullMarked;
