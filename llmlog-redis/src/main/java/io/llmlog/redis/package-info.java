/**
 * The queue on a Redis list, for one server.
 *
 * <p>The road of an event: {@code RedisSender} pushes a batch on the left of the list; {@code
 * RedisSource} has a script move the oldest messages to the worker's own processing list, under a
 * lease, and hands them out as a {@code RedisDelivery}; its acknowledgement deletes that list.
 * Where a worker dies, another source adopts its list. Nothing ever returns to the queue itself, so
 * that a plain {@code BRPOP} consumer may run beside.
 *
 * <p>{@code RedisKeys} makes every key name, {@code RedisScripts} holds the scripts (each {@code
 * .lua} resource begins with its contract), {@code BatchHeader} and {@code Lease} are the formats
 * of what the scripts write, {@code RedisUrl} reads the URL, and {@code RedisConnection} with
 * {@code SharedClient} alone knows the client library. {@code RedisProvider} makes the parts from a
 * URL, {@code RedisInspector} looks from outside.
 */
@NullMarked
package io.llmlog.redis;

import org.jspecify.annotations.NullMarked;
