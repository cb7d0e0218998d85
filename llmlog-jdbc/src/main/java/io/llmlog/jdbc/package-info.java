/**
 * The store on PostgreSQL.
 *
 * <p>The road of a batch: {@link io.llmlog.jdbc.PostgresWriter} gets it from a consume loop or a
 * publisher; {@code SortedBatch} reads the messages, drops duplicates and sorts; {@code CopyRows}
 * makes binary rows; {@code ConnectionPool} has a connection; {@code FastRoad} copies the rows
 * straight into their table, unless it is on a {@code Detour}. What cannot go there goes the {@code
 * SureRoad}: {@code Stage} copies the rows in and inserts those that are new; {@code SqlErrors}
 * says of a failure whether a row is to blame, time helps or a person must; {@code GoodRows} finds
 * that row. {@code DeadLetters} keeps what can never be a row. {@link
 * io.llmlog.jdbc.PostgresProvider} is found by URL, {@link io.llmlog.jdbc.PostgresUrl} reads it.
 *
 * <p>The way back: {@link io.llmlog.jdbc.DeadLetterBox} shows dead letters to a person, throws them
 * away, or has {@code Replay} send them down the same road, each leaving with its row.
 *
 * <p>Tables come from {@code io.llmlog.jdbc.schema}, partitions from {@code
 * io.llmlog.jdbc.maintain}, answers from {@code io.llmlog.jdbc.usage}.
 */
@NullMarked
package io.llmlog.jdbc;

import org.jspecify.annotations.NullMarked;
