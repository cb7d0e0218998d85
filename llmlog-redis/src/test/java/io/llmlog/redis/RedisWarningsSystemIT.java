package io.llmlog.redis;

import io.llmlog.testkit.RedisServer;
import org.junit.jupiter.api.Tag;

/** Warnings, on Debian's Redis 7. */
@Tag("system")
final class RedisWarningsSystemIT extends RedisWarningsCases {
  @Override
  RedisServer.Builder server() {
    return RedisServer.builder().system();
  }
}
