package io.llmlog.jdbc;

import io.llmlog.spi.EventWriter;
import io.llmlog.testkit.PostgresServer;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The contract by the sure road alone. */
class OldestSureRoadIT extends PostgresContract {
  @RegisterExtension static final PostgresServer SERVER = PostgresServer.ofMajor(14);

  @Override
  PostgresServer server() {
    return SERVER;
  }

  @Override
  protected EventWriter createWriter() throws Exception {
    return new Redelivering(super.createWriter());
  }
}
