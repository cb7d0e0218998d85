@NullMarked
package io.llmlog.jdbc.maintain;

import org.jspecify.annotations.NullMarked;
