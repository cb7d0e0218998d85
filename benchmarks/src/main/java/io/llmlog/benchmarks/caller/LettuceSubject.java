package io.llmlog.benchmarks.caller;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.api.StatefulRedisConnection;
import java.util.concurrent.locks.LockSupport;

/**
 * What a service can do without a library for it: an {@code LPUSH} for each event, of the text that
 * Jackson makes of it, on one connection that all threads share, as Lettuce's documentation
 * recommends.
 */
final class LettuceSubject implements Subject {
  /** It has no bound of its own: a saturated caller would fill the heap. */
  private static final int REQUEST_QUEUE = 100_000;

  private final RedisList list;
  private final RedisClient client;
  private final StatefulRedisConnection<String, String> connection;
  private final boolean sync;

  /**
   * @param sync whether each call waits for the server's answer
   */
  LettuceSubject(FarEnd farEnd, boolean sync) {
    this.sync = sync;
    this.list = RedisList.of(farEnd);
    this.client = RedisClient.create(list.url());
    client.setOptions(ClientOptions.builder().requestQueueSize(REQUEST_QUEUE).build());
    this.connection = client.connect();
  }

  @Override
  public boolean makeAndLog() {
    String json = CallColumns.json();
    try {
      if (sync) {
        connection.sync().lpush(FarEnd.QUEUE, json);
        return true;
      }
      RedisFuture<Long> pushed = connection.async().lpush(FarEnd.QUEUE, json);
      return pushed.getError() == null;
    } catch (RedisException e) {
      return false;
    }
  }

  @Override
  public long finish() {
    // Commands of a connection are answered in their order: after this all others were.
    while (!pinged()) {
      LockSupport.parkNanos(1_000_000);
    }
    return list.arrived();
  }

  /** False while so many commands wait that the client takes no more. */
  private boolean pinged() {
    RedisFuture<String> pong;
    try {
      pong = connection.async().ping();
    } catch (RedisException e) {
      return false;
    }
    if (pong.getError() != null) {
      return false;
    }
    pong.toCompletableFuture().join();
    return true;
  }

  @Override
  public void close() {
    connection.close();
    client.shutdown();
    list.close();
  }
}
