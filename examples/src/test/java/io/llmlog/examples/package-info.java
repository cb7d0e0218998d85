/** Runs the programs that the documents quote, and compares the documents with them. */
@NullMarked
package io.llmlog.examples;

import org.jspecify.annotations.NullMarked;
