package io.llmlog.worker.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.schema.Schema;
import io.llmlog.spi.Providers;
import io.llmlog.spi.QueueProvider.QueueSettings;
import io.llmlog.testkit.FaultProxy;
import io.llmlog.testkit.PostgresServer;
import io.llmlog.testkit.RedisServer;
import io.llmlog.worker.Worker;
import io.llmlog.worker.WorkerListener;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.helpers.NOPLogger;

/** Servers that take a connection and say nothing. */
final class SilentServersIT {
  @RegisterExtension static final RedisServer REDIS = RedisServer.create();
  @RegisterExtension static final PostgresServer POSTGRES = PostgresServer.create();

  private static final SchemaName SCHEMA = new SchemaName("public");

  /** Half of a worker's, so that the test takes half the time. */
  private static final Duration PATIENCE = WorkerLook.PATIENCE.dividedBy(2);

  private static final Duration BOUND = Duration.ofSeconds(5);

  @Test
  void oneThatIsSilent_holdsUpTheOthersFiguresForLessThanTenSeconds() throws Exception {
    String database = POSTGRES.createDatabase("silent");
    new Schema(PostgresUrl.parse(database), SCHEMA).apply(false, Instant.now());
    URI redis = URI.create(REDIS.url());
    URI postgres = URI.create(database);
    try (FaultProxy queueRoad = FaultProxy.to(redis.getHost(), redis.getPort());
        FaultProxy storeRoad = FaultProxy.to(postgres.getHost(), postgres.getPort());
        Worker worker =
            Worker.fromEnvironment(
                Map.of("REDIS_URL", REDIS.url(), "ANALYTICS_DATABASE_URL", database));
        QueueQuestion queue =
            new QueueQuestion(
                Providers.queue(REDIS.url())
                    .inspector(new QueueSettings(through(REDIS.url(), queueRoad), "silent")))) {
      PostgresUrl url = PostgresUrl.parse(through(database, storeRoad));
      WorkerLook look =
          new WorkerLook(
              worker,
              queue,
              new StoreQuestion(url, url, SCHEMA, PATIENCE, NOPLogger.NOP_LOGGER),
              new WriteTimes(new WorkerListener() {}));
      Observation good = look.take(null);
      assertNull(good.queue().problem());
      assertEquals(0, good.queue().depth());
      assertNull(good.store().problem());
      assertNull(good.store().stateProblem());
      assertNotNull(good.store().state());
      assertEquals(Duration.ZERO, good.store().replicaLag());

      storeRoad.blackHole();
      Observation storeAway = inTime(look, good);
      assertNull(storeAway.queue().problem());
      assertNotNull(storeAway.store().problem());
      assertNotNull(storeAway.store().replicaProblem());
      assertNull(storeAway.store().state());

      queueRoad.blackHole();
      storeRoad.forward();
      Observation queueAway = inTime(look, storeAway);
      assertNotNull(queueAway.queue().problem());
      assertNull(queueAway.queue().depth());
      assertNull(queueAway.store().problem());
    }
  }

  private static Observation inTime(WorkerLook look, Observation before) throws Exception {
    long start = System.nanoTime();
    Observation seen = look.take(before);
    Duration took = Duration.ofNanos(System.nanoTime() - start);
    assertTrue(took.compareTo(BOUND) < 0, took.toString());
    return seen;
  }

  private static String through(String url, FaultProxy road) {
    return url.replaceFirst(":\\d+(?=/|$)", ":" + road.port());
  }
}
