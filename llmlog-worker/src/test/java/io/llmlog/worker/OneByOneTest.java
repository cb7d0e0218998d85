package io.llmlog.worker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.spi.Message;
import io.llmlog.spi.Pause;
import io.llmlog.spi.TooManyRefusedException;
import io.llmlog.spi.WriteException;
import io.llmlog.spi.WriteResult;
import io.llmlog.spi.WriteResult.DeadLetter;
import io.llmlog.worker.WorkerStatus.State;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Deliveries that two workers did not survive. */
final class OneByOneTest {
  private final FakeSource source = new FakeSource(false);
  private final FakeWriter writer = new FakeWriter();
  private final WorkerLedger ledger = new WorkerLedger(Clock.systemUTC());
  private final WorkerLog log = new WorkerLog(new RecordingLog().logger());
  private final ConsumeLoop loop = loop(source);

  @AfterEach
  void everyMessageIsCounted() {
    assertTrue(ledger.snapshot().balances(), () -> ledger.snapshot().toString());
  }

  @Test
  void eachMessage_isMarkedStoredAndSettledByItself() throws Exception {
    FakeDelivery delivery = new FakeDelivery(3, 3);
    source.then(delivery);
    for (int stored = 1; stored <= 3; stored++) {
      assertEquals(0, loop.runOnce());
      assertEquals(stored, ledger.snapshot().stored());
      assertEquals(3 - stored, ledger.snapshot().inFlight());
      assertTrue(ledger.snapshot().balances());
      assertEquals(stored == 3 ? 1 : 0, delivery.acks.get());
    }
    assertEquals(List.of(0, 1, 2), delivery.attempts);
    assertEquals(List.of(1, 1, 1), writer.batches.stream().map(List::size).toList());
    assertEquals(delivery.messages().get(1).bytes(), writer.batches.get(1).get(0).bytes());
  }

  @Test
  void theWriterIsMadeReady_beforeTheFirstMark_andOnce() throws Exception {
    FakeDelivery delivery = new FakeDelivery(3, 3);
    source.then(delivery).then(new FakeDelivery(2, 3)).then(new FakeDelivery(2, 2));
    writer.onSlowWork(() -> assertEquals(List.of(), delivery.attempts));
    loop.runOnce();
    assertEquals(1, writer.prepares.get());
    writer.onSlowWork(() -> {});
    runTimes(2);
    assertEquals(List.of(0, 1, 2), delivery.attempts);
    assertEquals(1, writer.prepares.get());
    runTimes(2);
    assertEquals(2, writer.prepares.get(), "anew for each delivery");
    loop.runOnce();
    assertEquals(2, writer.prepares.get(), "and never for a whole batch");
    assertEquals(7, ledger.snapshot().stored());
  }

  @Test
  void aWriterThatCannotBeMadeReady_marksNoAttempt() throws Exception {
    FakeDelivery delivery = new FakeDelivery(2, 3);
    source.then(delivery);
    writer
        .thenPrepareFails(new WriteException(WriteException.Kind.RETRY, "away", null))
        .thenPrepareFails(new IllegalStateException("broken"))
        .thenPrepareFails(new StackOverflowError())
        .thenPrepareFails(new WriteException(WriteException.Kind.PAUSE, "no table", null));
    for (State state : List.of(State.RETRYING, State.RETRYING, State.RETRYING, State.PAUSED)) {
      assertTrue(loop.runOnce() > 0);
      assertEquals(state, ledger.snapshot().loops().get(0).state());
      assertEquals(List.of(), delivery.attempts);
      assertEquals(0, writer.calls.get());
      assertEquals(2, ledger.snapshot().inFlight());
    }
    assertEquals("no table", ledger.snapshot().loops().get(0).reason());
    assertEquals(Pause.MEND, delivery.pauses.get(delivery.pauses.size() - 1));
    runTimes(2);
    assertEquals(5, writer.prepares.get());
    assertEquals(2, ledger.snapshot().stored());
    assertEquals(1, delivery.acks.get());
  }

  @Test
  void aLeaseLostWhileTheWriterIsMadeReady_marksNoAttempt() throws Exception {
    FakeDelivery delivery = new FakeDelivery(2, 3);
    source.then(delivery);
    writer.onSlowWork(() -> delivery.lost = true);
    runTimes(2);
    assertEquals(List.of(), delivery.attempts);
    assertEquals(0, writer.calls.get());
    assertEquals(2, ledger.snapshot().fenced());
  }

  @Test
  void afterAFailure_theWriterIsMadeReadyAgain_whileNoAttemptRuns() throws Exception {
    FakeDelivery delivery = new FakeDelivery(3, 3);
    source.then(delivery);
    List<Set<Integer>> marked = new ArrayList<>();
    writer.onSlowWork(() -> marked.add(delivery.marked()));
    loop.runOnce();
    writer.thenRetry("away").thenRetry("still away");
    assertTrue(loop.runOnce() > 0);
    writer.thenPrepareFails(new WriteException(WriteException.Kind.RETRY, "away", null));
    assertTrue(loop.runOnce() > 0);
    assertTrue(loop.runOnce() > 0);
    delivery.attemptFails("timeout");
    assertTrue(loop.runOnce() > 0);
    runTimes(2);
    assertEquals(List.of(0, 1, 1, 1, 2), delivery.attempts);
    assertEquals(5, writer.prepares.get());
    assertEquals(List.of(Set.of(), Set.of(), Set.of(), Set.of(), Set.of()), marked);
    assertEquals(3, ledger.snapshot().stored());
  }

