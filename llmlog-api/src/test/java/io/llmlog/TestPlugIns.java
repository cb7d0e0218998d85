package io.llmlog;

import io.llmlog.spi.EventSender;
import io.llmlog.spi.EventSource;
import io.llmlog.spi.EventWriter;
import io.llmlog.spi.Message;
import io.llmlog.spi.QueueException;
import io.llmlog.spi.QueueInspector;
import io.llmlog.spi.QueueProvider;
import io.llmlog.spi.StoreProvider;
import io.llmlog.spi.WriteResult;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** A queue that is always away and a store that always takes, found by the scheme {@code test}. */
public final class TestPlugIns {
  private TestPlugIns() {}

  /** The queue. */
  public static final class Queue implements QueueProvider {
    @Override
    public Set<String> schemes() {
      return Set.of("test");
    }

    @Override
    public EventSender sender(QueueSettings settings) {
      return new EventSender() {
        @Override
        public long send(List<byte[]> batch) throws QueueException {
          throw new QueueException("the queue is away");
        }

        @Override
        public void close() {}
      };
    }

    @Override
    public EventSource source(QueueSettings settings, Duration lease) {
      throw new UnsupportedOperationException();
    }

    @Override
    public QueueInspector inspector(QueueSettings settings) {
      throw new UnsupportedOperationException();
    }
  }

  /** The store. */
  public static final class Store implements StoreProvider {
    @Override
    public Set<String> schemes() {
      return Set.of("test");
    }

    @Override
    public EventWriter writer(StoreSettings settings) {
      if (settings.url().endsWith("/bad")) {
        throw new IllegalArgumentException("a database named bad is not allowed");
      }
      return new EventWriter() {
        @Override
        public WriteResult write(List<Message> batch) {
          return new WriteResult(batch.size(), 0, List.of());
        }

        @Override
        public void close() {}
      };
    }
  }
}
