@NullMarked
package io.llmlog.worker.admin;

import org.jspecify.annotations.NullMarked;
