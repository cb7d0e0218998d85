package io.llmlog.examples;

import io.llmlog.LlmLogger;
import io.llmlog.config.Environment;
import io.llmlog.event.LlmEvent;
import io.llmlog.metrics.LlmLogMetrics;
import io.llmlog.worker.Worker;
import io.llmlog.worker.metrics.WorkerMetrics;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;

/**
 * A service that carries a worker and has both in its metrics; configured by its environment. Logs
 * one call, and prints how many events its metrics say were accepted and how many batches written.
 */
public final class MeteredService {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private MeteredService() {}

  public static void main(String[] arguments) throws InterruptedException {
    MeterRegistry registry = new SimpleMeterRegistry();
    Environment environment = Environment.system();
    try (LlmLogger llm = LlmLogger.fromEnvironment()) {
      llm.log(LlmEvent.builder("cv.parse").model("claude-sonnet-4").tokensInput(812).build());
      llm.flush(PATIENCE);
      // tag::metrics
      LlmLogMetrics.bind(llm, registry); // what the service logs, and how it gets out

      WorkerMetrics metrics = new WorkerMetrics(registry); // where it carries a worker, too
      Worker worker = Worker.from(environment, metrics);
      metrics.bind(worker);
      // end::metrics
      try (worker) {
        worker.start();
        worker.awaitEmpty(PATIENCE);
      }
    }
    System.out.println(
        "accepted "
            + (long) registry.get("llmlog.events.accepted").functionCounter().count()
            + ", written "
            + registry.get("llmlog.worker.write").timer().count());
  }
}
