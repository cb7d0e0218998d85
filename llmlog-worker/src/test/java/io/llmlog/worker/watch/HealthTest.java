package io.llmlog.worker.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.worker.WorkerStatus;
import io.llmlog.worker.WorkerStatus.LoopStatus;
import io.llmlog.worker.WorkerStatus.State;
import io.llmlog.worker.watch.Health.Check;
import io.llmlog.worker.watch.Observation.QueueView;
import io.llmlog.worker.watch.Observation.StoreView;
import io.llmlog.worker.watch.Observation.Writes;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class HealthTest {
  private static final Instant NOW = Instant.parse("2026-11-25T12:00:00Z");
  private static final QueueView QUEUE =
      new QueueView(null, 1_000_000L, Duration.ofDays(3), List.of());
  private static final StoreView STORE = store(null, null);

  @Test
  void aDeepQueue_isNoMatterOfHealth() {
    Health health = Health.of(seen(QUEUE, STORE, loop(State.RUNNING, 0), 5, null), NOW);
    assertTrue(health.ready(), health.toString());
    assertEquals(
        List.of("queue", "database", "schema", "loops", "last_write"),
        health.checks().stream().map(Check::name).toList());
  }

  @Test
  void whatDoesNotAnswer_isNamedWithItsReason() {
    Health queue =
        Health.of(seen(QueueView.unknown("no Redis"), STORE, loop(State.RUNNING, 0), 0, null), NOW);
    assertEquals("no Redis", reason(queue, "queue"));
    assertNull(reason(queue, "database"));
    Health database =
        Health.of(seen(QUEUE, store("no database", null), loop(State.RUNNING, 0), 0, null), NOW);
    assertEquals("no database", reason(database, "database"));
    assertFalse(database.ready());
    Health schema =
        Health.of(seen(QUEUE, store(null, "too old"), loop(State.RUNNING, 0), 0, null), NOW);
    assertEquals("too old", reason(schema, "schema"));
  }

  @Test
  void aLoop_mayTryAgainForAMoment() {
    assertTrue(Health.of(seen(QUEUE, STORE, loop(State.RETRYING, 14), 0, null), NOW).ready());
    assertEquals(
        "llmlog-worker-1 is retrying: why",
        reason(Health.of(seen(QUEUE, STORE, loop(State.RETRYING, 16), 0, null), NOW), "loops"));
    assertEquals(
        "llmlog-worker-1 is paused: why",
        reason(Health.of(seen(QUEUE, STORE, loop(State.PAUSED, 0), 0, null), NOW), "loops"));
    assertEquals(
        "llmlog-worker-1 is not running: why",
        reason(Health.of(seen(QUEUE, STORE, loop(State.STOPPED, 0), 0, null), NOW), "loops"));
  }

  @Test
  void messagesThatStayInHand_areNamed() {
    assertTrue(
        Health.of(seen(QUEUE, STORE, loop(State.RUNNING, 0), 7, NOW.minusSeconds(60)), NOW)
            .ready());
    assertEquals(
        "7 messages in hand, and none was stored for 61 s",
        reason(
            Health.of(seen(QUEUE, STORE, loop(State.RUNNING, 0), 7, NOW.minusSeconds(61)), NOW),
            "last_write"));
  }

  @Test
  void anOldObservation_saysNothingGood() {
    Observation seen = seen(QUEUE, STORE, loop(State.RUNNING, 0), 0, null);
    assertTrue(Health.of(seen, NOW.plusSeconds(30)).ready());
    Health old = Health.of(seen, NOW.plusSeconds(31));
    assertTrue(old.checks().stream().noneMatch(Check::ok));
    assertEquals("not looked at for 31 s", reason(old, "queue"));
    assertFalse(Health.of(Observation.none(NOW), NOW).ready(), "before the first look");
  }

  @Test
  void holding_beginsAnewWithEachMessageThatIsSettled() {
    Observation before = seen(QUEUE, STORE, loop(State.RUNNING, 0), 5, NOW);
    Instant later = NOW.plusSeconds(5);
    assertEquals(NOW, WorkerLook.holdingSince(before, status(5, 0), later));
    assertEquals(later, WorkerLook.holdingSince(before, status(5, 1), later));
    assertEquals(later, WorkerLook.holdingSince(null, status(5, 0), later));
    assertNull(WorkerLook.holdingSince(before, status(0, 0), later));
  }

  private static @Nullable String reason(Health health, String name) {
    return health.checks().stream()
        .filter(check -> check.name().equals(name))
        .findFirst()
        .orElseThrow()
        .reason();
  }

  private static LoopStatus loop(State state, int seconds) {
    return new LoopStatus(
        "llmlog-worker-1", state, state == State.RUNNING ? null : "why", NOW.minusSeconds(seconds));
  }

  private static WorkerStatus status(long inFlight, long stored, LoopStatus... loops) {
    return new WorkerStatus(inFlight + stored, 0, stored, 0, 0, 0, 0, inFlight, List.of(loops));
  }

  private static StoreView store(@Nullable String problem, @Nullable String schemaProblem) {
    return new StoreView(problem, null, 6, schemaProblem, null, null, null, false);
  }

  private static Observation seen(
      QueueView queue,
      StoreView store,
      LoopStatus loop,
      long inFlight,
      @Nullable Instant holdingSince) {
    return new Observation(
        NOW, status(inFlight, 0, loop), null, queue, store, null, holdingSince, Writes.NONE);
  }
}
