package io.llmlog.redis;

import io.llmlog.spi.Delivery;
import io.llmlog.spi.Message;
import io.llmlog.spi.Pause;
import io.llmlog.spi.QueueException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A batch as it was claimed: what it asks of the queue names its claim and the lease's token. */
final class RedisDelivery implements Delivery {
  private static final int NONE = -1;

  private final RedisSource source;
  private final String token;
  private final BatchHeader batch;
  private final List<Message> messages;

  /** Counts of deaths that the queue should show and may not. */
  private final Map<Integer, Integer> unsaid = new TreeMap<>();

  private int running = NONE;
  private volatile boolean accepted;

  RedisDelivery(RedisSource source, String token, BatchHeader batch, List<Message> messages) {
    this.source = source;
    this.token = token;
    this.batch = batch;
    this.messages = List.copyOf(messages);
    this.accepted = batch.accepted();
  }

  @Override
  public List<Message> messages() {
    return messages;
  }

  @Override
  public int owners() {
    return batch.owners();
  }

  @Override
  public int deaths(int index) {
    return batch.deaths().getOrDefault(index, 0);
  }

  @Override
  public boolean accepted() {
    return accepted;
  }

  @Override
  public synchronized boolean attempt(int index) throws QueueException, InterruptedException {
    // Without an answer the mark may stand all the same, and nothing was attempted.
    Map<Integer, Integer> counts = new TreeMap<>(unsaid);
    counts.put(index, deaths(index) + 1);
    unsaid.put(index, deaths(index));
    if (!source.mark(token, batch, counts)) {
      return false;
    }
    unsaid.clear();
    running = index;
    return true;
  }

  @Override
  public synchronized void attempted(boolean stored) {
    if (running != NONE) {
      unsaid.put(running, stored ? 0 : deaths(running));
      running = NONE;
    }
  }

  @Override
  public boolean renew(Pause pause) throws QueueException, InterruptedException {
    if (!sayEnds()) {
      return false;
    }
    return switch (source.renew(token, batch, pause)) {
      case RedisSource.RENEWED -> true;
      case RedisSource.RENEWED_AND_ACCEPTED -> {
        accepted = true;
        yield true;
      }
      default -> false;
    };
  }

  @Override
  public boolean ack() throws QueueException, InterruptedException {
    boolean ours = source.ack(token, batch);
    if (ours) {
      forget();
    }
    return ours;
  }

  private synchronized void forget() {
    unsaid.clear();
    running = NONE;
  }

  /** Takes back the mark of an attempt that a stop has ended: the source is being closed. */
  void abandon() throws QueueException, InterruptedException {
    attempted(false);
    boolean unused = sayEnds();
  }

  private synchronized boolean sayEnds() throws QueueException, InterruptedException {
    if (unsaid.isEmpty()) {
      return true;
    }
    if (!source.mark(token, batch, unsaid)) {
      return false;
    }
    unsaid.clear();
    return true;
  }
}
