/** The demo's parts by themselves, and the whole demo on real servers. */
@NullMarked
package io.llmlog.examples.demo;

import org.jspecify.annotations.NullMarked;
