package io.llmlog.redis;

import io.llmlog.testkit.RedisServer;

/** Settings and refusals, on the embedded Redis 6.2. */
final class RedisServerIT extends RedisServerCases {
  @Override
  RedisServer.Builder server() {
    return RedisServer.builder();
  }
}
