package io.llmlog.worker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.schema.Schema;
import io.llmlog.spi.Message;
import io.llmlog.spi.WriteException;
import io.llmlog.testkit.FaultProxy;
import io.llmlog.testkit.PostgresServer;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** How often the guard asks a real server for the version of its tables. */
final class VersionGuardIT {
  @RegisterExtension static final PostgresServer POSTGRES = PostgresServer.create();

  private static final Duration LATER = Duration.ofHours(1);
  private static final String NEWER =
      "UPDATE llmlog_schema_history SET version = '99' WHERE version = '2'";

  private final String role = "guard_" + UUID.randomUUID().toString().replace("-", "");
  private final FakeWriter writer = new FakeWriter();
  private String database = "";
  private FaultProxy proxy = FaultProxy.to("127.0.0.1", URI.create(POSTGRES.url()).getPort());

  @BeforeEach
  void makeTables() throws Exception {
    database = POSTGRES.createDatabase("guard");
    new Schema(PostgresUrl.parse(database), new SchemaName("public")).apply(false, Instant.now());
    PostgresServer.execute(database, "CREATE ROLE " + role + " LOGIN PASSWORD 'guard'");
  }

  @AfterEach
  void dropRole() {
    proxy.close();
    PostgresServer.execute(database, "DROP OWNED BY " + role + "; DROP ROLE " + role);
  }

  @Test
  void aRoleThatMayReadTheRecord_isAskedOnce() throws Exception {
    mayRead();
    VersionGuard guard = guard(LATER);
    write(guard, 20);
    assertEquals(1, proxy.connections());
    assertEquals(20, writer.batches.size());
  }

  @Test
  void aRoleThatMayNotReadTheRecord_isNotAskedBeforeEachBatch() throws Exception {
    VersionGuard guard = guard(LATER);
    write(guard, 20);
    assertEquals(1, proxy.connections());
    assertEquals(20, writer.batches.size());
  }

  @Test
  void aRoleThatMayNotReadTheRecord_isAskedAgainAfterAWhile() throws Exception {
    VersionGuard guard = guard(Duration.ZERO);
    write(guard, 2);
    assertEquals(2, proxy.connections());
    mayRead();
    write(guard, 20);
    assertEquals(3, proxy.connections());
  }

  @Test
  void afterAWriteThatFailed_itLooksAgain() throws Exception {
    VersionGuard guard = guard(LATER);
    write(guard, 1);
    PostgresServer.execute(database, NEWER);
    mayRead();
    write(guard, 1);
    writer.thenPause("column \"id\" does not exist");
    assertThrows(WriteException.class, () -> write(guard, 1));
    WriteException kept = assertThrows(WriteException.class, () -> write(guard, 1));
    assertTrue(String.valueOf(kept.getMessage()).contains("is of version 99"), kept.getMessage());
    assertEquals(2, proxy.connections());
  }

  private void mayRead() {
    PostgresServer.execute(database, "GRANT SELECT ON llmlog_schema_history TO " + role);
  }

  private VersionGuard guard(Duration nextLook) {
    String name = URI.create(database).getPath();
    String url = "postgresql://" + role + ":guard@127.0.0.1:" + proxy.port() + name;
    Schema schema = new Schema(PostgresUrl.parse(url), new SchemaName("public"));
    return new VersionGuard(writer, schema, nextLook);
  }

  private static void write(VersionGuard guard, int batches) throws Exception {
    for (int i = 0; i < batches; i++) {
      byte[] event = "{}".getBytes(UTF_8);
      guard.write(List.of(new Message(event, UUID.randomUUID(), Instant.now())), 1);
    }
  }
}
