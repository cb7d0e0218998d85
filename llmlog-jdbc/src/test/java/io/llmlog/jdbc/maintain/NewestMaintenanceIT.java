package io.llmlog.jdbc.maintain;

import io.llmlog.testkit.PostgresServer;
import org.junit.jupiter.api.extension.RegisterExtension;

class NewestMaintenanceIT extends MaintenanceCases {
  @RegisterExtension static final PostgresServer SERVER = PostgresServer.create();

  @Override
  PostgresServer server() {
    return SERVER;
  }
}
