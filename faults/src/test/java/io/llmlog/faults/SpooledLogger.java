package io.llmlog.faults;

import io.llmlog.LlmLogger;
import io.llmlog.config.Environment;
import io.llmlog.config.Settings;
import io.llmlog.delivery.DeliveryOptions;
import io.llmlog.delivery.LedgerSnapshot;
import io.llmlog.delivery.Publisher;
import io.llmlog.event.EventEncoder;
import io.llmlog.event.LlmEvent;
import io.llmlog.spi.EventSender;
import io.llmlog.spi.Providers;
import io.llmlog.spi.QueueProvider.QueueSettings;
import io.llmlog.spool.FailingDisk;
import java.time.Duration;
import java.util.Objects;

/** A logger in mode {@code always} over a spool that the environment cannot describe. */
final class SpooledLogger implements LlmLogger {
  private static final int MAX_EVENT_BYTES = 256 << 10;

  private final EventEncoder encoder =
      new EventEncoder(new EventEncoder.Stamp(null, null, null), false, MAX_EVENT_BYTES);
  private final Publisher publisher;

  private SpooledLogger(Publisher publisher) {
    this.publisher = publisher;
  }

  static LlmLogger open(Scene scene, FailingDisk disk) {
    Environment environment = Environment.of(scene.serviceEnvironment());
    String url = Objects.requireNonNull(environment.find(environment.queueUrl()));
    EventSender sender =
        Providers.queue(url).sender(new QueueSettings(url, environment.get(Settings.QUEUE)));
    DeliveryOptions options =
        new DeliveryOptions(
            64 << 20, Duration.ZERO, Duration.ofSeconds(10), 1_000_000, true, false);
    return new SpooledLogger(new Publisher(sender, null, disk.spool(), options));
  }

  @Override
  public boolean log(LlmEvent event) {
    return publisher.offer(encoder.encode(event));
  }

  @Override
  public boolean flush(Duration timeout) {
    return publisher.flush(timeout);
  }

  @Override
  public LedgerSnapshot counts() {
    return publisher.counts();
  }

  @Override
  public void close() {
    publisher.close();
  }
}
