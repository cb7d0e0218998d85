package io.llmlog.jdbc;

import io.llmlog.testkit.PostgresServer;
import org.junit.jupiter.api.extension.RegisterExtension;

class OldestAlteredTableIT extends AlteredTableContract {
  @RegisterExtension static final PostgresServer SERVER = PostgresServer.ofMajor(14);

  @Override
  PostgresServer server() {
    return SERVER;
  }
}
