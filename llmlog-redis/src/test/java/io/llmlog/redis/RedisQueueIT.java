package io.llmlog.redis;

import io.llmlog.spi.QueueProvider;
import io.llmlog.testkit.QueueContract;
import io.llmlog.testkit.RedisServer;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The contract on the server that the environment offers. */
final class RedisQueueIT extends QueueContract {
  @RegisterExtension static final RedisServer REDIS = RedisServer.create();

  @Override
  protected QueueProvider provider() {
    return new RedisProvider();
  }

  @Override
  protected String url() {
    return REDIS.url();
  }
}
