package io.llmlog.examples;

import io.llmlog.spi.Providers;
import io.llmlog.spi.QueueProvider;
import io.llmlog.spi.QueueProvider.QueueSettings;
import io.llmlog.spi.StoreProvider.StoreSettings;
import io.llmlog.worker.Worker;
import java.time.Duration;
import java.time.Period;
import java.util.concurrent.CountDownLatch;

/**
 * A service with a worker inside, put together by hand; {@link Worker#fromEnvironment()} does the
 * same from the variables. Takes the URLs of queue and database; ends on SIGTERM.
 */
public final class EmbeddedWorker {
  private static final Duration LEASE = Duration.ofSeconds(30);

  private EmbeddedWorker() {}

  public static void main(String[] arguments) {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  asked.countDown();
                  await(ended);
                }));
    run(arguments[0], arguments[1], () -> await(asked));
    ended.countDown();
  }

  private static void run(String redisUrl, String databaseUrl, Runnable service) {
    // tag::worker
    QueueProvider queues = Providers.queue(redisUrl);
    QueueSettings queue = new QueueSettings(redisUrl, "llm_logs");
    StoreSettings store =
        new StoreSettings(databaseUrl, "public", Period.ofMonths(13), 2, Duration.ofSeconds(10));
    try (Worker worker =
        Worker.builder()
            .sources(() -> queues.source(queue, LEASE))
            .lease(LEASE)
            .writer(Providers.store(databaseUrl).writer(store))
            .build()) {
      worker.start();
      service.run(); // until the service ends
    } // finishes the batches in hand, gives its leases back
    // end::worker
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
