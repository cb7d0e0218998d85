package io.llmlog.redis;

import io.llmlog.testkit.RedisServer;
import org.junit.jupiter.api.Tag;

/** Faults, on Debian's Redis 7. */
@Tag("system")
final class RedisFaultSystemIT extends RedisFaultCases {
  @Override
  RedisServer.Builder server() {
    return RedisServer.builder().system();
  }
}
