@NullMarked
package io.llmlog.worker.watch;

import org.jspecify.annotations.NullMarked;
