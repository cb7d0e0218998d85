/**
 * The programs about the whole road run in their smallest form; how fast is no matter for tests.
 */
@NullMarked
package io.llmlog.benchmarks.flow;

import org.jspecify.annotations.NullMarked;
