package io.llmlog.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.spi.Pause;
import io.llmlog.spi.QueueException;
import io.llmlog.spi.TooManyRefusedException;
import io.llmlog.spi.WriteResult;
import io.llmlog.spi.WriteResult.DeadLetter;
import io.llmlog.worker.WorkerStatus.LoopStatus;
import io.llmlog.worker.WorkerStatus.State;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.event.Level;

final class ConsumeLoopTest {
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final FakeSource source = new FakeSource(false);
  private final FakeWriter writer = new FakeWriter();
  private final Stop stop = new Stop();
  private final WorkerLedger ledger = new WorkerLedger(Clock.systemUTC());
  private final RecordingLog recorded = new RecordingLog();
  private final WorkerLog log = new WorkerLog(recorded.logger());
  private final ConsumeLoop loop =
      new ConsumeLoop(
          source, writer, 1000, stop, ledger.open("loop"), new WorkerListener() {}, log);
  private final LeaseKeeper keeper =
      new LeaseKeeper(loop.hold(), Duration.ofSeconds(30), new Stop(), log);

  @AfterEach
  void everyMessageIsCounted() {
    assertTrue(ledger.snapshot().balances(), () -> ledger.snapshot().toString());
  }

  @Test
  void aDelivery_isWrittenThenAcknowledged() throws Exception {
    FakeDelivery delivery = new FakeDelivery(3, 1);
    source.then(delivery);
    assertEquals(0, loop.runOnce());
    assertEquals(1, delivery.acks.get());
    assertEquals(3, ledger.snapshot().claimed());
    assertEquals(3, ledger.snapshot().stored());
    assertEquals(0, ledger.snapshot().inFlight());
  }

  @Test
  void aDeliveryOfAnotherWorker_countsAsAdopted() throws Exception {
    source.then(new FakeDelivery(3, 2));
    loop.runOnce();
    assertEquals(3, ledger.snapshot().adopted());
    assertEquals(0, ledger.snapshot().claimed());
  }

  @Test
  void whatTheWriterAnswers_isCountedByKind() throws Exception {
    writer.then(new WriteResult(1, 1, List.of(new DeadLetter(2, "is no JSON object"))));
    source.then(new FakeDelivery(3, 1));
    loop.runOnce();
    WorkerStatus status = ledger.snapshot();
    assertEquals(List.of(1L, 1L, 1L), List.of(status.stored(), status.duplicate(), status.dead()));
    assertTrue(recorded.lines(Level.WARN).get(0).contains("is no JSON object"));
  }

  @Test
  void aStoreThatIsAway_getsTheSameBatchAgainAfterAGrowingPause() throws Exception {
    FakeDelivery delivery = new FakeDelivery(2, 1);
    source.then(delivery);
    writer.thenRetry("away: db:5432").thenRetry("away: db:5432").thenRetry("away: db:5432");
    long first = loop.runOnce();
    assertTrue(first > 0 && first <= SECOND, "first pause " + first);
    assertEquals(State.RETRYING, state().state());
    assertEquals("away: db:5432", state().reason());
    assertEquals(2, ledger.snapshot().inFlight());
    loop.runOnce();
    long third = loop.runOnce();
    assertTrue(third > first, "third pause " + third);
    assertEquals(0, loop.runOnce());
    assertEquals(State.RUNNING, state().state());
    assertEquals(2, ledger.snapshot().stored());
    assertEquals(1, delivery.acks.get());
    assertEquals(1, recorded.lines(Level.WARN).size(), "said once");
    assertEquals(1, recorded.lines(Level.INFO).size(), "said once that it is back");
  }

  @Test
  void thePauses_neverGrowBeyondFiveSeconds() throws Exception {
    source.then(new FakeDelivery(1, 1));
    for (int i = 0; i < 50; i++) {
      writer.thenRetry("away");
    }
    for (int i = 0; i < 50; i++) {
      assertTrue(loop.runOnce() <= 5 * SECOND);
    }
  }

  @Test
  void aLease_isRenewedWhileTheBatchWaits() throws Exception {
    FakeDelivery delivery = new FakeDelivery(1, 1);
    source.then(delivery);
    writer.thenRetry("away");
    loop.runOnce();
    keeper.runOnce();
    keeper.runOnce();
    assertEquals(2, delivery.renewals.get());
    assertEquals(0, delivery.pausedRenewals.get());
    loop.runOnce();
    keeper.runOnce();
    assertEquals(2, delivery.renewals.get(), "nothing is in hand any more");
  }

