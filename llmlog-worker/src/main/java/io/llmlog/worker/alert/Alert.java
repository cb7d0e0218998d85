package io.llmlog.worker.alert;

import java.time.Instant;

/**
 * One thing that is wrong now.
 *
 * @param name the name of the rule for Prometheus, such as {@code LlmlogQueueDepth}
 * @param severity {@code critical}: somebody should look now; {@code warning}: soon
 * @param since since when it is so, by what the watch has kept: at most an hour
 * @param summary a sentence with the figures of now, without secrets
 * @param runbook the anchor of its entry in {@code docs/OPERATIONS.md}
 */
public record Alert(String name, String severity, Instant since, String summary, String runbook) {
  /** Somebody should look now. */
  public static final String CRITICAL = "critical";

  /** Somebody should look soon. */
  public static final String WARNING = "warning";
}
