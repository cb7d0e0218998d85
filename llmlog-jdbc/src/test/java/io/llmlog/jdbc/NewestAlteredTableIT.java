package io.llmlog.jdbc;

import io.llmlog.testkit.PostgresServer;
import org.junit.jupiter.api.extension.RegisterExtension;

class NewestAlteredTableIT extends AlteredTableContract {
  @RegisterExtension static final PostgresServer SERVER = PostgresServer.create();

  @Override
  PostgresServer server() {
    return SERVER;
  }
}
