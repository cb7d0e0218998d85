package io.llmlog.examples.demo;

import io.llmlog.jdbc.PostgresDataSource;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.testkit.PostgresServer;
import io.llmlog.testkit.RedisServer;
import java.time.Duration;

/**
 * A Redis and a PostgreSQL of the demo's own, on loopback and free ports, from binaries that come
 * as Maven artifacts. What {@code REDIS_URL} and {@code ANALYTICS_DATABASE_URL} name is never
 * touched.
 */
final class DemoServers implements AutoCloseable {
  static final String DATABASE = "headhunter_analytics";

  private static final Duration ANSWER_TIMEOUT = Duration.ofMinutes(1);

  private final RedisServer redis = RedisServer.builder().build();
  private final PostgresServer postgres = PostgresServer.embedded();

  private DemoServers() {}

  static DemoServers start() {
    DemoServers servers = new DemoServers();
    try {
      servers.redis.start();
      servers.postgres.start();
      return servers;
    } catch (RuntimeException e) {
      servers.close();
      throw e;
    }
  }

  String redisUrl() {
    return redis.url();
  }

  /** The URL of the database, which {@code schema apply} has yet to make. */
  String databaseUrl() {
    return postgres.databaseUrl(DATABASE);
  }

  /** Connections to the database, to look and to prepare; each a new one. */
  PostgresDataSource database() {
    return new PostgresDataSource(PostgresUrl.parse(databaseUrl()), ANSWER_TIMEOUT);
  }

  /** Ends both and deletes what they kept. */
  @Override
  public void close() {
    try {
      redis.close();
    } finally {
      postgres.close();
    }
  }
}
