package io.llmlog.redis;

import io.llmlog.spi.QueueProvider;
import io.llmlog.testkit.LeaseContract;
import io.llmlog.testkit.RedisServer;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The contract on the server that the environment offers. */
final class RedisLeaseIT extends LeaseContract {
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
