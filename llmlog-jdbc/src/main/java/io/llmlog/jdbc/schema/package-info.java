/**
 * How the tables come to be.
 *
 * <p>{@link io.llmlog.jdbc.schema.Schema} checks the server ({@code Requirements}), makes database
 * where asked, and runs the numbered SQL under {@code io/llmlog/jdbc/migration} ({@code
 * Migrations}) that the {@code History} does not hold yet, all in one of the {@code Transactions}
 * that no two processes have at once.
 */
@NullMarked
package io.llmlog.jdbc.schema;

import org.jspecify.annotations.NullMarked;
