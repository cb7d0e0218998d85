package io.llmlog.redis;

import io.llmlog.testkit.RedisServer;
import org.junit.jupiter.api.Tag;

/** Settings and refusals, on Debian's Redis 7. */
@Tag("system")
final class RedisServerSystemIT extends RedisServerCases {
  @Override
  RedisServer.Builder server() {
    return RedisServer.builder().system();
  }
}
