package io.llmlog.jdbc;

import io.llmlog.testkit.PostgresServer;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The contract, written by the role that has the rights of a writer and no others. */
final class WriterRoleIT extends PostgresContract {
  @RegisterExtension static final PostgresServer SERVER = PostgresServer.owned();

  @Override
  PostgresServer server() {
    return SERVER;
  }

  @Override
  String writerUrl() {
    Roles.create(url(), SCHEMA);
    return Roles.url(url(), "writer");
  }
}
