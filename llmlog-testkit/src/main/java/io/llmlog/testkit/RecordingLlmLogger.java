package io.llmlog.testkit;

import io.llmlog.LlmLogger;
import io.llmlog.delivery.LedgerSnapshot;
import io.llmlog.delivery.Reasons;
import io.llmlog.event.LlmEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Keeps events in memory, for the tests of services: hand it to the code under test in place of the
 * real logger and look at {@link #events()}. Safe for use by several threads at once.
 */
public final class RecordingLlmLogger implements LlmLogger {
  private final List<LlmEvent> events = new ArrayList<>();
  private long refused;
  private boolean closed;

  /** What was logged so far, in order. */
  public synchronized List<LlmEvent> events() {
    return List.copyOf(events);
  }

  /**
   * The one event that was logged.
   *
   * @throws AssertionError if there is none, or more than one
   */
  public synchronized LlmEvent only() {
    if (events.size() != 1) {
      throw new AssertionError(
          "expected one event, but there are " + events.size() + ": " + events);
    }
    return events.get(0);
  }

  /** Forgets what was logged. */
  public synchronized void clear() {
    events.clear();
  }

  @Override
  public synchronized boolean log(@Nullable LlmEvent event) {
    if (event == null || closed) {
      refused++;
      return false;
    }
    return events.add(event);
  }

  @Override
  public boolean flush(Duration timeout) {
    return true;
  }

  /** Every recorded event counts as queued; none after {@link #close()} is accepted. */
  @Override
  public synchronized LedgerSnapshot counts() {
    long accepted = events.size();
    return new LedgerSnapshot(
        accepted + refused,
        accepted,
        0,
        accepted,
        0,
        0,
        refused,
        0,
        0,
        Map.of(),
        refused == 0 ? Map.of() : Map.of(closed ? Reasons.CLOSED : Reasons.NO_EVENT, refused));
  }

  @Override
  public synchronized void close() {
    closed = true;
  }
}
