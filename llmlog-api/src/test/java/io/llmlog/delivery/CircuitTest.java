package io.llmlog.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class CircuitTest {
  private final Circuit circuit = new Circuit();

  @Test
  void aRoadThatNeverFailed_mayBeTried() {
    assertEquals(0, circuit.nanosUntilTry());
  }

  @Test
  void aFailure_leavesTheRoadAloneForLessThanASecond_andASuccessEndsThat() {
    circuit.failed(0);
    assertTrue(circuit.nanosUntilTry() > 0);
    assertTrue(circuit.nanosUntilTry() <= Duration.ofMillis(100).toNanos());
    assertEquals(1, circuit.succeeded());
    assertEquals(0, circuit.nanosUntilTry());
  }

  @Test
  void aSilentServer_isLeftAloneForLongerThanItWasWaitedFor_butNotForLong() {
    circuit.failed(Duration.ofSeconds(1).toNanos());
    assertTrue(circuit.nanosUntilTry() > Duration.ofSeconds(3).toNanos());
    circuit.failed(Duration.ofSeconds(10).toNanos());
    assertTrue(circuit.nanosUntilTry() <= Duration.ofSeconds(5).toNanos());
  }
}