  @Test
  void aStoreThatNeedsAPerson_pausesTheLoopAndSaysSoOnce() throws Exception {
    FakeDelivery delivery = new FakeDelivery(4, 1);
    source.then(delivery);
    writer.thenPause("no right to insert").thenPause("no right to insert");
    long wait = loop.runOnce();
    assertTrue(wait >= SECOND && wait <= 30 * SECOND, "pause " + wait);
    assertEquals(State.PAUSED, state().state());
    assertEquals("no right to insert", state().reason());
    assertEquals(1, delivery.pausedRenewals.get(), "the queue knows it at once");
    keeper.runOnce();
    assertEquals(2, delivery.pausedRenewals.get());
    loop.runOnce();
    assertEquals(1, recorded.lines(Level.ERROR).size());
    assertEquals(4, ledger.snapshot().inFlight());
  }

  @Test
  void aPause_endsByItselfWhenTheCauseIsMended() throws Exception {
    FakeDelivery first = new FakeDelivery(4, 1);
    FakeDelivery second = new FakeDelivery(1, 1);
    source.then(first).then(second);
    writer.thenPause("no table").thenPause("no table");
    loop.runOnce();
    loop.runOnce();
    assertEquals(0, loop.runOnce());
    assertEquals(State.RUNNING, state().state());
    assertNull(state().reason());
    assertEquals(4, ledger.snapshot().stored());
    writer.thenRetry("away");
    loop.runOnce();
    keeper.runOnce();
    assertEquals(0, second.pausedRenewals.get(), "the next batch is not paused");
    assertEquals(1, second.renewals.get());
  }

  @Test
  void aPauseThatTurnsIntoAnOutage_isNoLongerShownAsPause() throws Exception {
    FakeDelivery delivery = new FakeDelivery(1, 1);
    source.then(delivery);
    writer.thenPause("no table").thenRetry("away");
    loop.runOnce();
    loop.runOnce();
    keeper.runOnce();
    assertEquals(State.RETRYING, state().state());
    assertEquals(1, delivery.pausedRenewals.get());
  }

  @Test
  void tooMuchRefused_waitsForAPersonAndLooksOften() throws Exception {
    FakeDelivery delivery = new FakeDelivery(100, 1);
    source.then(delivery).then(new FakeDelivery(100, 1));
    writer.thenFail(new TooManyRefusedException("refuses more than 20 of 100 rows"));
    long wait = loop.runOnce();
    assertTrue(wait > 0 && wait <= 2 * SECOND, "wait " + wait);
    assertEquals(State.PAUSED, state().state());
    assertEquals(List.of(Pause.REFUSED), delivery.pauses);
    assertTrue(recorded.lines(Level.ERROR).get(0).contains("llmlog dead-letters accept"));
    for (int look = 0; look < 3; look++) {
      wait = loop.runOnce();
      assertTrue(wait > 0 && wait <= 2 * SECOND, "wait " + wait);
    }
    assertEquals(1, writer.calls.get(), "what was refused is refused still, and dear to try");
    assertEquals(4, delivery.pauses.size());

    delivery.accepted = true;
    assertEquals(0, loop.runOnce());
    assertEquals(List.of(20, Integer.MAX_VALUE), writer.bounds);
    assertEquals(1, delivery.acks.get());
    assertEquals(State.RUNNING, state().state());
    loop.runOnce();
    assertEquals(20, writer.bounds.get(2), "the word was for one batch");
  }

  @Test
  void aLeaseLostWhileAPersonIsWaitedFor_isFenced() throws Exception {
    FakeDelivery delivery = new FakeDelivery(30, 1);
    source.then(delivery);
    writer.thenFail(new TooManyRefusedException("refuses more than 20 of 30 rows"));
    loop.runOnce();
    delivery.lost = true;
    loop.runOnce();
    loop.runOnce();
    assertEquals(30, ledger.snapshot().fenced());
    assertEquals(1, writer.calls.get());
  }

