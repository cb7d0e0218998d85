package io.llmlog.worker;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The wish to end, which wakes all who wait for something else meanwhile. */
final class Stop {
  private final CountDownLatch wish = new CountDownLatch(1);

  void request() {
    wish.countDown();
  }

  boolean requested() {
    return wish.getCount() == 0;
  }

  /** Waits that long, or until the end is wished; answers whether it is. */
  boolean await(long nanos) throws InterruptedException {
    return nanos <= 0 ? requested() : wish.await(nanos, TimeUnit.NANOSECONDS);
  }
}
