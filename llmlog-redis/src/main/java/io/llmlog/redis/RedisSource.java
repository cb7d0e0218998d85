package io.llmlog.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.llmlog.spi.Delivery;
import io.llmlog.spi.EventSource;
import io.llmlog.spi.Message;
import io.llmlog.spi.Pause;
import io.llmlog.spi.QueueException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One worker in the eyes of the queue: claims batches under a lease, and adopts those of the dead.
 */
final class RedisSource implements EventSource {
  private static final Logger LOG = LoggerFactory.getLogger(RedisSource.class);

  /** What {@link #renew} answers; anything else: the lease was lost. */
  static final int RENEWED = 1;

  static final int RENEWED_AND_ACCEPTED = 2;

  private static final int MAX_BATCH_BYTES = 8 << 20;
  private static final long ADOPTION_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
  private static final long LONGEST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final RedisConnection connection;
  private final RedisKeys keys;
  private final Duration lease;

  /** Random, so that no restarted process is ever taken for the one before. */
  private final String worker = UUID.randomUUID().toString();

  private final byte[] own;
  private final Set<String> leftAlone = new HashSet<>();
  private long nextAdoption = System.nanoTime();
  private volatile @Nullable RedisDelivery latest;
  private boolean leased;
  private boolean closed;

  RedisSource(RedisConnection connection, RedisKeys keys, Duration lease) {
    if (lease.toMillis() < 1) {
      throw new IllegalArgumentException("lease " + lease + ": must be at least 1 ms");
    }
    this.connection = connection;
    this.keys = keys;
    this.lease = lease;
    this.own = keys.processing(worker);
  }

  @Override
  public @Nullable Delivery receive(int maxMessages, Duration wait)
      throws QueueException, InterruptedException {
    if (maxMessages < 1) {
      throw new IllegalArgumentException("maxMessages " + maxMessages + ": must be at least 1");
    }
    long deadline = System.nanoTime() + wait.toNanos();
    long pause = FIRST_PAUSE_NANOS;
    while (true) {
      if (System.nanoTime() - nextAdoption >= 0) {
        adopt();
        nextAdoption = System.nanoTime() + ADOPTION_NANOS;
      }
      Delivery delivery = claim(maxMessages);
      long left = deadline - System.nanoTime();
      if (delivery != null || left <= 0) {
        return delivery;
      }
      TimeUnit.NANOSECONDS.sleep(Math.min(pause, left));
      pause = Math.min(pause * 2, LONGEST_PAUSE_NANOS);
    }
  }

  private @Nullable Delivery claim(int maxMessages) throws QueueException, InterruptedException {
    leased = true;
    List<?> answer =
        connection.list(
            RedisScripts.CLAIM,
            List.of(keys.queue(), keys.leases(), own),
            List.of(
                bytes(worker),
                bytes(UUID.randomUUID().toString()),
                leaseMillis(),
                bytes(UUID.randomUUID().toString()),
                bytes(Integer.toString(maxMessages)),
                bytes(Integer.toString(MAX_BATCH_BYTES))));
    if (answer.size() == 1) {
      return null;
    }
    String header = text(answer.get(1));
    BatchHeader batch = BatchHeader.parse(header);
    if (batch == null) {
      throw new QueueException(
          "list " + text(own) + " begins with '" + header + "', which is no header known here");
    }
    List<Message> messages = new ArrayList<>(answer.size() - 2);
    boolean adopted = batch.owners() > 1;
    for (Object message : answer.subList(2, answer.size())) {
      messages.add(
          new Message(
              (byte[]) message, batch.identity(messages.size()), batch.claimedAt(), adopted));
    }
    RedisDelivery delivery = new RedisDelivery(this, text(answer.get(0)), batch, messages);
    latest = delivery;
    return delivery;
  }

  /** Takes over one dead worker's batch, and ends the leases of those who held none. */
  private void adopt() throws QueueException, InterruptedException {
    Map<String, String> leases = connection.hash(keys.leases());
    leases.remove(worker);
    if (leases.isEmpty()) {
      return;
    }
    long now = connection.time();
    for (Map.Entry<String, String> entry : leases.entrySet()) {
      String dead = entry.getKey();
      Lease theirs = Lease.parse(entry.getValue());
      if (theirs != null && !theirs.expired(now)) {
        continue;
      }
      leased = true;
      long adopted =
          connection.number(
              RedisScripts.ADOPT,
              List.of(keys.leases(), keys.processing(dead), own),
              List.of(
                  bytes(dead), bytes(worker), bytes(UUID.randomUUID().toString()), leaseMillis()));
      if (adopted == 1) {
        LOG.info("adopted the batch of worker {}, whose lease had ended", dead);
        return;
      }
      if (adopted < 0 && leftAlone.add(dead)) {
        LOG.warn(
            "lease or list of worker {} in queue {} has a form not known here: left alone",
            dead,
            keys);
      }
    }
  }

  /** Shows these counts of deaths; answers whether the lease still holds. */
  boolean mark(String token, BatchHeader batch, Map<Integer, Integer> deaths)
      throws QueueException, InterruptedException {
    List<byte[]> args =
        new ArrayList<>(List.of(bytes(worker), bytes(token), bytes(batch.claimId().toString())));
    deaths.forEach(
        (index, count) -> {
          args.add(bytes(index.toString()));
          args.add(bytes(count.toString()));
        });
    return 1 == connection.number(RedisScripts.MARK, List.of(keys.leases(), own), args);
  }

  int renew(String token, BatchHeader batch, Pause pause)
      throws QueueException, InterruptedException {
    return (int)
        connection.number(
            RedisScripts.RENEW,
            List.of(keys.leases(), own),
            List.of(
                bytes(worker),
                bytes(token),
                bytes(batch.claimId().toString()),
                leaseMillis(),
                bytes(Lease.digit(pause))));
  }

  boolean ack(String token, BatchHeader batch) throws QueueException, InterruptedException {
    return 1
        == connection.number(
            RedisScripts.ACK,
            List.of(keys.leases(), own),
            List.of(bytes(worker), bytes(token), bytes(batch.claimId().toString())));
  }

  private byte[] leaseMillis() {
    return bytes(Long.toString(lease.toMillis()));
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    // A worker is stopped by an interrupt and must give its lease back all the same.
    boolean interrupted = Thread.interrupted();
    try {
      RedisDelivery left = latest;
      if (left != null) {
        left.abandon();
      }
      if (leased) {
        connection.number(
            RedisScripts.RELEASE, List.of(keys.leases(), own), List.of(bytes(worker)));
      }
    } catch (QueueException e) {
      LOG.info("lease not given back, it ends by itself within {}: {}", lease, e.getMessage());
    } catch (InterruptedException e) {
      interrupted = true;
    } finally {
      connection.close();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private static String text(Object bytes) {
    return new String((byte[]) bytes, UTF_8);
  }
}
