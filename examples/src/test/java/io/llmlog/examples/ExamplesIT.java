package io.llmlog.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.schema.Schema;
import io.llmlog.spi.Providers;
import io.llmlog.spi.QueueInspector;
import io.llmlog.spi.QueueInspector.QueueState;
import io.llmlog.spi.QueueProvider.QueueSettings;
import io.llmlog.testkit.PostgresServer;
import io.llmlog.testkit.RedisServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

class ExamplesIT {
  /** One of its own, since the examples use the queue's usual name. */
  @RegisterExtension static final RedisServer REDIS = RedisServer.builder().build();

  @RegisterExtension static final PostgresServer POSTGRES = PostgresServer.create();

  private static final long DEADLINE_SECONDS = 60;

  @TempDir Path directory;

  private String database = "";

  @BeforeEach
  void createTables() throws Exception {
    database = POSTGRES.createDatabase("examples");
    new Schema(PostgresUrl.parse(database), new SchemaName("public")).apply(false, Instant.now());
  }

  @Test
  void embeddedWorker_storesWhatThePlainServiceLogs_andEndsCleanly() throws Exception {
    Programs.Ended service =
        Programs.java(directory, Map.of("REDIS_URL", REDIS.url()), PlainService.class).await();
    assertEquals(0, service.exitCode(), service.err());
    assertEquals(2, queue().depth());

    storeAll(2);

    assertEquals(
        "interview.question|gpt-4o-mini|7|421|f, cv.parse|claude-sonnet-4|null|null|f",
        rows("action, model, company_id, tokens_used, error_type IS NOT NULL"));
  }

  @Test
  void meteredService_showsWhatItLoggedAndStored() throws Exception {
    Programs.Ended service =
        Programs.java(
                directory,
                Map.of("REDIS_URL", REDIS.url(), "ANALYTICS_DATABASE_URL", database),
                MeteredService.class)
            .await();
    assertEquals(0, service.exitCode(), service.err());
    assertEquals("accepted 1, written 1", service.out().strip());
    assertEquals("cv.parse", rows("action"));
  }

  @Test
  @Tag("system")
  void embeddedWorker_storesWhatThePythonProgramPushes() throws Exception {
    String program = Programs.root().resolve("examples/python/push_event.py").toString();
    Programs.Ended push =
        Programs.start(
                directory, Map.of("REDIS_URL", REDIS.url()), List.of("/usr/bin/python3", program))
            .await();
    assertEquals(0, push.exitCode(), push.err());

    storeAll(1);

    assertEquals(
        "cv.parse|gpt-4o-mini|7|812|64|1930",
        rows("action, model, company_id, tokens_input, tokens_output, latency_ms"));
  }

  private void storeAll(int rows) throws Exception {
    Programs.Running worker =
        Programs.java(directory, Map.of(), EmbeddedWorker.class, REDIS.url(), database);
    try {
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
      while (!count(rows) || queue().claimed() > 0) {
        assertTrue(System.nanoTime() < deadline, () -> "not stored in time: " + queue());
        assertTrue(!worker.process().waitFor(50, TimeUnit.MILLISECONDS), "the worker ended");
      }
    } finally {
      worker.process().destroy();
    }
    Programs.Ended ended = worker.await();
    // What the JVM answers after SIGTERM.
    assertEquals(143, ended.exitCode(), ended.err());
    assertEquals(List.of(), queue().workers());
  }

  private boolean count(int rows) throws Exception {
    return rows("count(*)").equals(Integer.toString(rows));
  }

  /** Values joined by bars, rows by commas. */
  private String rows(String columns) throws Exception {
    boolean counts = columns.startsWith("count");
    try (Connection connection = PostgresServer.connect(database);
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT " + columns + " FROM llm_logs" + (counts ? "" : " ORDER BY created_at"))) {
      StringBuilder all = new StringBuilder();
      int width = row.getMetaData().getColumnCount();
      while (row.next()) {
        all.append(all.length() == 0 ? "" : ", ");
        for (int column = 1; column <= width; column++) {
          all.append(column == 1 ? "" : "|").append(row.getString(column));
        }
      }
      return all.toString();
    }
  }

  private static QueueState queue() {
    try (QueueInspector inspector =
        Providers.queue(REDIS.url()).inspector(new QueueSettings(REDIS.url(), "llm_logs"))) {
      return inspector.inspect();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
