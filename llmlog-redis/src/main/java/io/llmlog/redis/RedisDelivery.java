package io.llmlog.redis;

import io.llmlog.spi.Delivery;
import io.llmlog.spi.Message;
import io.llmlog.spi.QueueException;
import java.util.List;

/** A batch as it was claimed: what it asks of the queue names its claim and the lease's token. */
final class RedisDelivery implements Delivery {
  private final RedisSource source;
  private final String token;
  private final BatchHeader batch;
  private final List<Message> messages;

  RedisDelivery(RedisSource source, String token, BatchHeader batch, List<Message> messages) {
    this.source = source;
    this.token = token;
    this.batch = batch;
    this.messages = List.copyOf(messages);
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
  public boolean renew(boolean paused) throws QueueException, InterruptedException {
    return source.renew(token, batch, paused);
  }

  @Override
  public boolean ack() throws QueueException, InterruptedException {
    return source.ack(token, batch);
  }
}
