package io.llmlog.jdbc.maintain;

import io.llmlog.testkit.PostgresServer;
import org.junit.jupiter.api.extension.RegisterExtension;

class OldestMaintenanceIT extends MaintenanceCases {
  @RegisterExtension static final PostgresServer SERVER = PostgresServer.ofMajor(14);

  @Override
  PostgresServer server() {
    return SERVER;
  }
}
