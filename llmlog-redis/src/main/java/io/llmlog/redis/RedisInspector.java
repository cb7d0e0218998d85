package io.llmlog.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.llmlog.spi.Pause;
import io.llmlog.spi.QueueException;
import io.llmlog.spi.QueueInspector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Reads the state in one script, so that a batch on its way from the list to a worker, or from one
 * worker to another, is seen once and never missed.
 */
final class RedisInspector implements QueueInspector {
  /** Workers come and go between the two reads; each round knows all that the last one missed. */
  private static final int ROUNDS = 10;

  private final RedisConnection connection;
  private final RedisKeys keys;

  RedisInspector(RedisConnection connection, RedisKeys keys) {
    this.connection = connection;
    this.keys = keys;
  }

  @Override
  public QueueState inspect() throws QueueException, InterruptedException {
    for (int round = 0; round < ROUNDS; round++) {
      QueueState state = inspect(new TreeSet<>(connection.hash(keys.leases()).keySet()));
      if (state != null) {
        return state;
      }
    }
    throw new QueueException(
        "queue " + keys + ": new workers came at each of " + ROUNDS + " looks; ask again");
  }

  @Override
  public List<String> warnings() throws QueueException, InterruptedException {
    return RedisWarnings.of(connection, keys);
  }

  @Override
  public List<WorkerLease> accept(@Nullable String worker)
      throws QueueException, InterruptedException {
    List<WorkerLease> accepted = new ArrayList<>();
    for (WorkerLease lease : inspect().workers()) {
      if (lease.pause() == Pause.REFUSED && (worker == null || worker.equals(lease.worker()))) {
        long messages =
            connection.number(
                RedisScripts.ACCEPT,
                List.of(keys.leases(), keys.processing(lease.worker())),
                List.of(lease.worker().getBytes(UTF_8)));
        if (messages >= 0) {
          accepted.add(lease);
        }
      }
    }
    return accepted;
  }

  private @Nullable QueueState inspect(Set<String> workers)
      throws QueueException, InterruptedException {
    List<byte[]> keyList = new ArrayList<>(List.of(keys.queue(), keys.leases()));
    List<byte[]> names = new ArrayList<>();
    for (String worker : workers) {
      keyList.add(keys.processing(worker));
      names.add(worker.getBytes(UTF_8));
    }
    List<?> answer = connection.list(RedisScripts.INSPECT, keyList, names);
    if (answer.isEmpty()) {
      return null;
    }
    long now = (Long) answer.get(0);
    long depth = (Long) answer.get(1);
    byte[] oldest = depth == 0 ? null : (byte[]) answer.get(2);
    List<WorkerLease> leases = new ArrayList<>();
    for (int i = 3; i < answer.size(); i += 3) {
      String worker = text(answer.get(i));
      Lease lease = Lease.parse(text(answer.get(i + 1)));
      long length = (Long) answer.get(i + 2);
      leases.add(
          new WorkerLease(
              worker,
              lease == null || lease.expired(now)
                  ? Duration.ZERO
                  : Duration.ofMillis(lease.expiryMillis() - now),
              lease == null ? Pause.NONE : lease.pause(),
              Math.max(0, length - 1)));
    }
    return state(depth, oldest, leases);
  }

  // NullAway does not find "byte @Nullable []" in the class file of a record.
  @SuppressWarnings("NullAway")
  private static QueueState state(long depth, byte @Nullable [] oldest, List<WorkerLease> leases) {
    return new QueueState(depth, oldest, leases);
  }

  private static String text(Object bytes) {
    return new String((byte[]) bytes, UTF_8);
  }

  @Override
  public void close() {
    connection.close();
  }
}
