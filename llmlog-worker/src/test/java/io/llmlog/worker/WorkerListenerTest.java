package io.llmlog.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.spi.TooManyRefusedException;
import io.llmlog.spi.WriteException;
import io.llmlog.spi.WriteResult;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.slf4j.event.Level;

/** What a worker tells its listener, and what a listener cannot break. */
final class WorkerListenerTest {
  private static final Instant NOON = Instant.parse("2026-11-25T12:00:00Z");

  private final FakeSource source = new FakeSource(false);
  private final FakeWriter writer = new FakeWriter();
  private final WorkerLedger ledger = new WorkerLedger(Clock.fixed(NOON, ZoneOffset.UTC));
  private final RecordingLog recorded = new RecordingLog();
  private final Recording told = new Recording();

  @Test
  void aBatch_isToldWhenItIsClaimedAndWhenItIsWritten() throws Exception {
    source.then(new FakeDelivery(3, 1)).then(new FakeDelivery(2, 2));
    ConsumeLoop loop = loop(told);
    loop.runOnce();
    loop.runOnce();
    loop.runOnce();
    assertEquals(List.of("claimed 3", "written 3", "adopted 2", "written 2"), told.what);
  }

  @Test
  void aFailure_isToldWithItsSqlState() throws Exception {
    source.then(new FakeDelivery(100, 1));
    writer
        .thenFail(new WriteException(WriteException.Kind.RETRY, "deadlock", null, "40P01"))
        .thenFail(new IllegalStateException("a bug"))
        .then(new WriteResult(1, 0, List.of()))
        .thenFail(new TooManyRefusedException("refuses more than 20 of 100 rows", "22001"));
    ConsumeLoop loop = loop(told);
    for (int i = 0; i < 4; i++) {
      loop.runOnce();
    }
    assertEquals(
        List.of("claimed 100", "failed 40P01", "failed null", "failed null", "failed 22001"),
        told.what);
  }

  @Test
  void messagesStoredOneByOne_areToldOneByOne() throws Exception {
    source.then(new FakeDelivery(3, 3).died(1, 3));
    writer.thenPrepareFails(new WriteException(WriteException.Kind.RETRY, "away", null, "08006"));
    ConsumeLoop loop = loop(told);
    for (int i = 0; i < 4; i++) {
      loop.runOnce();
    }
    assertEquals(
        List.of("adopted 3", "failed 08006", "written 1", "written 1", "written 1"), told.what);
  }

  @Test
  void tooMuchRefusedOneByOne_keepsItsSqlState() throws Exception {
    source.then(new FakeDelivery(1, 3));
    writer.thenFail(new TooManyRefusedException("refuses more than 0 of 1 rows", "23502"));
    loop(told).runOnce();
    assertEquals(List.of("adopted 1", "failed 23502"), told.what);
  }

  @Test
  void anAckThatIsRefused_isTold_andOneWithoutAnswerIsNot() throws Exception {
    FakeDelivery delivery = new FakeDelivery(2, 1).ackFails("timeout");
    source.then(delivery);
    ConsumeLoop loop = loop(told);
    loop.runOnce();
    delivery.lost = true;
    loop.runOnce();
    assertEquals(List.of("claimed 2", "written 2", "ack refused 2"), told.what);
  }

  @Test
  void whateverAListenerThrows_messagesAreStored() throws Exception {
    FakeDelivery delivery = new FakeDelivery(2, 1);
    source.then(delivery).then(new FakeDelivery(1, 1));
    writer.thenRetry("away");
    ConsumeLoop loop = loop(new GuardedListener(new Failing(), recorded.logger()));
    for (int i = 0; i < 3; i++) {
      loop.runOnce();
    }
    assertEquals(3, ledger.snapshot().stored());
    assertEquals(1, delivery.acks.get());
    assertEquals(1, recorded.lines(Level.WARN).stream().filter(l -> l.contains("metrics")).count());
  }

  @Test
  void theLastWrite_isTheTimeOfTheLastCommit() throws Exception {
    source.then(new FakeDelivery(2, 1));
    writer.thenRetry("away");
    ConsumeLoop loop = loop(told);
    loop.runOnce();
    assertNull(ledger.lastWrite());
    loop.runOnce();
    assertEquals(NOON, ledger.lastWrite());
  }

  private ConsumeLoop loop(WorkerListener listener) {
    return new ConsumeLoop(
        source,
        writer,
        1000,
        new Stop(),
        ledger.open("loop"),
        listener,
        new WorkerLog(recorded.logger()));
  }

  private static final class Recording implements WorkerListener {
    final List<String> what = new ArrayList<>();

    @Override
    public void claimed(int messages, boolean adopted) {
      what.add((adopted ? "adopted " : "claimed ") + messages);
    }

    @Override
    public void written(int messages, Duration took) {
      assertTrue(!took.isNegative(), took.toString());
      what.add("written " + messages);
    }

    @Override
    public void writeFailed(@Nullable String sqlState, Duration took) {
      assertTrue(!took.isNegative(), took.toString());
      what.add("failed " + sqlState);
    }

    @Override
    public void ackRefused(int messages) {
      what.add("ack refused " + messages);
    }
  }

  private static final class Failing implements WorkerListener {
    @Override
    public void claimed(int messages, boolean adopted) {
      throw new IllegalStateException("metrics of claims");
    }

    @Override
    public void written(int messages, Duration took) {
      throw new NoClassDefFoundError("metrics of writes");
    }

    @Override
    public void writeFailed(@Nullable String sqlState, Duration took) {
      throw new NullPointerException("metrics of failures");
    }
  }
}
