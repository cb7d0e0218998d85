package io.llmlog.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;
import org.slf4j.event.Level;

final class ServerChecksTest {
  private final RecordingLog log = new RecordingLog();
  private final Stop stop = new Stop();

  @Test
  void whatEndangersMessages_isSaidOnce() throws Exception {
    ServerChecks checks =
        new ServerChecks(List.of(() -> List.of("a", "b"), () -> List.of("c")), stop, log.logger());
    assertTrue(checks.runOnce());
    assertTrue(checks.runOnce());
    assertEquals(List.of("WARN a", "WARN b", "WARN c"), log.lines(Level.WARN));
  }

  @Test
  void aServerThatIsAway_isAskedAgain_andHoldsUpNoOther() throws Exception {
    Queue<Throwable> failures = new ArrayDeque<>();
    failures.add(new ConnectException("refused"));
    failures.add(new NoClassDefFoundError("driver"));
    ServerChecks.Check away =
        () -> {
          Throwable failure = failures.poll();
          if (failure instanceof Error e) {
            throw e;
          }
          if (failure instanceof Exception e) {
            throw e;
          }
          return List.of("away");
        };
    ServerChecks checks =
        new ServerChecks(List.of(away, () -> List.of("there")), stop, log.logger());
    assertFalse(checks.runOnce());
    checks.awaitFirstLook(Duration.ZERO);
    assertEquals(List.of("WARN there"), log.lines(Level.WARN));
    assertFalse(checks.runOnce());
    assertTrue(checks.runOnce());
    assertEquals(List.of("WARN there", "WARN away"), log.lines(Level.WARN));
  }

  @Test
  void theThread_endsWhenAllHaveAnsweredOrTheWorkerStops() throws Exception {
    Thread answered = new Thread(new ServerChecks(List.of(List::of), stop, log.logger()));
    answered.start();
    answered.join();
    ServerChecks.Check away =
        () -> {
          throw new ConnectException("refused");
        };
    Thread waiting = new Thread(new ServerChecks(List.of(away), stop, log.logger()));
    waiting.start();
    stop.request();
    waiting.join();
    assertEquals(List.of(), log.lines(Level.WARN));
  }
}
