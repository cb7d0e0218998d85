/**
 * What the tables need over time.
 *
 * <p>{@link io.llmlog.jdbc.maintain.TableMaintenance} is a round of it: called hourly by the worker
 * and by {@code llmlog maintain}, one process at a time. It asks each large table, a {@code
 * SlicedTable}, to prepare what is coming and to expire what is past {@link
 * io.llmlog.jdbc.maintain.Retention}, lets {@code ExpiredRows} delete from the small ones and
 * {@code SummedRollup} add up each {@code Tier} of the rollup, and answers a {@link
 * io.llmlog.jdbc.maintain.MaintenanceReport}. {@link io.llmlog.jdbc.maintain.Partitions} is the
 * first half of it, for whoever applies the schema.
 *
 * <p>{@code ChunkedTable} knows the chunks of TimescaleDB, {@code NativeTable} PostgreSQL's
 * partitions. {@code Layout} says which there should be, {@code Catalog} which there are, {@code
 * DefaultPartition} which rows have none. {@code Attachment} makes one, and brings the rows along
 * by {@code Copy}; {@code Detachment} drops one, after an {@link io.llmlog.jdbc.maintain.Archive}
 * has kept it in an {@code ArchiveFile}, out of which {@link io.llmlog.jdbc.maintain.Restore}
 * brings it back. {@code Patience} is how they wait for locks, {@code Note} how they know their
 * tables again after they were killed, {@code Findings} what they tell.
 *
 * <p>{@link io.llmlog.jdbc.maintain.Erase} takes one person out of the tables, when somebody asks
 * for it.
 */
@NullMarked
package io.llmlog.jdbc.maintain;

import org.jspecify.annotations.NullMarked;
