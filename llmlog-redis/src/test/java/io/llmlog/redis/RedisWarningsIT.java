package io.llmlog.redis;

import io.llmlog.testkit.RedisServer;

/** Warnings, on the embedded Redis 6.2. */
final class RedisWarningsIT extends RedisWarningsCases {
  @Override
  RedisServer.Builder server() {
    return RedisServer.builder();
  }
}
