package io.llmlog.worker.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.worker.Wait;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.slf4j.helpers.NOPLogger;

final class WatchTest {
  private static final Instant START = Instant.parse("2026-11-25T12:00:00Z");

  @Test
  void beforeTheFirstLook_nothingIsKnown() {
    try (Watch watch = new Watch(before -> Observation.none(START))) {
      assertEquals("not asked yet", watch.now().queue().problem());
      assertNull(watch.now().store().state());
      assertTrue(watch.history().isEmpty());
    }
  }

  @Test
  void whatWasSeen_isKeptForAnHour() throws Exception {
    AtomicInteger looks = new AtomicInteger();
    try (Watch watch =
        new Watch(before -> Observation.none(START.plusSeconds(5L * looks.getAndIncrement())))) {
      for (int i = 0; i < 1000; i++) {
        watch.lookOnce();
      }
      assertEquals(720, watch.history().size());
      assertEquals(START.plusSeconds(5 * 999), watch.now().at());
      assertSame(watch.now(), watch.history().get(719));
    }
  }

  @Test
  void afterAStandstill_whatIsOlderThanAnHourIsGone() throws Exception {
    AtomicInteger looks = new AtomicInteger();
    try (Watch watch =
        new Watch(
            before ->
                Observation.none(START.plus(Duration.ofHours(2L * looks.getAndIncrement()))))) {
      watch.lookOnce();
      watch.lookOnce();
      assertEquals(1, watch.history().size());
    }
  }

  @Test
  void whateverALookThrows_theNextOneFollows() {
    AtomicInteger looks = new AtomicInteger();
    Watch.Look look =
        before -> {
          switch (looks.getAndIncrement()) {
            case 0 -> throw new IllegalStateException("first");
            case 1 -> throw new StackOverflowError("second");
            case 2 -> throw new InterruptedException("third");
            default -> {
              return Observation.none(START);
            }
          }
        };
    try (Watch watch = new Watch(look, Duration.ofMillis(1), NOPLogger.NOP_LOGGER)) {
      watch.start();
      watch.start();
      Wait.until("an observation", () -> !watch.history().isEmpty());
    }
  }

  @Test
  void close_endsALookThatWaits() throws Exception {
    CountDownLatch looking = new CountDownLatch(1);
    Watch watch =
        new Watch(
            before -> {
              looking.countDown();
              new CountDownLatch(1).await();
              throw new AssertionError();
            });
    watch.start();
    looking.await();
    watch.close();
    watch.close();
    assertFalse(
        Thread.getAllStackTraces().keySet().stream()
            .anyMatch(thread -> thread.getName().equals("llmlog-worker-watch")));
    watch.start();
    assertTrue(watch.history().isEmpty());
  }
}
