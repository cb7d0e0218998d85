@NullMarked
package io.llmlog.worker.dashboard;

import org.jspecify.annotations.NullMarked;
