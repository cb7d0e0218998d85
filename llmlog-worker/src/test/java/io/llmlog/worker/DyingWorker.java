package io.llmlog.worker;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.llmlog.jdbc.PostgresWriter;
import io.llmlog.spi.EventWriter;
import io.llmlog.spi.Message;
import io.llmlog.spi.Providers;
import io.llmlog.spi.QueueProvider;
import io.llmlog.spi.QueueProvider.QueueSettings;
import io.llmlog.spi.StoreProvider.StoreSettings;
import io.llmlog.spi.WriteException;
import io.llmlog.spi.WriteResult;
import java.time.Duration;
import java.time.Period;
import java.util.List;

/**
 * A worker in a process of its own, which ends at the sight of a certain text, as if the message
 * had broken the JVM: no stop hook runs, no lease is given back. Ends by itself when the queue is
 * empty.
 */
public final class DyingWorker {
  static final int DIED = 77;
  private static final Duration LEASE = Duration.ofSeconds(1);

  private DyingWorker() {}

  /** Arguments: URL of the queue, its name, URL of the database, the deadly text. */
  public static void main(String[] args) throws Exception {
    QueueProvider provider = Providers.queue(args[0]);
    QueueSettings queue = new QueueSettings(args[0], args[1]);
    StoreSettings store =
        new StoreSettings(args[2], "public", Period.ofYears(100), 1, Duration.ofSeconds(5));
    try (Worker worker =
        Worker.builder()
            .sources(() -> provider.source(queue, LEASE))
            .inspector(provider.inspector(queue))
            .writer(new Mortal(PostgresWriter.create(store), args[3]))
            .threads(1)
            .lease(LEASE)
            .build()) {
      worker.start();
      worker.awaitEmpty(Duration.ofSeconds(60));
    }
  }

  private record Mortal(EventWriter writer, String deadly) implements EventWriter {
    @Override
    public void prepare() throws WriteException, InterruptedException {
      writer.prepare();
    }

    @Override
    public WriteResult write(List<Message> batch) throws WriteException, InterruptedException {
      return write(batch, EventWriter.mayRefuse(batch.size()));
    }

    @Override
    public WriteResult write(List<Message> batch, int mayRefuse)
        throws WriteException, InterruptedException {
      for (Message message : batch) {
        if (new String(message.bytes(), UTF_8).contains(deadly)) {
          Runtime.getRuntime().halt(DIED);
        }
      }
      return writer.write(batch, mayRefuse);
    }

    @Override
    public void writeDead(Message message, String reason)
        throws WriteException, InterruptedException {
      writer.writeDead(message, reason);
    }

    @Override
    public void close() {
      writer.close();
    }
  }
}
