package io.llmlog.delivery;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class BlocksAheadTest {
  @Test
  void itsThread_holdsNoServiceUp_andEndsByItself() throws InterruptedException {
    BlockingQueue<Thread> threads = new LinkedBlockingQueue<>();
    BlocksAhead ahead = new BlocksAhead(() -> threads.add(Thread.currentThread()));
    ahead.want();
    Thread thread = threads.take();
    assertTrue(thread.isDaemon());
    thread.join(20_000);
    assertFalse(thread.isAlive());
  }

  @Test
  void whereMemoryEnds_itIsTriedAgainWhenMoreIsWanted() throws InterruptedException {
    CountDownLatch turns = new CountDownLatch(2);
    BlocksAhead ahead =
        new BlocksAhead(
            () -> {
              turns.countDown();
              if (turns.getCount() > 0) {
                throw new OutOfMemoryError("as if");
              }
            });
    for (int tries = 0; tries < 1_000 && !turns.await(10, TimeUnit.MILLISECONDS); tries++) {
      ahead.want();
    }
    assertTrue(turns.await(0, TimeUnit.SECONDS));
  }
}
