package io.llmlog.jdbc.schema;

import io.llmlog.testkit.PostgresServer;
import org.junit.jupiter.api.extension.RegisterExtension;

final class OldestAdoptionIT extends AdoptionContract {
  @RegisterExtension static final PostgresServer SERVER = PostgresServer.ofMajor(14);

  @Override
  PostgresServer server() {
    return SERVER;
  }
}
