package io.llmlog.jdbc;

import io.llmlog.spi.EventWriter;
import io.llmlog.testkit.PostgresServer;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The contract by the sure road alone. */
class NewestSureRoadIT extends PostgresContract {
  @RegisterExtension static final PostgresServer SERVER = PostgresServer.create();

  @Override
  PostgresServer server() {
    return SERVER;
  }

  @Override
  protected EventWriter createWriter() throws Exception {
    return new Redelivering(super.createWriter());
  }
}
