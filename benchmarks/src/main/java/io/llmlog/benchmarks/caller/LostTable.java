package io.llmlog.benchmarks.caller;

import io.llmlog.testkit.RedisServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * What is lost when a process is killed: kills a JVM that logs at the pace of {@link PacedCaller},
 * with SIGKILL and by its id, and counts what arrives in the end beside what was taken. One thread.
 */
final class LostTable {
  private static final long PATIENCE_NANOS = 60_000_000_000L;
  private static final long LOOK_NANOS = 1_000_000;
  private static final String LINE = "%-26s %10s %10s %8s %s%n";

  private record Outcome(long taken, long arrived) {
    /** What arrived before it could be counted as taken is not lost. */
    double lost() {
      return Math.max(0, taken - arrived);
    }
  }

  private final long events;
  private final Map<Contestant, List<Outcome>> rounds = new LinkedHashMap<>();

  /**
   * @param events taken before the kill
   */
  LostTable(long events) {
    this.events = events;
  }

  /** Kills each once. */
  void round() {
    for (Contestant contestant : Contestant.killable()) {
      Outcome outcome = kill(contestant);
      rounds.computeIfAbsent(contestant, each -> new ArrayList<>()).add(outcome);
      System.err.printf(Locale.ROOT, "killed %s: %s%n", contestant.label(), outcome);
    }
  }

  private Outcome kill(Contestant contestant) {
    try (RedisServer redis = RedisServer.builder().build().start()) {
      FarEnd farEnd = new FarEnd(ScratchPlace.create(), redis.url());
      Process process = CallerJvm.start("until-killed", contestant, farEnd);
      try {
        awaitTaken(process, farEnd.taken());
      } finally {
        process.toHandle().destroyForcibly();
        process.waitFor();
      }
      long taken = farEnd.taken().count();
      Long arrived = CallerJvm.run("after-kill", contestant, farEnd).get("arrived");
      ScratchPlace.delete(farEnd.directory());
      if (arrived == null || arrived < 0) {
        throw new IllegalStateException(contestant.label() + ": nobody knows what arrived");
      }
      return new Outcome(taken, arrived);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private void awaitTaken(Process process, Tally taken) {
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (taken.count() < events) {
      if (!process.isAlive() || System.nanoTime() - end > 0) {
        throw new IllegalStateException("only " + taken.count() + " events were taken");
      }
      LockSupport.parkNanos(LOOK_NANOS);
    }
  }

  void print() {
    System.out.printf(
        Locale.ROOT,
        "%nLost on kill -9, one thread at the same pace, after %d events or more; the round with"
            + " the median loss of %d.%nArrived: at the far end, once everything had its chance; of"
            + " the spool, delivered by the next process.%n%n",
        events,
        rounds.values().stream().mapToInt(List::size).max().orElse(0));
    System.out.printf(Locale.ROOT, LINE, "subject", "taken", "arrived", "lost", "");
    rounds.forEach(
        (contestant, outcomes) -> {
          double lost = Medians.of(outcomes.stream().map(Outcome::lost).toList());
          Outcome middle =
              outcomes.stream().filter(each -> each.lost() == lost).findFirst().orElseThrow();
          System.out.printf(
              Locale.ROOT,
              LINE,
              contestant.label(),
              middle.taken,
              middle.arrived,
              (long) lost,
              String.format(Locale.ROOT, "%.1f ms of calls", lost / PacedCaller.BURST));
        });
  }
}
