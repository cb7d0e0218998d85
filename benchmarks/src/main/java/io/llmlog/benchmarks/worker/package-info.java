/**
 * How fast a full queue becomes rows: {@link io.llmlog.benchmarks.worker.WorkerReport} fills a
 * Redis list with a {@code Load}, has the worker empty it, and lets {@code \copy} and the
 * proposal's loop do their work beside it on the same servers.
 */
@NullMarked
package io.llmlog.benchmarks.worker;

import org.jspecify.annotations.NullMarked;
