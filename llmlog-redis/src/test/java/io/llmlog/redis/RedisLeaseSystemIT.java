package io.llmlog.redis;

import io.llmlog.spi.QueueProvider;
import io.llmlog.testkit.LeaseContract;
import io.llmlog.testkit.RedisServer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The contract on Debian's Redis 7. */
@Tag("system")
final class RedisLeaseSystemIT extends LeaseContract {
  @RegisterExtension static final RedisServer REDIS = RedisServer.system();

  @Override
  protected QueueProvider provider() {
    return new RedisProvider();
  }

  @Override
  protected String url() {
    return REDIS.url();
  }
}
