package io.llmlog.worker;

import io.llmlog.spi.Delivery;
import io.llmlog.spi.Message;
import io.llmlog.spi.Pause;
import io.llmlog.spi.QueueException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A delivery that counts what is asked of it and answers as a test says. */
final class FakeDelivery implements Delivery {
  final AtomicInteger renewals = new AtomicInteger();
  final AtomicInteger pausedRenewals = new AtomicInteger();
  final AtomicInteger acks = new AtomicInteger();
  final List<Pause> pauses = new CopyOnWriteArrayList<>();
  final List<Integer> attempts = new CopyOnWriteArrayList<>();
  volatile @Nullable CountDownLatch silence;
  volatile boolean lost;
  volatile boolean accepted;
  private final Set<Integer> marked = ConcurrentHashMap.newKeySet();
  private final Set<Integer> ended = ConcurrentHashMap.newKeySet();
  private final Map<Integer, Integer> deaths = new HashMap<>();
  private final Queue<QueueException> attemptFailures = new ArrayDeque<>();
  private final Queue<QueueException> ackFailures = new ArrayDeque<>();
  private final List<Message> messages;
  private final int owners;

  FakeDelivery(int size, int owners) {
    this(owners, numbered(size));
  }

  FakeDelivery(int owners, List<Message> messages) {
    this.owners = owners;
    this.messages = messages;
  }

  private static List<Message> numbered(int size) {
    return IntStream.range(0, size)
        .mapToObj(
            i ->
                new Message(
                    ("{\"n\":" + i + "}").getBytes(StandardCharsets.UTF_8),
                    new UUID(size, i),
                    Instant.EPOCH))
        .toList();
  }

  FakeDelivery ackFails(String why) {
    ackFailures.add(new QueueException(why));
    return this;
  }

  @Override
  public List<Message> messages() {
    return messages;
  }

  @Override
  public int owners() {
    return owners;
  }

  FakeDelivery died(int index, int times) {
    deaths.put(index, times);
    return this;
  }

  FakeDelivery attemptFails(String why) {
    attemptFailures.add(new QueueException(why));
    return this;
  }

  /** The messages whose attempt the queue believes to be running. */
  Set<Integer> marked() {
    return Set.copyOf(marked);
  }

  @Override
  public int deaths(int index) {
    return deaths.getOrDefault(index, 0);
  }

  @Override
  public boolean accepted() {
    return accepted;
  }

  @Override
  public boolean attempt(int index) throws QueueException {
    QueueException failure = attemptFailures.poll();
    if (failure != null) {
      throw failure;
    }
    if (!lost) {
      marked.removeAll(ended);
      ended.clear();
      marked.add(index);
      attempts.add(index);
    }
    return !lost;
  }

  @Override
  public void attempted(boolean stored) {
    ended.addAll(marked);
  }

  @Override
  public boolean renew(Pause pause) throws InterruptedException {
    CountDownLatch answer = silence;
    if (answer != null) {
      answer.await();
    }
    renewals.incrementAndGet();
    pauses.add(pause);
    if (pause.waits()) {
      pausedRenewals.incrementAndGet();
    }
    marked.removeAll(ended);
    ended.clear();
    return !lost;
  }

  @Override
  public boolean ack() throws QueueException {
    acks.incrementAndGet();
    QueueException failure = ackFailures.poll();
    if (failure != null) {
      throw failure;
    }
    return !lost;
  }
}
