package io.llmlog.examples.demo;

import java.time.Instant;

/**
 * What a workload says about one call.
 *
 * @param at the start of the call, to the microsecond
 */
record Usage(Instant at, long tokensInput, long tokensOutput) {}
