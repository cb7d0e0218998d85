@NullMarked
package io.llmlog.jdbc.usage;

import org.jspecify.annotations.NullMarked;
