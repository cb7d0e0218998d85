@NullMarked
package io.llmlog.event;

import org.jspecify.annotations.NullMarked;
