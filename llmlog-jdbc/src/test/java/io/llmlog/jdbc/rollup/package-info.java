@NullMarked
package io.llmlog.jdbc.rollup;

import org.jspecify.annotations.NullMarked;
