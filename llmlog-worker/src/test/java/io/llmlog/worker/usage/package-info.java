@NullMarked
package io.llmlog.worker.usage;

import org.jspecify.annotations.NullMarked;
