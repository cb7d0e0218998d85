package io.llmlog.redis;

import io.llmlog.spi.EventSender;
import io.llmlog.spi.EventSource;
import io.llmlog.spi.QueueInspector;
import io.llmlog.spi.QueueProvider;
import java.time.Duration;
import java.util.Set;

/**
 * The queue on a Redis list: {@code redis://[[user]:password@]host[:port][/database]}, or {@code
 * rediss} for TLS with certificate and host name verified against the JVM's trust store.
 */
public final class RedisProvider implements QueueProvider {
  private final RedisConnection.Timeouts timeouts;

  /** For {@link java.util.ServiceLoader}. */
  public RedisProvider() {
    this(RedisConnection.Timeouts.DEFAULT);
  }

  RedisProvider(RedisConnection.Timeouts timeouts) {
    this.timeouts = timeouts;
  }

  @Override
  public Set<String> schemes() {
    return RedisUrl.SCHEMES;
  }

  @Override
  public EventSender sender(QueueSettings settings) {
    return new RedisSender(connection(settings), RedisKeys.of(settings.queue()));
  }

  @Override
  public EventSource source(QueueSettings settings, Duration lease) {
    return new RedisSource(connection(settings), RedisKeys.of(settings.queue()), lease);
  }

  @Override
  public QueueInspector inspector(QueueSettings settings) {
    return new RedisInspector(connection(settings), RedisKeys.of(settings.queue()));
  }

  private RedisConnection connection(QueueSettings settings) {
    return new RedisConnection(RedisUrl.parse(settings.url()), timeouts);
  }
}
