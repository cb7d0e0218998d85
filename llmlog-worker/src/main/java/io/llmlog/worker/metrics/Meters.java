package io.llmlog.worker.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;

/**
 * Registers meters whose figures are read when the registry asks. A meter of Micrometer alone lets
 * go of what it reads; these hold it.
 */
final class Meters {
  private final MeterRegistry registry;

  Meters(MeterRegistry registry) {
    this.registry = registry;
  }

  void counter(String name, String description, DoubleSupplier figure) {
    FunctionCounter.builder(name, figure, held -> figure.getAsDouble())
        .description(description)
        .register(registry);
  }

  /**
   * @param tags keys and values in turn
   */
  void gauge(String name, String description, DoubleSupplier figure, String... tags) {
    Gauge.builder(name, figure::getAsDouble).description(description).tags(tags).register(registry);
  }

  /** A gauge in seconds. */
  void seconds(String name, String description, DoubleSupplier figure) {
    TimeGauge.builder(name, figure::getAsDouble, TimeUnit.SECONDS)
        .description(description)
        .register(registry);
  }
}
