package io.llmlog.redis;

import io.llmlog.testkit.RedisServer;

/** Faults, on the embedded Redis 6.2. */
final class RedisFaultIT extends RedisFaultCases {
  @Override
  RedisServer.Builder server() {
    return RedisServer.builder();
  }
}
