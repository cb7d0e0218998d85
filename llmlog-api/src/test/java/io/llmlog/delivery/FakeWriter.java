package io.llmlog.delivery;

import io.llmlog.spi.EventWriter;
import io.llmlog.spi.Message;
import io.llmlog.spi.WriteException;
import io.llmlog.spi.WriteResult;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A store whose faults a test decides. */
final class FakeWriter implements EventWriter {
  volatile boolean away;
  final AtomicInteger attempts = new AtomicInteger();
  private final List<byte[]> stored = new ArrayList<>();
  private volatile boolean closed;

  @Override
  public WriteResult write(List<Message> batch) throws WriteException {
    attempts.incrementAndGet();
    if (away) {
      throw new WriteException(WriteException.Kind.RETRY, "PostgreSQL at 127.0.0.1 is away", null);
    }
    synchronized (stored) {
      batch.forEach(message -> stored.add(message.bytes()));
    }
    return new WriteResult(batch.size(), 0, List.of());
  }

  List<byte[]> stored() {
    synchronized (stored) {
      return List.copyOf(stored);
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
