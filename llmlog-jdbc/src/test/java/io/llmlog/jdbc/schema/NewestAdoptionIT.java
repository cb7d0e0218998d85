package io.llmlog.jdbc.schema;

import io.llmlog.testkit.PostgresServer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

final class NewestAdoptionIT extends AdoptionContract {
  @RegisterExtension static final PostgresServer SERVER = PostgresServer.create();

  @Override
  PostgresServer server() {
    return SERVER;
  }

  /** A table that has been in use for a while. */
  @Test
  @Tag("chaos")
  void writers_besideAMillionRows_failNeverAndLoseNothing() throws Exception {
    adoptBesideTwoWriters(1_000_000);
  }
}
