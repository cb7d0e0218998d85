package io.llmlog.worker.alert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.spi.Pause;
import io.llmlog.worker.watch.Observation;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** When a condition becomes an alert, what it says, and when it ends. */
final class AlertsTest {
  private static final Duration STEP = Duration.ofSeconds(5);

  /** With what comes on the way of a rule of Prometheus: three steps of 5 s, in all a minute. */
  private static final Duration LONGEST = Duration.ofSeconds(45);

  private final List<Observation> history = new ArrayList<>();
  private Instant now = Instant.parse("2026-11-25T03:00:00Z");
  private final Alerts alerts = new Alerts(() -> history, Thresholds.DEFAULTS, () -> now);

  /**
   * A condition.
   *
   * @param miss what is nearly it
   * @param summary what it says
   */
  record Case(String name, Supplier<Given> miss, Supplier<Given> fault, String summary) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Case> cases() {
    return Stream.of(
        new Case(
            "LlmlogNoWorker",
            () -> new Given().leases(Given.lease(0, Pause.NONE), Given.lease(1, Pause.NONE)),
            () -> new Given().leases(Given.lease(0, Pause.NONE), Given.lease(-9, Pause.NONE)),
            "No worker takes messages from the queue"),
        new Case(
            "LlmlogWorkerPaused",
            () -> new Given().leases(Given.lease(9, Pause.ACCEPTED), Given.lease(0, Pause.MEND)),
            () -> new Given().leases(Given.lease(9, Pause.MEND), Given.lease(8, Pause.REFUSED)),
            "2 worker threads wait for a person"),
        new Case(
            "LlmlogWorkerStuck",
            () -> new Given().depth(0).still(0),
            () -> new Given().depth(700).still(500),
            "This worker stores nothing, and 1,200 messages wait"),
        new Case(
            "LlmlogQueueDown",
            Given::new,
            () -> new Given().queueProblem("Redis at 127.0.0.1:6379: Connection refused"),
            "The queue does not answer this worker: Redis at 127.0.0.1:6379: Connection refused"),
        new Case(
            "LlmlogQueueDepth",
            () -> new Given().depth(1000),
            () -> new Given().depth(4212),
            "4,212 messages wait in the queue, more than 1,000"),
        new Case(
            "LlmlogQueueAge",
            () -> new Given().depth(1).age(Duration.ofSeconds(60)),
            () -> new Given().depth(1).age(Duration.ofSeconds(95)),
            "The oldest message in the queue is 1 min 35 s old"),
        new Case(
            "LlmlogDatabaseDown",
            Given::new,
            () -> new Given().storeProblem("08001 Connection to 127.0.0.1:5432 refused"),
            "The database does not answer this worker: 08001 Connection to 127.0.0.1:5432 refused"),
        new Case(
            "LlmlogPoolExhausted",
            () -> new Given().pool(2, 0, 0),
            () -> new Given().pool(2, 0, 1),
            "1 thread waits for a connection, 2 of 2 are in use"),
        new Case(
            "LlmlogSlowStatements",
            Given::new,
            () -> new Given().slow(Duration.ofSeconds(3725)),
            "1 slow statement runs in the database, the longest for 1 h 2 min"),
        new Case(
            "LlmlogReplicaDown",
            Given::new,
            () -> new Given().replicaProblem("Connection to 127.0.0.1:5433 refused"),
            "The read replica does not answer this worker: Connection to 127.0.0.1:5433 refused"),
        new Case(
            "LlmlogReplicaLag",
            () -> new Given().replicaLag(Duration.ofSeconds(30)),
            () -> new Given().replicaLag(Duration.ofSeconds(31)),
            "The read replica is 31 s behind"),
        new Case(
            "LlmlogDefaultPartition",
            Given::new,
            () -> new Given().defaultRows(1),
            "1 row stands in the DEFAULT partition"),
        new Case(
            "LlmlogMaintenanceFailing",
            Given::new,
            () -> new Given().failure("the database is away"),
            "The last round of maintenance failed: the database is away"),
        new Case(
            "LlmlogMaintenanceFailing",
            Given::new,
            () -> new Given().stuck("llm_logs_2025_10: must be owner", "llm_logs: in use"),
            "The last round of maintenance left undone: llm_logs_2025_10: must be owner;"
                + " llm_logs: in use"),
        new Case(
            "LlmlogMaintenanceFailing",
            Given::new,
            () -> new Given().round(Given.ROUND.minus(Duration.ofHours(74))),
            "The last round of maintenance was 3 d 2 h ago"),
        new Case(
            "LlmlogRollupBehind",
            () -> new Given().rollupLag(Duration.ofHours(6)),
            () -> new Given().rollupLag(Duration.ofHours(25)),
            "Past days have waited 1 d 1 h to be summed up"));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aCondition_isAnAlertWhenItHasLasted_andNoneWhenItEnds(Case given) {
    see(new Given(), Duration.ofMinutes(1));
    see(given.miss().get(), Duration.ofMinutes(1));
    assertEquals(Set.of(), names(), "a near miss");
    see(new Given(), Duration.ofMinutes(1));
    see(given.fault().get(), STEP);
    Instant first = now;
    assertEquals(Set.of(), names(), "it holds for no time");
    while (names().isEmpty()) {
      see(given.fault().get(), STEP);
      assertTrue(Duration.between(first, now).compareTo(LONGEST) <= 0, "not told within " + now);
    }
    Alert alert =
        alerts.firing().stream().filter(a -> a.name().equals(given.name())).findAny().orElseThrow();
    assertEquals(given.summary(), alert.summary());
    assertTrue(!alert.since().isBefore(first), "since " + alert.since());
    assertEquals(given.name().toLowerCase(Locale.ROOT), alert.runbook());
    see(new Given(), STEP);
    assertEquals(Set.of(), names(), "healed");
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aConditionThatHeldForAMoment_isNoAlert(Case given) {
    see(new Given(), Duration.ofMinutes(1));
    see(given.fault().get(), STEP);
    see(new Given(), STEP);
    assertEquals(Set.of(), names());
    see(new Given(), Duration.ofMinutes(1));
    assertEquals(Set.of(), names());
  }

  @Test
  void aNewDeadLetter_isToldForFiveMinutes() {
    see(new Given(), Duration.ofMinutes(1));
    see(new Given().dead(4).deadLetters(13), STEP);
    Alert alert = alerts.firing().get(0);
    assertEquals("LlmlogDeadLettersGrowing", alert.name());
    assertEquals("1 message became a dead letter within 5 minutes", alert.summary());
    assertEquals(now, alert.since());
    see(new Given().dead(4).deadLetters(13), Duration.ofMinutes(4));
    assertEquals(Set.of("LlmlogDeadLettersGrowing"), names());
    see(new Given().dead(4).deadLetters(13), Duration.ofMinutes(2));
    assertEquals(Set.of(), names());
  }

  @Test
  void deadLettersOfOthers_areSeenInTheTable_andFewerAreNoAlert() {
    see(new Given(), Duration.ofMinutes(1));
    see(new Given().deadLetters(2), Duration.ofMinutes(6));
    assertEquals(Set.of(), names(), "a person has thrown ten away");
    see(new Given().deadLetters(5), STEP);
    assertEquals(
        "3 messages became dead letters within 5 minutes", alerts.firing().get(0).summary());
  }

  @Test
  void aWorkerThatOnlyMakesDeadLetters_isNotStuck() {
    for (int i = 0; i < 20; i++) {
      see(new Given().depth(9000).still(500).dead(i), STEP);
    }
    assertEquals(Set.of("LlmlogDeadLettersGrowing", "LlmlogQueueDepth"), names());
  }

  @Test
  void aQueueThatIsAway_isNeitherDeepNorWithoutWorkers() {
    see(new Given().depth(5000), Duration.ofMinutes(1));
    see(new Given().depth(5000).queueProblem("away"), Duration.ofMinutes(1));
    assertEquals(Set.of("LlmlogQueueDown"), names());
  }

  @Test
  void anObservationThatIsTooOld_tellsNothing() {
    see(new Given().depth(5000), Duration.ofMinutes(1));
    now = now.plusSeconds(30);
    assertEquals(Set.of("LlmlogQueueDepth"), names());
    now = now.plusSeconds(16);
    assertEquals(Set.of("LlmlogQueueDown", "LlmlogDatabaseDown"), names());
    assertTrue(
        alerts.firing().get(0).summary().endsWith(": not looked at for 46 s"),
        alerts.firing().toString());
  }

  @Test
  void criticalOnes_comeFirst_thenTheOldest() {
    see(new Given().defaultRows(1), Duration.ofMinutes(1));
    see(new Given().defaultRows(1).depth(5000), Duration.ofMinutes(1));
    see(new Given().defaultRows(1).depth(5000).storeProblem("away"), Duration.ofSeconds(20));
    // What is not known any more is no alert.
    assertEquals(
        List.of("LlmlogDatabaseDown", "LlmlogQueueDepth"),
        alerts.firing().stream().map(Alert::name).toList());
    see(new Given().defaultRows(1).depth(5000), Duration.ofMinutes(1));
    assertEquals(
        List.of("LlmlogQueueDepth", "LlmlogDefaultPartition"),
        alerts.firing().stream().map(Alert::name).toList());
  }

  @Test
  void theDepth_isThatOfTheEnvironment() {
    Alerts patient =
        new Alerts(() -> history, Thresholds.DEFAULTS.withQueueDepth(50_000), () -> now);
    see(new Given().depth(50_000), Duration.ofMinutes(1));
    assertEquals(List.of(), patient.firing());
    see(new Given().depth(50_001), Duration.ofMinutes(1));
    assertEquals(
        "50,001 messages wait in the queue, more than 50,000", patient.firing().get(0).summary());
    assertThrows(IllegalArgumentException.class, () -> Thresholds.DEFAULTS.withQueueDepth(0));
  }

  /** Adds an observation each 5 s. */
  private void see(Given given, Duration during) {
    for (Duration left = during; left.compareTo(Duration.ZERO) > 0; left = left.minus(STEP)) {
      now = now.plus(STEP);
      history.add(given.at(now));
    }
  }

  private Set<String> names() {
    return alerts.firing().stream().map(Alert::name).collect(Collectors.toSet());
  }
}
