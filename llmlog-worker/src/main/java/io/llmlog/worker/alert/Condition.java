package io.llmlog.worker.alert;

import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Something that can be wrong.
 *
 * @param name of the rule for Prometheus
 * @param severity of {@link Alert}
 * @param lasting for how long it must hold before it is an alert
 * @param test whether it holds at one moment
 */
record Condition(String name, String severity, Duration lasting, Test test) {
  @FunctionalInterface
  interface Test {
    /**
     * Answers what is wrong, in a sentence; null where nothing is, or where that is not known. A
     * pure function.
     */
    @Nullable String problem(Seen seen);
  }

  /** The anchor of its entry in the runbook: a heading is its name. */
  String runbook() {
    return name.toLowerCase(Locale.ROOT);
  }
}
