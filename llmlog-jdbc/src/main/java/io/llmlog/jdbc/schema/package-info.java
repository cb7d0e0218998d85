/**
 * How the tables come to be.
 *
 * <p>{@link io.llmlog.jdbc.schema.Schema} checks the server ({@code Requirements}), makes database
 * and schema where asked, and has Flyway run the numbered SQL under {@code
 * io/llmlog/jdbc/migration} ({@code Migrations}), whose log goes through {@link
 * io.llmlog.jdbc.schema.FlywayLog}. Flyway is needed by {@code apply} alone; a service that only
 * writes goes without it.
 */
@NullMarked
package io.llmlog.jdbc.schema;

import org.jspecify.annotations.NullMarked;
