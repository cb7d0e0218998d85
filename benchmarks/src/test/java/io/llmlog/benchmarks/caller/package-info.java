/** The benchmarks start and measure something; how much is no matter for tests. */
@NullMarked
package io.llmlog.benchmarks.caller;

import org.jspecify.annotations.NullMarked;
