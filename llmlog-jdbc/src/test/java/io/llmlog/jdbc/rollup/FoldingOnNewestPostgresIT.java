package io.llmlog.jdbc.rollup;

import io.llmlog.testkit.PostgresServer;
import org.junit.jupiter.api.extension.RegisterExtension;

class FoldingOnNewestPostgresIT extends FoldingContract {
  @RegisterExtension static final PostgresServer SERVER = PostgresServer.create();

  @Override
  PostgresServer server() {
    return SERVER;
  }
}
