/**
 * What a logger does, as meters of Micrometer, for services that have it: {@link
 * io.llmlog.metrics.LlmLogMetrics}, bound by one call. docs/METRICS.md lists the meters.
 *
 * <p>The only package of the API that knows Micrometer, which is an optional dependency: nothing
 * else in the API may refer to it.
 */
@NullMarked
package io.llmlog.metrics;

import org.jspecify.annotations.NullMarked;
