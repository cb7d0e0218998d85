package io.llmlog.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class BlocksAheadTest {
  @Test
  void itsThread_looksByItself_runsOnce_andEndsWhenNothingWasMissingForSomeTime()
      throws InterruptedException {
    Set<Thread> threads = ConcurrentHashMap.newKeySet();
    CountDownLatch turns = new CountDownLatch(10);
    BlocksAhead ahead =
        new BlocksAhead(
            () -> {
              threads.add(Thread.currentThread());
              turns.countDown();
              return turns.getCount() > 0;
            });
    ahead.start();
    ahead.start();
    assertTrue(turns.await(10, TimeUnit.SECONDS));
    assertEquals(1, threads.size());
    Thread thread = threads.iterator().next();
    assertTrue(thread.isDaemon());
    ahead.start();
    thread.join(20_000);
    assertFalse(thread.isAlive());
    assertEquals(1, threads.size());
  }

  @Test
  void whereMemoryEnds_theNextCallerStartsItAgain() throws InterruptedException {
    CountDownLatch turns = new CountDownLatch(2);
    BlocksAhead ahead =
        new BlocksAhead(
            () -> {
              turns.countDown();
              if (turns.getCount() > 0) {
                throw new OutOfMemoryError("as if");
              }
              return false;
            });
    int starts = 0;
    do {
      ahead.start();
      starts++;
    } while (!turns.await(10, TimeUnit.MILLISECONDS) && starts < 1_000);
    assertEquals(0, turns.getCount());
    assertTrue(starts > 1);
  }
}
