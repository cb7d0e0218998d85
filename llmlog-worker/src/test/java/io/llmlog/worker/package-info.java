/** Tests of the worker: loops with fakes that inject faults, the rest with real servers. */
@NullMarked
package io.llmlog.worker;

import org.jspecify.annotations.NullMarked;
