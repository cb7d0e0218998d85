/** Tests of the alerts, here and in the rules for Prometheus. */
@NullMarked
package io.llmlog.worker.alert;

import org.jspecify.annotations.NullMarked;
