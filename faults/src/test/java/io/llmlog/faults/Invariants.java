package io.llmlog.faults;

import io.llmlog.delivery.LedgerSnapshot;
import io.llmlog.event.LlmEvent;
import io.llmlog.worker.Worker;
import io.llmlog.worker.WorkerStatus;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** What must hold after every fault: the one check that all cases share. */
final class Invariants {
  /** A fresh event is a row within this time, and what it may take to drain what is before it. */
  private static final Duration FRESH = Duration.ofSeconds(30);

  /**
   * So many rows a second a worker stores at least, with batches of 200 and other cases beside it.
   * Nobody promises an order, so a fresh event may have the whole backlog of an outage before it:
   * the spool's, if it was logged before a road was known to be back, and the queue's.
   */
  private static final long RATE = 2000;

  private static final int NAMED = 5;

  private final Scene scene;
  private final Expected expected;
  private final List<String> broken = new ArrayList<>();

  /** How long the backlog may take. */
  private Duration draining = Duration.ZERO;

  private Invariants(Scene scene, Expected expected) {
    this.scene = scene;
    this.expected = expected;
  }

  /**
   * What a case may cost, by what the documents say is not promised.
   *
   * @param mayLose accepted events that may be gone
   * @param dead events that must be dead letters
   */
  record Expected(long mayLose, long dead) {
    /** Nothing is lost, and everything is a row. */
    static final Expected NOTHING_LOST = new Expected(0, 0);

    static Expected mayLose(long events) {
      return new Expected(events, 0);
    }

    static Expected dead(long letters) {
      return new Expected(0, letters);
    }
  }

  /** What the check counted. */
  record Tally(
      long events, long rows, long dead, long lost, long twice, Duration longest, String roads) {}

  /**
   * Waits until everything has arrived, ends services and worker, and looks.
   *
   * @throws AssertionError with everything that does not hold
   */
  static Tally check(Scene scene, Expected expected) throws Exception {
    return new Invariants(scene, expected).check();
  }

  private Tally check() throws Exception {
    for (Recorder recorder : scene.recorders()) {
      recorder.stopLoad();
    }
    draining = Duration.ofMillis(backlog() * 1000 / RATE);
    freshEventIsStored();
    String roads = drain();
    Tally tally = compare(roads);
    lookForSecrets();
    if (!broken.isEmpty()) {
      throw new AssertionError(String.join("\n", broken));
    }
    return tally;
  }

  /** How many events were accepted that are no row yet. */
  private long backlog() {
    long accepted = 0;
    for (Producer producer : scene.producers()) {
      accepted += producer.accepted().cardinality();
    }
    long rows = Await.sight("the number of rows", FRESH, scene.database()::rows);
    return Math.max(0, accepted - rows);
  }

  private void freshEventIsStored() throws Exception {
    Recorder service = scene.liveService();
    scene.worker();
    long end = System.nanoTime() + FRESH.toNanos();
    long number =
        Await.sight(
            "a fresh event to be accepted",
            FRESH,
            () -> {
              long logged = service.logNext();
              return logged < 0 ? null : logged;
            });
    LlmEvent event = service.workload().event(number);
    // One connection, and by the key: logins and a look at each row take from what is looked at.
    try (Connection connection =
            Await.sight("a connection", FRESH, () -> scene.database().connect());
        PreparedStatement look = Rows.lookFor(connection, event)) {
      Await.until(
          () -> "a fresh event to be a row, " + service.ledger() + ", " + scene.worker().status(),
          Duration.ofNanos(Math.max(1, end - System.nanoTime())).plus(draining),
          () -> Rows.found(look));
    }
  }

  /** Answers which roads the events of this JVM's services took. */
  private String drain() throws Exception {
    for (Recorder recorder : scene.recorders()) {
      Await.until(
          () -> "nothing to be pending, " + recorder.ledger(),
          Scene.PATIENCE.plus(draining),
          () -> recorder.ledger().pending() + recorder.ledger().spooled() == 0);
    }
    Worker worker = scene.worker();
    if (!worker.awaitEmpty(Scene.PATIENCE.plus(draining))) {
      broken.add("the queue does not become empty: " + worker.status());
    }
    for (Recorder recorder : scene.recorders()) {
      recorder.close();
    }
    for (Worker each : scene.workers()) {
      each.close();
      WorkerStatus status = each.status();
      if (!status.balances() || status.inFlight() != 0) {
        broken.add("a worker's ledger does not balance: " + status);
      }
    }
    long[] roads = new long[4];
    for (Producer producer : scene.producers()) {
      LedgerSnapshot ledger = producer.ledger();
      if (ledger != null) {
        balance(ledger);
        roads[0] += ledger.queued();
        roads[1] += ledger.fallback();
        roads[2] += ledger.refused();
        roads[3] += ledger.adopted();
      }
    }
    return "queue %d, fallback %d, refused %d, adopted %d"
        .formatted(roads[0], roads[1], roads[2], roads[3]);
  }

  private void balance(LedgerSnapshot ledger) {
    if (!ledger.balances()) {
      broken.add("a service's ledger does not balance: " + ledger);
    }
    if (ledger.pending() != 0 || ledger.dropped() > expected.mayLose()) {
      broken.add("a service has not delivered everything: " + ledger);
    }
  }

  private Tally compare(String roads) throws Exception {
    Map<UUID, LlmEvent> issued = new HashMap<>();
    Set<UUID> accepted = new HashSet<>();
    Set<UUID> refused = new HashSet<>();
    Duration longest = Duration.ZERO;
    for (Producer producer : scene.producers()) {
      for (long number = 0; number < producer.issued(); number++) {
        LlmEvent event = producer.workload().event(number);
        issued.put(event.eventId(), event);
      }
      add(producer, producer.accepted(), accepted);
      add(producer, producer.refused(), refused);
      longest = longest.compareTo(producer.longest()) > 0 ? longest : producer.longest();
      if (producer.longest().compareTo(producer.bound()) > 0) {
        broken.add("log() took " + producer.longest() + ", its bound is " + producer.bound());
      }
      if (producer.thrown() != null) {
        broken.add("log() threw " + producer.thrown());
      }
    }
    Rows rows = Rows.read(scene.database());
    rows.differences(issued).stream().limit(NAMED).forEach(broken::add);
    Set<UUID> stored = rows.ids();
    Set<UUID> dead = rows.deadLetters();
    Set<UUID> lost = new HashSet<>(accepted);
    lost.removeAll(stored);
    lost.removeAll(dead);
    long twice = rows.twice() + stored.stream().filter(dead::contains).count();
    if (lost.size() > expected.mayLose()) {
      broken.add("lost " + lost.size() + ": " + lost.stream().limit(NAMED).toList());
    }
    if (twice > 0) {
      broken.add(twice + " events are there twice");
    }
    if (dead.size() != expected.dead()) {
      broken.add(dead.size() + " dead letters, not " + expected.dead() + ": " + rows.reasons());
    }
    long unasked = refused.stream().filter(stored::contains).count();
    if (unasked > 0) {
      broken.add(unasked + " refused events were stored");
    }
    return new Tally(
        accepted.size(), stored.size(), dead.size(), lost.size(), twice, longest, roads);
  }

  private static void add(Producer producer, BitSet numbers, Set<UUID> ids) {
    numbers.stream().forEach(number -> ids.add(producer.workload().id(number)));
  }

  private void lookForSecrets() {
    String output = scene.output();
    for (String secret : scene.secrets()) {
      int at = output.indexOf(secret);
      if (at >= 0) {
        broken.add("a password was said: " + output.substring(Math.max(0, at - 200), at));
      }
    }
  }
}
