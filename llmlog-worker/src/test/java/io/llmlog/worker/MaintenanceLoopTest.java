package io.llmlog.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.junit.jupiter.api.Test;
import org.slf4j.event.Level;

class MaintenanceLoopTest {
  private static final String LOST = "08006";
  private static final String FORBIDDEN = "42501";
  private static final String DONE = "00000";

  private final RecordingLog log = new RecordingLog();

  @Test
  void aConnectionLostOnce_isNoWarning_andIsTriedAgainSoon() throws Exception {
    MaintenanceLoop loop = loop(LOST, DONE);
    assertEquals(Duration.ofMinutes(1).toNanos(), loop.runOnce());
    MaintenanceStatus lost = loop.status();
    assertNotNull(lost);
    assertNotNull(lost.failure());
    assertEquals(Duration.ofHours(1).toNanos(), loop.runOnce());
    MaintenanceStatus mended = loop.status();
    assertNotNull(mended);
    assertNull(mended.failure());
    assertEquals(List.of(), log.lines(Level.WARN));
    assertEquals(List.of(), log.lines(Level.INFO));
  }

  @Test
  void aDatabaseStillAwayAMinuteLater_isSaid_andItsReturnToo() throws Exception {
    MaintenanceLoop loop = loop(LOST, LOST, LOST, DONE);
    for (int round = 0; round < 4; round++) {
      loop.runOnce();
    }
    List<String> warnings = log.lines(Level.WARN);
    assertEquals(1, warnings.size(), warnings.toString());
    assertTrue(warnings.get(0).contains("a failure of 08006"), warnings.toString());
    assertEquals(1, log.lines(Level.INFO).size());
  }

  @Test
  void whatDoesNotPassByItself_isSaidAtOnce() throws Exception {
    MaintenanceLoop loop = loop(FORBIDDEN);
    loop.runOnce();
    assertEquals(1, log.lines(Level.WARN).size());
  }

  @Test
  void aLossAfterASuccess_isNoWarningAgain() throws Exception {
    MaintenanceLoop loop = loop(LOST, DONE, LOST, DONE);
    for (int round = 0; round < 4; round++) {
      loop.runOnce();
    }
    assertEquals(List.of(), log.lines(Level.WARN));
  }

  /** Rounds that end so, by their SQLSTATE. */
  private MaintenanceLoop loop(String... states) {
    Queue<String> rounds = new ArrayDeque<>(Arrays.asList(states));
    Maintenance maintenance =
        () -> {
          String state = rounds.remove();
          if (!state.equals(DONE)) {
            throw new SQLException("a failure of " + state, state);
          }
          return new MaintenanceStatus(
              Instant.EPOCH, null, false, Map.of(), Map.of(), List.of(), Map.of(), List.of());
        };
    return new MaintenanceLoop(maintenance, Clock.systemUTC(), new Stop(), log.logger());
  }
}
