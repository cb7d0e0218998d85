package io.llmlog.faults;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.llmlog.config.Environment;
import io.llmlog.config.Settings;
import io.llmlog.jdbc.PostgresWriter;
import io.llmlog.spi.EventWriter;
import io.llmlog.spi.Message;
import io.llmlog.spi.Providers;
import io.llmlog.spi.QueueProvider.QueueSettings;
import io.llmlog.spi.StoreProvider.StoreSettings;
import io.llmlog.spi.WriteException;
import io.llmlog.spi.WriteResult;
import io.llmlog.worker.Worker;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

/** A worker that dies, as by SIGKILL, of each message that holds the text of its argument. */
final class PoisonedWorkerMain {
  private PoisonedWorkerMain() {}

  public static void main(String[] arguments) throws IOException {
    Environment environment = Environment.of(System.getenv());
    String url = Objects.requireNonNull(environment.find(environment.queueUrl()));
    QueueSettings queue = new QueueSettings(url, environment.get(Settings.QUEUE));
    Duration lease = environment.get(Settings.LEASE);
    StoreSettings store =
        new StoreSettings(
            environment.get(Settings.DATABASE),
            environment.get(Settings.SCHEMA),
            environment.get(Settings.RETENTION),
            1,
            Duration.ofSeconds(5));
    Worker worker =
        Worker.builder()
            .sources(() -> Providers.queue(url).source(queue, lease))
            .writer(new Mortal(PostgresWriter.create(store), arguments[0]))
            .threads(1)
            .batch(environment.get(Settings.WORKER_BATCH))
            .lease(lease)
            .build();
    System.out.println("ready.");
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      if (line.equals("go")) {
        worker.start();
      }
    }
    // Whoever started it is gone.
    Runtime.getRuntime().halt(1);
  }

  /** The real writer, and what a message of the wrong kind does to it. */
  private record Mortal(EventWriter writer, String poison) implements EventWriter {
    @Override
    public void prepare() throws WriteException, InterruptedException {
      writer.prepare();
    }

    @Override
    public WriteResult write(List<Message> batch) throws WriteException, InterruptedException {
      touch(batch);
      return writer.write(batch);
    }

    @Override
    public WriteResult write(List<Message> batch, int mayRefuse)
        throws WriteException, InterruptedException {
      touch(batch);
      return writer.write(batch, mayRefuse);
    }

    @Override
    public void writeDead(Message message, String reason)
        throws WriteException, InterruptedException {
      writer.writeDead(message, reason);
    }

    private void touch(List<Message> batch) {
      for (Message message : batch) {
        if (new String(message.bytes(), ISO_8859_1).contains(poison)) {
          Runtime.getRuntime().halt(137);
        }
      }
    }

    @Override
    public void close() {
      writer.close();
    }
  }
}
