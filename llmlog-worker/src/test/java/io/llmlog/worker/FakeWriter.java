package io.llmlog.worker;

import io.llmlog.spi.EventWriter;
import io.llmlog.spi.Message;
import io.llmlog.spi.WriteException;
import io.llmlog.spi.WriteResult;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Stores everything, but for the answers and failures that a test put in before. */
final class FakeWriter implements EventWriter {
  final AtomicInteger calls = new AtomicInteger();
  final AtomicInteger prepares = new AtomicInteger();
  final CountDownLatch entered = new CountDownLatch(1);
  final List<List<Message>> batches = new CopyOnWriteArrayList<>();
  final List<Integer> bounds = new CopyOnWriteArrayList<>();
  final List<Message> dead = new CopyOnWriteArrayList<>();
  volatile boolean closed;
  private final ConcurrentLinkedQueue<Throwable> prepareFailures = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Object> steps = new ConcurrentLinkedQueue<>();
  private volatile @Nullable CountDownLatch gate;
  private volatile Runnable onSlowWork = () -> {};

  FakeWriter then(WriteResult result) {
    steps.add(result);
    return this;
  }

  FakeWriter thenFail(Throwable failure) {
    steps.add(failure);
    return this;
  }

  FakeWriter thenRetry(String why) {
    return thenFail(new WriteException(WriteException.Kind.RETRY, why, null));
  }

  FakeWriter thenPause(String why) {
    return thenFail(new WriteException(WriteException.Kind.PAUSE, why, null));
  }

  /** Writes wait until the latch opens. */
  FakeWriter behind(CountDownLatch latch) {
    gate = latch;
    return this;
  }

  FakeWriter thenPrepareFails(Throwable failure) {
    prepareFailures.add(failure);
    return this;
  }

  /** Runs it whenever the writer does what may take long and is no attempt of a message. */
  FakeWriter onSlowWork(Runnable look) {
    onSlowWork = look;
    return this;
  }

  @Override
  public void prepare() throws WriteException {
    prepares.incrementAndGet();
    onSlowWork.run();
    fail(prepareFailures.poll());
  }

  @Override
  public void writeDead(Message message, String reason) throws WriteException {
    onSlowWork.run();
    if (steps.peek() instanceof WriteException e) {
      steps.remove();
      throw e;
    }
    dead.add(message);
  }

  @Override
  public WriteResult write(List<Message> batch, int mayRefuse)
      throws WriteException, InterruptedException {
    bounds.add(mayRefuse);
    return write(batch);
  }

  @Override
  public WriteResult write(List<Message> batch) throws WriteException, InterruptedException {
    calls.incrementAndGet();
    batches.add(batch);
    entered.countDown();
    CountDownLatch latch = gate;
    if (latch != null) {
      latch.await();
    }
    Object step = steps.poll();
    fail(step);
    return step == null ? new WriteResult(batch.size(), 0, List.of()) : (WriteResult) step;
  }

  private static void fail(@Nullable Object step) throws WriteException {
    if (step instanceof WriteException e) {
      throw e;
    }
    if (step instanceof RuntimeException e) {
      throw e;
    }
    if (step instanceof Error e) {
      throw e;
    }
  }

  @Override
  public void close() {
    closed = true;
  }
}
