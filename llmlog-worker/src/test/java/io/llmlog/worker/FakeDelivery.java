package io.llmlog.worker;

import io.llmlog.spi.Delivery;
import io.llmlog.spi.Message;
import io.llmlog.spi.QueueException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/** A delivery that counts what is asked of it and answers as a test says. */
final class FakeDelivery implements Delivery {
  final AtomicInteger renewals = new AtomicInteger();
  final AtomicInteger pausedRenewals = new AtomicInteger();
  final AtomicInteger acks = new AtomicInteger();
  volatile boolean lost;
  private final Queue<QueueException> ackFailures = new ArrayDeque<>();
  private final List<Message> messages;
  private final int owners;

  FakeDelivery(int size, int owners) {
    this.owners = owners;
    this.messages =
        IntStream.range(0, size)
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

  @Override
  public boolean renew(boolean paused) {
    renewals.incrementAndGet();
    if (paused) {
      pausedRenewals.incrementAndGet();
    }
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
