@NullMarked
package io.llmlog.worker.metrics;

import org.jspecify.annotations.NullMarked;
