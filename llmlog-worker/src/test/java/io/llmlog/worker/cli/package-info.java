/** Tests of the command line: in the test's process, and as processes that are killed. */
@NullMarked
package io.llmlog.worker.cli;

import org.jspecify.annotations.NullMarked;
