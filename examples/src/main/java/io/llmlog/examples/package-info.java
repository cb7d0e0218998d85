/**
 * The programs that the documents quote. Each is compiled with the build and run by a test; the
 * documents hold the text between their {@code tag::} and {@code end::} comments, word for word.
 */
@NullMarked
package io.llmlog.examples;

import org.jspecify.annotations.NullMarked;
