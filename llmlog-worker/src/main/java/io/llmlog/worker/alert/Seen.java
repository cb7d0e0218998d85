package io.llmlog.worker.alert;

import io.llmlog.worker.watch.Observation;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * One observation and those before it.
 *
 * @param all the oldest first
 * @param index of the one that is looked at
 */
record Seen(List<Observation> all, int index) {
  Observation now() {
    return all.get(index);
  }

  /** The oldest one that is no older than that; this one itself where there is no other. */
  Observation oldestWithin(Duration window) {
    Instant since = now().at().minus(window);
    int first = index;
    while (first > 0 && !all.get(first - 1).at().isBefore(since)) {
      first--;
    }
    return all.get(first);
  }
}
