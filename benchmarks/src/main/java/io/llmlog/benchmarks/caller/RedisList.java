package io.llmlog.benchmarks.caller;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.llmlog.event.EventDecoder;
import io.llmlog.event.LlmEvent;
import io.llmlog.event.MalformedMessageException;
import io.llmlog.testkit.RedisServer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The list of a real Redis on this machine, which has its own share of the processors; emptied and
 * counted all along, unless the server is another's.
 */
final class RedisList implements AutoCloseable {
  private final String url;
  private final @Nullable RedisServer server;
  private final @Nullable QueueEmptier emptier;

  private RedisList(String url, @Nullable RedisServer server, @Nullable QueueEmptier emptier) {
    this.url = url;
    this.server = server;
    this.emptier = emptier;
  }

  static RedisList of(FarEnd farEnd) {
    String given = farEnd.redisUrl();
    if (given != null) {
      return new RedisList(given, null, null);
    }
    RedisServer started = RedisServer.builder().build().start();
    return new RedisList(started.url(), started, QueueEmptier.start(started.port(), FarEnd.QUEUE));
  }

  String url() {
    return url;
  }

  /** How many elements arrived. */
  long arrived() {
    return emptier == null ? length(url) : emptier.empty();
  }

  /** What another process finds in the list. */
  static long length(String url) {
    RedisClient client = RedisClient.create(url);
    try (StatefulRedisConnection<String, String> connection = client.connect()) {
      return connection.sync().llen(FarEnd.QUEUE);
    } finally {
      client.shutdown();
    }
  }

  /** How many different events another process finds in the list. */
  static long events(String url) {
    RedisClient client = RedisClient.create(url);
    try (StatefulRedisConnection<String, String> connection = client.connect()) {
      Set<UUID> ids = new HashSet<>();
      for (String element : connection.sync().lrange(FarEnd.QUEUE, 0, -1)) {
        ids.add(event(element).eventId());
      }
      return ids.size();
    } finally {
      client.shutdown();
    }
  }

  private static LlmEvent event(String element) {
    try {
      return EventDecoder.decode(
          element.getBytes(StandardCharsets.UTF_8), new UUID(0, 0), Instant.EPOCH);
    } catch (MalformedMessageException e) {
      throw new IllegalStateException(element, e);
    }
  }

  @Override
  public void close() {
    if (emptier != null) {
      emptier.close();
    }
    if (server != null) {
      server.close();
    }
  }
}
