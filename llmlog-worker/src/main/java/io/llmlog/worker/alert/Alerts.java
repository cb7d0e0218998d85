package io.llmlog.worker.alert;

import io.llmlog.worker.watch.Observation;
import io.llmlog.worker.watch.Observation.QueueView;
import io.llmlog.worker.watch.Observation.StoreView;
import io.llmlog.worker.watch.Watch;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The conditions that hold now and have held for their time. They are read off what the watch has
 * kept, so nothing runs and nothing is remembered between two calls: an alert is gone with the
 * first observation in which its condition does not hold. Safe for use by several threads.
 */
public final class Alerts {
  private final Supplier<List<Observation>> history;
  private final InstantSource clock;
  private final List<Condition> conditions;

  /**
   * @param watch asked at each call
   * @param thresholds what is too much
   */
  public Alerts(Watch watch, Thresholds thresholds) {
    this(
        () -> {
          List<Observation> seen = watch.history();
          // Before the first look, one that knows nothing: after a while that is an alert.
          return seen.isEmpty() ? List.of(watch.now()) : seen;
        },
        thresholds,
        InstantSource.system());
  }

  /**
   * @param history at least one observation, the oldest first
   */
  Alerts(Supplier<List<Observation>> history, Thresholds thresholds, InstantSource clock) {
    this.history = history;
    this.clock = clock;
    this.conditions = Conditions.of(thresholds);
  }

  /** What fires now, critical ones first, then by age. Cheap; asks no server. */
  public List<Alert> firing() {
    Instant now = clock.instant();
    List<Observation> seen = untilNow(history.get(), now);
    List<Alert> alerts = new ArrayList<>();
    for (Condition condition : conditions) {
      Alert alert = alert(condition, seen, now);
      if (alert != null) {
        alerts.add(alert);
      }
    }
    alerts.sort(
        Comparator.comparing((Alert alert) -> !alert.severity().equals(Alert.CRITICAL))
            .thenComparing(Alert::since));
    return List.copyOf(alerts);
  }

  /** An observation that is too old tells nothing of now, whatever it said. */
  private static List<Observation> untilNow(List<Observation> history, Instant now) {
    Observation last = history.get(history.size() - 1);
    if (last.isFresh(now)) {
      return history;
    }
    String problem = "not looked at for " + Duration.between(last.at(), now).toSeconds() + " s";
    StoreView store =
        new StoreView(problem, null, last.store().programVersion(), null, null, null, null, false);
    List<Observation> seen = new ArrayList<>(history);
    seen.add(
        new Observation(
            last.at().plus(Observation.LASTS),
            last.worker(),
            last.lastWrite(),
            QueueView.unknown(problem),
            store,
            last.maintenance()));
    return seen;
  }

  private static @Nullable Alert alert(Condition condition, List<Observation> seen, Instant now) {
    int first = seen.size() - 1;
    String problem = condition.test().problem(new Seen(seen, first));
    if (problem == null) {
      return null;
    }
    while (first > 0 && condition.test().problem(new Seen(seen, first - 1)) != null) {
      first--;
    }
    Instant since = seen.get(first).at();
    return Duration.between(since, now).compareTo(condition.lasting()) < 0
        ? null
        : new Alert(condition.name(), condition.severity(), since, problem, condition.runbook());
  }
}