  @Test
  void whileADeadLetterIsWritten_noAttemptRuns() throws Exception {
    FakeDelivery delivery = new FakeDelivery(4, 9).died(1, 3).died(3, 3);
    source.then(delivery);
    runTimes(2);
    assertEquals(Set.of(2), delivery.marked(), "the queue has not heard of its end yet");
    List<Set<Integer>> marked = new ArrayList<>();
    writer.onSlowWork(() -> marked.add(delivery.marked()));
    runTimes(2);
    assertEquals(List.of(Set.of(), Set.of()), marked);
    assertEquals(List.of(1, 3), writer.dead.stream().map(delivery.messages()::indexOf).toList());
    assertEquals(List.of(0, 2), delivery.attempts);
    assertEquals(1, delivery.acks.get());
  }

  @Test
  void aDeliveryOfTwoOwners_isStillWrittenWhole() throws Exception {
    FakeDelivery delivery = new FakeDelivery(3, 2);
    source.then(delivery);
    loop.runOnce();
    assertEquals(List.of(), delivery.attempts);
    assertEquals(1, writer.calls.get());
  }

  @Test
  void theThirdDeathInItsOwnAttempt_makesOneMessageADeadLetter() throws Exception {
    FakeDelivery delivery = new FakeDelivery(4, 6).died(1, 3).died(2, 2);
    source.then(delivery);
    runTimes(4);
    assertEquals(List.of(0, 3, 2), delivery.attempts, "nobody looks into it again");
    assertEquals(List.of(delivery.messages().get(1)), writer.dead);
    assertEquals(3, ledger.snapshot().stored());
    assertEquals(1, ledger.snapshot().dead());
    assertEquals(1, delivery.acks.get());
  }

  @Test
  void theMessagesThatFewestDiedOf_comeFirst() throws Exception {
    FakeDelivery delivery = new FakeDelivery(6, 9).died(0, 2).died(1, 1).died(2, 3).died(4, 1);
    source.then(delivery);
    runTimes(6);
    assertEquals(List.of(3, 5, 1, 4, 0), delivery.attempts);
    assertEquals(List.of(delivery.messages().get(2)), writer.dead);
    assertEquals(1, delivery.acks.get());
  }

  @Test
  void workersThatDieInTheirFirstAttempt_makeNoDeadLetterBeforeTheyDiedTwiceOfEach()
      throws Exception {
    int size = 10;
    Map<Integer, Integer> deaths = new HashMap<>();
    for (int owners = 3; owners < 3 + 2 * size; owners++) {
      FakeDelivery delivery = new FakeDelivery(size, owners);
      deaths.forEach(delivery::died);
      loop(new FakeSource(false).then(delivery)).runOnce();
      deaths.merge(delivery.attempts.get(0), 1, Integer::sum);
    }
    assertEquals(List.of(), writer.dead);
    assertEquals(Collections.nCopies(size, 2), List.copyOf(deaths.values()));
  }

  @Test
  void aDeadLetterThatCannotBeKept_isTriedAgain() throws Exception {
    FakeDelivery delivery = new FakeDelivery(2, 6).died(1, 3);
    source.then(delivery);
    loop.runOnce();
    writer.thenRetry("away");
    assertTrue(loop.runOnce() > 0);
    assertEquals(Set.of(), delivery.marked(), "while it waits, no attempt is running");
    loop.runOnce();
    assertEquals(1, writer.dead.size());
    assertEquals(1, delivery.acks.get());
  }

  @Test
  void anAttemptThatFails_isTakenBackBeforeTheWait() throws Exception {
    FakeDelivery delivery = new FakeDelivery(2, 3);
    source.then(delivery);
    writer
        .thenRetry("away")
        .thenPause("no table")
        .thenFail(new IllegalStateException("broken"))
        .thenFail(new StackOverflowError())
        .then(new WriteResult(0, 0, List.of()));
    for (int failure = 0; failure < 5; failure++) {
      assertTrue(loop.runOnce() > 0);
      assertEquals(Set.of(), delivery.marked(), "after failure " + failure);
      assertEquals(2, ledger.snapshot().inFlight());
    }
    runTimes(2);
    assertEquals(2, ledger.snapshot().stored());
    assertEquals(List.of(0, 0, 0, 0, 0, 0, 1), delivery.attempts);
  }

  @Test
  void aMarkWithoutAnswer_isAskedForAgain_andNothingIsAttempted() throws Exception {
    FakeDelivery delivery = new FakeDelivery(1, 3).attemptFails("timeout").attemptFails("timeout");
    source.then(delivery);
    assertTrue(loop.runOnce() > 0);
    assertTrue(loop.runOnce() > 0);
    assertEquals(0, writer.calls.get());
    assertEquals(0, loop.runOnce());
    assertEquals(1, delivery.acks.get());
  }

