/**
 * What is wrong now, as far as a worker can know it, for its page and for {@code status}.
 *
 * <pre>
 *   Watch ──→ Observations of the last hour ──→ Conditions ──→ Alerts ──→ Alert
 *                                                 │ Thresholds
 *                                                 └ hold for their time
 * </pre>
 *
 * <p>The conditions have the names, severities, times and thresholds of the rules for Prometheus in
 * {@code docs/monitoring/llmlog-alerts.yml}, which a test compares. What a worker cannot know of
 * itself is there alone: that it is gone, how long its writes take over many batches, and what
 * happens in services. Nothing is sent from here: that is the work of Alertmanager.
 */
@NullMarked
package io.llmlog.worker.alert;

import org.jspecify.annotations.NullMarked;
