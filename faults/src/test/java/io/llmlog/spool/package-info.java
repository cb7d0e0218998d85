/** What the suite needs from inside the spool: a disk whose forces fail. */
@NullMarked
package io.llmlog.spool;

import org.jspecify.annotations.NullMarked;
