package io.llmlog.jdbc.maintain;

import io.llmlog.jdbc.Partitioning;
import io.llmlog.testkit.PostgresServer;
import org.junit.jupiter.api.extension.RegisterExtension;

class TimescaleEraseIT extends EraseContract {
  @RegisterExtension static final PostgresServer SERVER = PostgresServer.timescale();

  @Override
  PostgresServer server() {
    return SERVER;
  }

  @Override
  Partitioning partitioning() {
    return Partitioning.TIMESCALE;
  }

  /** No chunk holds what has no beginning. */
  @Override
  String farthestPast() {
    return "4713-01-01 BC";
  }
}
