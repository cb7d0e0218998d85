/**
 * How the tables come to be.
 *
 * <p>{@link io.llmlog.jdbc.schema.Schema} checks the server ({@code Requirements}) and makes the
 * database where asked. The {@code Upgrade} runs the numbered SQL under {@code
 * io/llmlog/jdbc/migration} ({@code Migrations}) that the {@code History} does not hold yet, all in
 * one of the {@code Transactions} that no two processes have at once. Where the schema holds the
 * table of the proposal ({@code ProposalTable}), the {@code Takeover} puts the new one in its place
 * in that same transaction, and the {@code Adoption} moves its rows afterwards. Where TimescaleDB
 * is wanted ({@code Timescale} says whether it is to be had), {@code Hypertables} follow upon the
 * migrations that partition.
 */
@NullMarked
package io.llmlog.jdbc.schema;

import org.jspecify.annotations.NullMarked;
