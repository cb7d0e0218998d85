package io.llmlog.jdbc;

import io.llmlog.testkit.PostgresServer;
import org.junit.jupiter.api.extension.RegisterExtension;

class TimescaleFastRoadIT extends FastRoadContract {
  @RegisterExtension static final PostgresServer SERVER = PostgresServer.timescale();

  @Override
  PostgresServer server() {
    return SERVER;
  }

  @Override
  Partitioning partitioning() {
    return Partitioning.TIMESCALE;
  }
}