  @Test
  void aLeaseLostWhileTheBatchWaits_dropsItAndGoesOn() throws Exception {
    FakeDelivery delivery = new FakeDelivery(2, 1);
    source.then(delivery).then(new FakeDelivery(1, 1));
    writer.thenRetry("away");
    loop.runOnce();
    delivery.lost = true;
    keeper.runOnce();
    assertEquals(0, loop.runOnce());
    assertEquals(2, ledger.snapshot().fenced());
    assertEquals(1, writer.calls.get(), "a fenced batch is not written again");
    loop.runOnce();
    assertEquals(1, ledger.snapshot().stored());
  }

  @Test
  void aLeaseLostAfterTheCommit_leavesTheRowsCounted() throws Exception {
    FakeDelivery delivery = new FakeDelivery(2, 1);
    delivery.lost = true;
    source.then(delivery).then(new FakeDelivery(1, 1));
    loop.runOnce();
    assertEquals(2, ledger.snapshot().stored(), "they are in the table");
    assertEquals(0, ledger.snapshot().fenced());
    loop.runOnce();
    assertEquals(3, ledger.snapshot().stored());
  }

  @Test
  void anAckWithoutAnswer_isAskedAgainAndNothingIsWrittenTwice() throws Exception {
    FakeDelivery delivery = new FakeDelivery(2, 1).ackFails("timeout").ackFails("timeout");
    source.then(delivery);
    assertTrue(loop.runOnce() > 0);
    assertEquals(State.RETRYING, state().state());
    assertTrue(loop.runOnce() > 0);
    assertEquals(0, loop.runOnce());
    assertEquals(3, delivery.acks.get());
    assertEquals(1, writer.calls.get());
    assertEquals(State.RUNNING, state().state());
    assertEquals(1, recorded.lines(Level.WARN).size());
  }

  @Test
  void aQueueThatIsAway_isSaidOnceAndAskedAgain() throws Exception {
    source.thenFail(new QueueException("redis:6379 refused")).thenFail(new QueueException("again"));
    assertTrue(loop.runOnce() > 0);
    assertTrue(loop.runOnce() > 0);
    assertEquals(State.RETRYING, state().state());
    assertEquals(0, loop.runOnce());
    assertEquals(State.RUNNING, state().state());
    assertEquals(1, recorded.lines(Level.WARN).size());
    assertTrue(recorded.lines(Level.WARN).get(0).contains("redis:6379 refused"));
    assertEquals(1, recorded.lines(Level.INFO).size());
  }

  @Test
  void whateverIsThrown_theLoopLivesOn() throws Exception {
    source
        .thenFail(new IllegalStateException("source"))
        .thenFail(new NoClassDefFoundError("source"))
        .then(new FakeDelivery(1, 1));
    writer.thenFail(new NullPointerException("writer")).thenFail(new StackOverflowError());
    for (int i = 0; i < 4; i++) {
      assertTrue(loop.runOnce() > 0, "attempt " + i);
    }
    assertEquals(0, loop.runOnce());
    assertEquals(1, ledger.snapshot().stored());
  }

  @Test
  void aLogThatThrows_endsNoLoop() throws Exception {
    FakeDelivery delivery = new FakeDelivery(1, 1);
    source.then(delivery);
    writer.thenPause("permission denied");
    recorded.fail(new IllegalStateException("the appender is closed"));
    Thread thread = new Thread(loop);
    thread.start();
    Wait.until("the acknowledgement", () -> delivery.acks.get() == 1 || !thread.isAlive());
    stop.request();
    thread.join();
    assertEquals(1, delivery.acks.get());
  }

  @Test
  void aWriterThatDoesNotAnswerForAll_isNotBelieved() throws Exception {
    FakeDelivery delivery = new FakeDelivery(3, 1);
    source.then(delivery);
    writer.then(new WriteResult(2, 0, List.of()));
    assertTrue(loop.runOnce() > 0);
    assertEquals(0, delivery.acks.get());
    assertEquals(3, ledger.snapshot().inFlight());
  }

  @Test
  void anEnd_releasesWhatIsInHandAndClosesTheSource() throws Exception {
    source.then(new FakeDelivery(5, 1));
    writer.thenRetry("away");
    loop.runOnce();
    loop.end();
    assertEquals(5, ledger.snapshot().released());
    assertEquals(State.STOPPED, state().state());
    assertTrue(source.closed);
    assertFalse(stop.requested());
  }

  private LoopStatus state() {
    return ledger.snapshot().loops().get(0);
  }
}
