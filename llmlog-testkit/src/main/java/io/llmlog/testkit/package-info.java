/**
 * Real servers and contracts for tests: of llmlog itself, and of services that use it.
 *
 * <p>{@code RedisServer} and {@code PostgresServer} start a real server, or use one that is named;
 * {@code PostgresStandby} follows such a server, or stops following for a while; {@code
 * QueueContract}, {@code LeaseContract} and {@code WriterContract} hold what every queue and every
 * store must do.
 */
@NullMarked
package io.llmlog.testkit;

import org.jspecify.annotations.NullMarked;
