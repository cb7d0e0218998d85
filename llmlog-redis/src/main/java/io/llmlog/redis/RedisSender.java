package io.llmlog.redis;

import io.llmlog.spi.EventSender;
import io.llmlog.spi.QueueException;
import java.util.List;

/**
 * Pushes batches on the left of the list, each by as few variadic {@code LPUSH} as size allows.
 *
 * <p>A batch of several parts may arrive in part when it fails; sent again, those messages arrive
 * twice and become one row, since they carry their event's id.
 */
final class RedisSender implements EventSender {
  /** What one command carries: the server holds it whole in memory beside the list. */
  private static final int MAX_COMMAND_BYTES = 1 << 20;

  private static final int MAX_COMMAND_MESSAGES = 5000;

  private final RedisConnection connection;
  private final byte[] queue;

  RedisSender(RedisConnection connection, RedisKeys keys) {
    this.connection = connection;
    this.queue = keys.queue();
  }

  @Override
  public long send(List<byte[]> batch) throws QueueException, InterruptedException {
    long depth = UNKNOWN_DEPTH;
    int from = 0;
    while (from < batch.size()) {
      int to = endOfPart(batch, from);
      depth = connection.push(queue, batch.subList(from, to));
      from = to;
    }
    return depth;
  }

  @Override
  public long depth() throws QueueException, InterruptedException {
    return connection.length(queue);
  }

  private static int endOfPart(List<byte[]> batch, int from) {
    long bytes = batch.get(from).length;
    int to = from + 1;
    while (to < batch.size() && to - from < MAX_COMMAND_MESSAGES) {
      bytes += batch.get(to).length;
      if (bytes > MAX_COMMAND_BYTES) {
        break;
      }
      to++;
    }
    return to;
  }

  @Override
  public void close() {
    connection.close();
  }
}
