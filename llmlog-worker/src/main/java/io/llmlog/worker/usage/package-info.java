/**
 * What the worker's own pages ask about usage: {@link io.llmlog.worker.usage.CachedUsage} keeps
 * answers for some seconds, so that many viewers of one page cost the database one question. {@link
 * io.llmlog.worker.usage.Csv} is how answers leave for a spreadsheet, from the page and from the
 * command line.
 */
@NullMarked
package io.llmlog.worker.usage;

import org.jspecify.annotations.NullMarked;
