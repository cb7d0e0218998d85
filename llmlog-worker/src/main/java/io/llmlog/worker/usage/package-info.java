/**
 * What the worker's own pages ask about usage: {@link io.llmlog.worker.usage.CachedUsage} keeps
 * answers for some seconds, so that many viewers of one page cost the database one question.
 */
@NullMarked
package io.llmlog.worker.usage;

import org.jspecify.annotations.NullMarked;
