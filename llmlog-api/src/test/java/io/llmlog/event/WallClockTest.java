package io.llmlog.event;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WallClockTest {
  /** What it may be off: 0.1 ms, and what the system's clock is put right by within 10 ms. */
  private static final long MAX_ERROR_MICROS = 200;

  @Test
  void theTime_isThatOfTheSystem_onAnyThread() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      for (Future<?> done :
          IntStream.range(0, 4).mapToObj(i -> threads.submit(this::compare)).toList()) {
        done.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private void compare() {
    long end = System.nanoTime() + 200_000_000L;
    while (System.nanoTime() < end) {
      long before = micros(Instant.now());
      long time = WallClock.epochMicros();
      long after = micros(Instant.now());
      assertTrue(
          time >= before - MAX_ERROR_MICROS && time <= after + MAX_ERROR_MICROS,
          () -> time + " is not between " + before + " and " + after);
    }
  }

  private static long micros(Instant time) {
    return time.getEpochSecond() * 1_000_000 + time.getNano() / 1_000;
  }
}
