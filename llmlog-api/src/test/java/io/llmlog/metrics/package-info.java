@NullMarked
package io.llmlog.metrics;

import org.jspecify.annotations.NullMarked;
