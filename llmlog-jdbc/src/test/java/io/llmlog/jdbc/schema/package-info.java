@NullMarked
package io.llmlog.jdbc.schema;

import org.jspecify.annotations.NullMarked;
