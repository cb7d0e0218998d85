package io.llmlog.benchmarks.flow;

import io.llmlog.event.EventEncoder;
import io.llmlog.spi.EventSender;
import io.llmlog.spi.Providers;
import io.llmlog.spi.QueueException;
import io.llmlog.spi.QueueProvider.QueueSettings;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Fills a queue, in place of services: once, or so that it keeps its depth while workers take from
 * it. {@link #keep} is followed by {@link #stop}. Not safe for use by several threads at once.
 */
final class Feeder implements AutoCloseable {
  private static final int BATCH = 500;
  private static final long LOOK_MILLIS = 2;

  private final EventEncoder encoder = new EventEncoder(EventEncoder.Stamp.NONE, false, 256 << 10);
  private final Calls calls = new Calls(Calls.Shape.USUAL, System.nanoTime());
  private final EventSender sender;
  private final AtomicLong pushed = new AtomicLong();
  private volatile long depth;
  private volatile long lowest;
  private volatile @Nullable Exception failure;
  private CountDownLatch stopping = new CountDownLatch(1);
  private @Nullable Thread thread;

  Feeder(Servers servers, String queue) {
    this.sender =
        Providers.queue(servers.redisUrl()).sender(new QueueSettings(servers.redisUrl(), queue));
  }

  /** Puts so many messages into a queue whose name no worker knows, and then gives it that name. */
  static void fillAtOnce(Servers servers, String queue, long messages)
      throws QueueException, IOException, InterruptedException {
    String staged = queue + "_staged";
    try (Feeder feeder = new Feeder(servers, staged)) {
      feeder.push(messages);
    }
    try (RedisLine redis = servers.redis()) {
      if (redis.number("RENAMENX", staged, queue) != 1) {
        throw new IllegalStateException("queue " + queue + " is not empty");
      }
    }
  }

  /** Pushes so many, however deep the queue is. */
  void push(long messages) throws QueueException, InterruptedException {
    for (long left = messages; left > 0; left -= BATCH) {
      send((int) Math.min(BATCH, left));
    }
  }

  private void send(int messages) throws QueueException, InterruptedException {
    List<byte[]> batch = new ArrayList<>(messages);
    for (int i = 0; i < messages; i++) {
      batch.add(encoder.encode(calls.next(Instant.now())));
    }
    depth = sender.send(batch);
    pushed.addAndGet(messages);
  }

  /** How many it has pushed in its life. */
  long pushed() {
    return pushed.get();
  }

  /** The depth of the queue when it last looked. */
  long depth() {
    return depth;
  }

  /** The lowest depth since the last call, or since the queue was filled. */
  long lowest() {
    long was = lowest;
    lowest = Long.MAX_VALUE;
    return was;
  }

  /** Begins to fill the queue, and to keep it so deep. */
  void keep(long wanted) {
    stopping = new CountDownLatch(1);
    lowest = Long.MAX_VALUE;
    depth = 0;
    CountDownLatch stop = stopping;
    Thread feeding = new Thread(() -> keep(wanted, stop), "benchmark-feeder");
    feeding.setDaemon(true);
    feeding.start();
    thread = feeding;
  }

  private void keep(long wanted, CountDownLatch stop) {
    try {
      while (stop.getCount() > 0) {
        if (depth < wanted) {
          send(BATCH);
        } else if (!stop.await(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
          depth = sender.depth();
        }
        lowest = Math.min(lowest, depth);
      }
    } catch (QueueException e) {
      failure = e;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends what {@link #keep} began. */
  void stop() throws InterruptedException {
    stopping.countDown();
    if (thread != null) {
      thread.join();
    }
    if (failure != null) {
      throw new IllegalStateException("the queue could not be fed", failure);
    }
  }

  @Override
  public void close() {
    stopping.countDown();
    sender.close();
  }
}
