/** Tests of the store, most of them on real servers. */
@NullMarked
package io.llmlog.jdbc;

import org.jspecify.annotations.NullMarked;
