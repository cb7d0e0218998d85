package io.llmlog.delivery;

import io.llmlog.spi.EventSender;
import io.llmlog.spi.QueueException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** A sender whose faults a test decides. */
final class FakeSender implements EventSender {
  /** What the next sends do. */
  enum Mode {
    TAKE,
    FAIL,
    BREAK,
    HANG
  }

  volatile Mode mode = Mode.TAKE;

  /** What the queue says of its depth. */
  volatile long depth = UNKNOWN_DEPTH;

  final AtomicInteger attempts = new AtomicInteger();
  final CountDownLatch hanging = new CountDownLatch(1);
  private final List<byte[]> received = new ArrayList<>();
  private volatile boolean closed;

  @Override
  public long send(List<byte[]> batch) throws QueueException, InterruptedException {
    attempts.incrementAndGet();
    switch (mode) {
      case FAIL -> throw new QueueException("redis at 127.0.0.1:6379 is away");
      case BREAK -> throw new IllegalStateException("a bug in the plug-in");
      case HANG -> {
        hanging.countDown();
        new CountDownLatch(1).await();
      }
      case TAKE -> {
        synchronized (received) {
          received.addAll(batch);
        }
      }
    }
    return depth;
  }

  @Override
  public long depth() throws QueueException {
    if (mode != Mode.TAKE) {
      throw new QueueException("redis at 127.0.0.1:6379 is away");
    }
    return depth;
  }

  List<byte[]> received() {
    synchronized (received) {
      return List.copyOf(received);
    }
  }

  boolean isClosed() {
    return closed;
  }

  @Override
  public void close() {
    closed = true;
  }
}
