package io.llmlog.worker.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.config.Environment;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.schema.Schema;
import io.llmlog.spi.EventSender;
import io.llmlog.spi.Providers;
import io.llmlog.spi.QueueProvider.QueueSettings;
import io.llmlog.testkit.PostgresServer;
import io.llmlog.testkit.RedisServer;
import io.llmlog.worker.Wait;
import io.llmlog.worker.Worker;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a scrape shows of a worker between real servers. */
final class WorkerMetricsIT {
  @RegisterExtension static final RedisServer REDIS = RedisServer.create();
  @RegisterExtension static final PostgresServer POSTGRES = PostgresServer.create();

  private final Map<String, String> variables = new HashMap<>();
  private final String queue = "metrics-" + UUID.randomUUID();
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final WorkerMetrics metrics = new WorkerMetrics(registry);
  private String database = "";

  @BeforeEach
  void configure() throws Exception {
    database = POSTGRES.createDatabase("metrics");
    variables.put("REDIS_URL", REDIS.url());
    variables.put("ANALYTICS_DATABASE_URL", database);
    variables.put("LLMLOG_QUEUE", queue);
    variables.put("LLMLOG_WORKER_THREADS", "1");
  }

  @Test
  void whatAWorkerStores_andWhatTheDatabaseRefuses_isShown() throws Exception {
    new Schema(PostgresUrl.parse(database), new SchemaName("public")).apply(false, Instant.now());
    PostgresServer.execute(database, "ALTER TABLE llm_logs RENAME TO llm_logs_away");
    push(50);
    try (Worker worker = Worker.from(Environment.of(variables), metrics)) {
      metrics.bind(worker, () -> Seen.of(Instant.now(), Seen.QUEUE, Seen.store(Seen.STATE)), false);
      assertEquals(0, figure("hikaricp_connections"), "asking opens none");
      assertEquals(1, figure("hikaricp_connections_max"));
      assertEquals(1, figure("llmlog_worker_loops{state=\"stopped\"}"));
      assertTrue(Double.isNaN(figure("llmlog_worker_last_write_timestamp_seconds")));
      assertEquals(1234, figure("llmlog_queue_depth"));

      double start = Instant.now().toEpochMilli() / 1000.0;
      worker.start();
      shown("llmlog_worker_write_failures_total{sqlstate=\"42\"}", 1);
      shown("llmlog_worker_loops{state=\"paused\"}", 1);
      assertEquals(50, figure("llmlog_worker_in_flight"));
      PostgresServer.execute(database, "ALTER TABLE llm_logs_away RENAME TO llm_logs");

      shown("llmlog_worker_stored_total", 50);
      assertEquals(50, figure("llmlog_worker_claimed_total"));
      assertEquals(50, figure("llmlog_worker_batch_messages_sum"));
      assertEquals(1, figure("llmlog_worker_write_seconds_count"));
      assertTrue(figure("llmlog_worker_write_seconds_sum") > 0);
      assertEquals(1, figure("llmlog_worker_write_seconds_bucket{le=\"+Inf\"}"));
      assertTrue(figure("llmlog_worker_last_write_timestamp_seconds") > start);
      assertEquals(1, figure("hikaricp_connections"));
      assertEquals(0, figure("hikaricp_connections_pending"));
      assertEquals(0, figure("llmlog_worker_ack_refused_total"));
    }
  }

  @Test
  void aDatabaseThatIsAway_isAFailureOfClass08() throws Exception {
    variables.put("ANALYTICS_DATABASE_URL", "postgresql://u:p@127.0.0.1:1/db");
    push(1);
    try (Worker worker = Worker.from(Environment.of(variables), metrics)) {
      metrics.bind(worker);
      worker.start();
      shown("llmlog_worker_write_failures_total{sqlstate=\"08\"}", 1);
      assertEquals(0, figure("llmlog_worker_write_seconds_count"));
      assertEquals(0, figure("llmlog_worker_stored_total"));
      shown("llmlog_worker_loops{state=\"retrying\"}", 1);
    }
  }

  private void push(int messages) throws Exception {
    List<byte[]> batch =
        IntStream.range(0, messages)
            .mapToObj(i -> ("{\"tokens_input\":" + i + "}").getBytes(StandardCharsets.UTF_8))
            .toList();
    try (EventSender sender =
        Providers.queue(REDIS.url()).sender(new QueueSettings(REDIS.url(), queue))) {
      sender.send(batch);
    }
  }

  private void shown(String sample, double least) {
    Wait.until(sample, () -> figure(sample) >= least);
  }

  /** A sample of a scrape, named with its tags or, where it is the only one, without. */
  private double figure(String sample) {
    List<String> lines =
        registry
            .scrape()
            .lines()
            .filter(line -> line.startsWith(sample + " ") || line.startsWith(sample + "{"))
            .toList();
    assertEquals(1, lines.size(), () -> sample + ": " + lines);
    return Double.parseDouble(lines.get(0).substring(lines.get(0).lastIndexOf(' ') + 1));
  }
}
