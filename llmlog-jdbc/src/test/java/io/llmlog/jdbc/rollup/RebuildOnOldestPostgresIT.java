package io.llmlog.jdbc.rollup;

import io.llmlog.testkit.PostgresServer;
import org.junit.jupiter.api.extension.RegisterExtension;

class RebuildOnOldestPostgresIT extends RebuildContract {
  @RegisterExtension static final PostgresServer SERVER = PostgresServer.ofMajor(14);

  @Override
  PostgresServer server() {
    return SERVER;
  }
}
