package io.llmlog.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.config.Environment;
import io.llmlog.config.Settings;
import io.llmlog.faults.Invariants.Expected;
import io.llmlog.jdbc.PostgresWriter;
import io.llmlog.spi.EventSource;
import io.llmlog.spi.Providers;
import io.llmlog.spi.QueueInspector;
import io.llmlog.spi.QueueProvider.QueueSettings;
import io.llmlog.spi.StoreProvider.StoreSettings;
import io.llmlog.worker.Worker;
import java.time.Clock;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Clocks that are a day wrong, by injection: the machine's is never set. */
class ClockIT extends FaultTests {
  private static final Duration DAY = Duration.ofDays(1);

  @Test
  void servicesADayAheadAndBack_keepTheirTimes() throws Exception {
    Scene scene = scene();
    scene.clockOff(DAY).service().burst(200);
    scene.clockOff(DAY.negated()).service().burst(200);
    scene.worker();
    String ahead = "SELECT count(*) FROM llm_logs WHERE created_at > now() + interval '23 h'";
    String back = "SELECT count(*) FROM llm_logs WHERE created_at < now() - interval '23 h'";
    Await.until(
        "rows of both",
        Scene.PATIENCE,
        () -> scene.database().number(ahead) == 200 && scene.database().number(back) == 200);
    Verdict.give(
        scene,
        "clocks of two services a day ahead and a day back",
        "rows 23 h ahead of the server: 200, 23 h behind: 200",
        Expected.NOTHING_LOST);
  }

  @Test
  void workersADayAheadAndBack_loseNothing() throws Exception {
    Scene scene = scene();
    Recorder service = scene.liveService();
    Worker ahead = scene.addWorker(worker(scene, DAY));
    Worker back = scene.addWorker(worker(scene, DAY.negated()));
    service.startLoad(Duration.ofMillis(1));
    Await.until(
        "both to store",
        Scene.PATIENCE,
        () -> ahead.status().stored() > 200 && back.status().stored() > 200);
    service.stopLoad();
    Verdict.give(
        scene,
        "clocks of two workers a day ahead and a day back",
        "stored by the one ahead "
            + ahead.status().stored()
            + ", by the one behind "
            + back.status().stored(),
        Expected.NOTHING_LOST);
  }

  private static Worker worker(Scene scene, Duration off) {
    Environment environment = Environment.of(scene.workerEnvironment());
    String url = Objects.requireNonNull(environment.find(environment.queueUrl()));
    QueueSettings queue = new QueueSettings(url, environment.get(Settings.QUEUE));
    Duration lease = environment.get(Settings.LEASE);
    StoreSettings store =
        new StoreSettings(
            environment.get(Settings.DATABASE),
            environment.get(Settings.SCHEMA),
            environment.get(Settings.RETENTION),
            2,
            Duration.ofSeconds(5));
    Clock clock = Clock.offset(Clock.systemUTC(), off);
    QueueInspector inspector = Providers.queue(url).inspector(queue);
    return Worker.builder()
        .sources(() -> source(url, queue, lease))
        .writer(PostgresWriter.create(store, clock))
        .inspector(inspector)
        .lease(lease)
        .batch(50)
        .build();
  }

  private static EventSource source(String url, QueueSettings queue, Duration lease) {
    return Providers.queue(url).source(queue, lease);
  }

  /** What the leases look like after the clock of Redis was set back by a day. */
  @Test
  void clockOfRedisSetBack_theBatchesOfTheDeadAreStillAdopted() throws Exception {
    leasesMoved(DAY, "set back by a day: a dead worker's lease ends in a day");
  }

  /** What they look like after it was set forward: a living worker seems dead. */
  @Test
  void clockOfRedisSetForward_aLivingWorkersBatchIsStoredOnce() throws Exception {
    Scene scene = scene();
    StoreFaults store = new StoreFaults(scene);
    scene.liveService().burst(200);
    WorkerProcess living = scene.workerProcess();
    store.lock("SHARE ROW EXCLUSIVE");
    living.go();
    Await.until("a batch in hand", Scene.PATIENCE, () -> store.waiting() > 0);
    String moved = move(scene, DAY.negated());
    Worker other = scene.worker();
    Await.until(
        "its adoption",
        Scene.PATIENCE,
        () -> {
          // It renews its lease meanwhile, by the true clock.
          move(scene, DAY.negated());
          return other.status().adopted() > 0;
        });
    store.unlock();
    living.finish();
    Verdict.give(
        scene,
        "clock of Redis set forward by a day: a living worker's lease has ended",
        "lease " + moved + "; adopted " + other.status().adopted(),
        Expected.NOTHING_LOST);
  }

  private void leasesMoved(Duration by, String what) throws Exception {
    Scene scene = scene();
    StoreFaults store = new StoreFaults(scene);
    scene.liveService().burst(200);
    WorkerProcess dead = scene.workerProcess();
    store.lock("SHARE ROW EXCLUSIVE");
    dead.go();
    Await.until("a batch in hand", Scene.PATIENCE, () -> store.waiting() > 0);
    dead.process().kill();
    String moved = move(scene, by);
    assertTrue(!moved.isEmpty(), "the dead worker has no lease");
    store.unlock();
    Worker other = scene.worker();
    Await.until("its adoption", Scene.PATIENCE, () -> other.status().adopted() > 0);
    Verdict.give(
        scene,
        "clock of Redis " + what,
        "lease " + moved + "; adopted " + other.status().adopted(),
        Expected.NOTHING_LOST);
  }

  /** Moves the expiry of every lease that holds a batch; answers the last as it is now. */
  private static String move(Scene scene, Duration by) throws Exception {
    RedisAdmin admin = scene.admin();
    String moved = "";
    for (String list : admin.call("KEYS", "{llm_logs}:processing:*").lines().toList()) {
      String worker = list.substring(list.lastIndexOf(':') + 1);
      String lease = admin.call("HGET", "{llm_logs}:leases", worker);
      if (lease.isEmpty()) {
        continue;
      }
      String[] words = lease.split(" ", -1);
      assertEquals(4, words.length, lease);
      long now = System.currentTimeMillis();
      words[1] = Long.toString(now + by.toMillis());
      admin.call("HSET", "{llm_logs}:leases", worker, String.join(" ", words));
      moved = "expiry moved by " + by.toHours() + " h";
    }
    return moved;
  }
}
