package io.llmlog.worker.watch;

import io.llmlog.worker.WorkerStatus.LoopStatus;
import io.llmlog.worker.WorkerStatus.State;
import io.llmlog.worker.watch.Observation.StoreView;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Whether a worker can do its work now, and if not, why. A deep queue, or an old one, is no matter
 * of health: to take such a worker away would make it deeper.
 *
 * @param checks queue, database, schema, loops, last_write
 */
public record Health(List<Check> checks) {
  /** A loop that fails for less may be about to heal, as after a restart of a server. */
  static final Duration RETRYING = Duration.ofSeconds(15);

  /** Longer than the lease of a batch, and than every timeout on the way of one. */
  static final Duration HOLDING = Duration.ofSeconds(60);

  public Health {
    checks = List.copyOf(checks);
  }

  /**
   * One of the things that must be so.
   *
   * @param name what was looked at
   * @param reason why it is not so, in a sentence without secrets; null where it is
   */
  public record Check(String name, boolean ok, @Nullable String reason) {}

  /** Whether all is as it must be. */
  public boolean ready() {
    return checks.stream().allMatch(Check::ok);
  }

  /** What an observation says at a moment; one that is too old says nothing good. */
  public static Health of(Observation seen, Instant now) {
    String stale =
        seen.isFresh(now)
            ? null
            : "not looked at for " + Duration.between(seen.at(), now).toSeconds() + " s";
    List<Check> checks = new ArrayList<>();
    checks.add(check("queue", stale, seen.queue().problem()));
    checks.add(check("database", stale, seen.store().problem()));
    checks.add(check("schema", stale, schema(seen.store())));
    checks.add(check("loops", stale, loops(seen.worker().loops(), now)));
    checks.add(check("last_write", stale, lastWrite(seen, now)));
    return new Health(checks);
  }

  private static Check check(String name, @Nullable String stale, @Nullable String problem) {
    String reason = stale == null ? problem : stale;
    return new Check(name, reason == null, reason);
  }

  private static @Nullable String schema(StoreView store) {
    // A database that does not answer tells no version.
    return store.problem() == null
        ? store.schemaProblem()
        : "unknown: the database does not answer";
  }

  private static @Nullable String loops(List<LoopStatus> loops, Instant now) {
    if (loops.isEmpty()) {
      return "no loop is running";
    }
    String bad =
        loops.stream()
            .map(loop -> problem(loop, now))
            .filter(problem -> !problem.isEmpty())
            .collect(Collectors.joining("; "));
    return bad.isEmpty() ? null : bad;
  }

  private static String problem(LoopStatus loop, Instant now) {
    boolean bad =
        switch (loop.state()) {
          case RUNNING -> false;
          case RETRYING -> Duration.between(loop.since(), now).compareTo(RETRYING) > 0;
          case PAUSED, STOPPED -> true;
        };
    if (!bad) {
      return "";
    }
    String state =
        loop.state() == State.STOPPED
            ? "not running"
            : loop.state().name().toLowerCase(Locale.ROOT);
    return loop.name() + " is " + state + (loop.reason() == null ? "" : ": " + loop.reason());
  }

  private static @Nullable String lastWrite(Observation seen, Instant now) {
    Instant since = seen.holdingSince();
    if (since == null || Duration.between(since, now).compareTo(HOLDING) <= 0) {
      return null;
    }
    return "%d messages in hand, and none was stored for %d s"
        .formatted(seen.worker().inFlight(), Duration.between(since, now).toSeconds());
  }
}