  @Test
  void aLeaseLostOnTheWay_leavesTheRestToTheOther() throws Exception {
    FakeDelivery delivery = new FakeDelivery(5, 3);
    source.then(delivery).then(new FakeDelivery(1, 1));
    runTimes(2);
    delivery.lost = true;
    runTimes(2);
    assertEquals(2, ledger.snapshot().stored());
    assertEquals(3, ledger.snapshot().fenced());
    assertEquals(2, writer.calls.get());
    loop.runOnce();
    assertEquals(3, ledger.snapshot().stored());
  }

  @Test
  void aStopOnTheWay_releasesTheRest() throws Exception {
    source.then(new FakeDelivery(5, 3));
    runTimes(2);
    loop.end();
    assertEquals(2, ledger.snapshot().stored());
    assertEquals(3, ledger.snapshot().released());
  }

  @Test
  void tooMuchRefused_pausesAsForTheWholeBatch() throws Exception {
    FakeDelivery delivery = new FakeDelivery(30, 3);
    source.then(delivery);
    WriteResult refused = new WriteResult(0, 0, List.of(new DeadLetter(0, "refused", true)));
    for (int i = 0; i < 20; i++) {
      writer.then(refused);
    }
    runTimes(20);
    writer.thenFail(new TooManyRefusedException("refuses more than 0 of 1 rows, the first: check"));
    assertTrue(loop.runOnce() > 0);
    assertEquals(0, writer.bounds.get(20));
    assertEquals(State.PAUSED, ledger.snapshot().loops().get(0).state());
    String why = String.valueOf(ledger.snapshot().loops().get(0).reason());
    assertTrue(why.contains("more than 20 of 30 messages were refused"), why);
    assertEquals(Pause.REFUSED, delivery.pauses.get(delivery.pauses.size() - 1));
    assertEquals(20, ledger.snapshot().dead());

    delivery.accepted = true;
    writer.then(refused);
    runTimes(10);
    assertEquals(Integer.MAX_VALUE, writer.bounds.get(21));
    assertEquals(21, ledger.snapshot().dead());
    assertEquals(9, ledger.snapshot().stored());
    assertEquals(1, delivery.acks.get());
  }

  @Test
  void pushesOfOneId_getTheTimesThatTheyHaveInTheirBatch() throws Exception {
    byte[] random = "{\"event_id\":\"018bd98e-3b1b-4abc-8def-0123456789ab\"}".getBytes(UTF_8);
    byte[] none = "{\"action\":\"a\"}".getBytes(UTF_8);
    Instant claimed = Instant.parse("2026-11-23T10:15:30.123456Z");
    List<Message> messages =
        Stream.of(random, none, random, "[]".getBytes(UTF_8), random)
            .map(bytes -> new Message(bytes, UUID.randomUUID(), claimed))
            .toList();
    source.then(new FakeDelivery(3, messages));
    loop.runOnce();
    loop.runOnce();
    writer.thenRetry("away");
    runTimes(4);
    assertEquals(
        List.of(0L, 0L, 1L, 1L, 0L, 2L),
        writer.batches.stream()
            .map(batch -> ChronoUnit.MICROS.between(claimed, batch.get(0).claimedAt()))
            .toList());
  }

  @Test
  void pushesOfOneId_keepTheirTimes_whereWorkersDiedOfSomeOfThem() throws Exception {
    byte[] random = "{\"event_id\":\"018bd98e-3b1b-4abc-8def-0123456789ab\"}".getBytes(UTF_8);
    byte[] none = "{\"action\":\"a\"}".getBytes(UTF_8);
    Instant claimed = Instant.parse("2026-11-23T10:15:30.123456Z");
    List<Message> messages =
        Stream.of(none, random, random, none, random, none)
            .map(bytes -> new Message(bytes, UUID.randomUUID(), claimed))
            .toList();
    FakeDelivery delivery = new FakeDelivery(6, messages).died(1, 2).died(3, 1).died(4, 2);
    source.then(delivery);
    while (delivery.acks.get() == 0) {
      loop.runOnce();
      assertTrue(delivery.marked().size() <= 1, () -> delivery.marked().toString());
    }
    assertEquals(List.of(0, 2, 5, 3, 1, 2, 4), delivery.attempts, "2 cannot be told before 1");
    assertEquals(6, ledger.snapshot().stored());
    assertEquals(
        List.of(0L, 0L, 0L, 0L, 1L, 2L),
        writer.batches.stream()
            .map(batch -> ChronoUnit.MICROS.between(claimed, batch.get(0).claimedAt()))
            .toList());
  }

  private ConsumeLoop loop(FakeSource from) {
    return new ConsumeLoop(
        from, writer, 1000, new Stop(), ledger.open("loop"), new WorkerListener() {}, log);
  }

  private void runTimes(int times) throws InterruptedException {
    for (int i = 0; i < times; i++) {
      loop.runOnce();
    }
  }
}
