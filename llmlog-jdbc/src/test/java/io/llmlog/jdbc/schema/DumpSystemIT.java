package io.llmlog.jdbc.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.jdbc.PostgresProvider;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.spi.EventWriter;
import io.llmlog.spi.Message;
import io.llmlog.spi.StoreProvider.StoreSettings;
import io.llmlog.testkit.PostgresServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.Period;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The backup of the schema alone that docs/DATABASE.md describes, by Debian's pg_dump, pg_restore
 * and psql. They read no server newer than themselves, so the server is the oldest there is.
 */
@Tag("system")
class DumpSystemIT {
  @RegisterExtension static final PostgresServer SERVER = PostgresServer.ofMajor(14);

  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
  private static final SchemaName SCHEMA = new SchemaName("analytics");

  @TempDir Path folder = Path.of("");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--format=plain",
        "--format=custom",
        "--format=directory --jobs=2",
        "--format=custom --load-via-partition-root",
        "--format=plain --load-via-partition-root"
      })
  void aRestoredSchema_isTheSameAndGoesOn(String options) throws Exception {
    String source = SERVER.createDatabase("dumped");
    fill(source);
    String target = SERVER.createDatabase("restored");
    Path file = folder.resolve("dump");
    List<String> dump = new ArrayList<>(List.of("pg_dump", "--schema=analytics"));
    dump.addAll(List.of(options.split(" ")));
    dump.addAll(List.of("--file=" + file, "--dbname=" + source));
    run(dump);
    run(
        options.contains("plain")
            ? List.of("psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", file.toString(), target)
            : List.of("pg_restore", "--exit-on-error", "--dbname=" + target, file.toString()));

    assertEquals(Database.catalog(source, "analytics"), Database.catalog(target, "analytics"));
    assertEquals(contents(source), contents(target));
    assertEquals(schema(source).status(), schema(target).status());
    Schema.Applied applied = schema(target).apply(false, NOW);
    assertEquals(Migrations.newest(), applied.from());
    assertEquals(List.of(), applied.partitions().created());
    assertFalse(applied.partitions().defaultInUse());

    long highest = Database.number(target, "SELECT max(id) FROM analytics.llm_logs");
    assertEquals(2, write(target, "{\"action\":\"after\"}", "{\"action\":\"after\"}"));
    assertEquals(
        "true",
        Database.text(
            target,
            "SELECT (min(id) > %d)::text FROM analytics.llm_logs WHERE action = 'after'"
                .formatted(highest)));
    assertEquals(
        Database.text(target, "SELECT count(*) FROM analytics.llm_logs"),
        Database.text(target, "SELECT sum(calls) FROM analytics.llm_log_hourly"));
  }

  private static void fill(String url) throws Exception {
    // Another program's tables, which do not belong to the dump.
    PostgresServer.execute(url, "CREATE TABLE users (id int); INSERT INTO users VALUES (1)");
    schema(url).apply(false, NOW);
    PostgresServer.execute(
        url,
        """
        INSERT INTO analytics.llm_logs (created_at, action, company_id, model, tokens_input,
          cost_usd, latency_ms, metadata)
        SELECT timestamptz '2026-11-01T00:00:00Z' + i * interval '1 hour', 'a' || i % 3, i % 5,
          'm', i, i * 0.000001, i, jsonb_build_object('i', i) FROM generate_series(1, 2000) i;
        INSERT INTO analytics.llm_log_contents (event_id, created_at, request)
        SELECT event_id, created_at, '{"prompt": "Grüße"}' FROM analytics.llm_logs
        WHERE created_at >= '2026-11-23Z' AND created_at < '2026-11-30Z';
        INSERT INTO analytics.llm_log_days VALUES ('2026-11-01Z', true), ('2026-11-02Z', false);
        INSERT INTO analytics.llm_log_daily SELECT * FROM analytics.llm_log_hourly LIMIT 7;
        INSERT INTO analytics.llm_log_overall SELECT hour, provider, model, action, environment,
          calls, errors, tokens_input, tokens_output, tokens_cache_read, tokens_cache_write,
          tokens_reasoning, cost_usd, calls_cost_unknown, latency_ms_sum, latency_histogram
          FROM analytics.llm_log_hourly LIMIT 7;
        INSERT INTO analytics.llm_log_months VALUES ('2026-10-01Z', false), ('2026-11-01Z', true);
        INSERT INTO analytics.llm_log_monthly SELECT * FROM analytics.llm_log_hourly LIMIT 7
        """);
    assertEquals(1, write(url, "{\"action\":\"before\"}", "no json \u0007"));
  }

  private static int write(String url, String... messages) throws Exception {
    StoreSettings settings =
        new StoreSettings(url, SCHEMA.name(), Period.ofYears(10), 1, Duration.ofSeconds(20));
    List<Message> batch = new ArrayList<>();
    for (String message : messages) {
      batch.add(new Message(message.getBytes(StandardCharsets.UTF_8), UUID.randomUUID(), NOW));
    }
    try (EventWriter writer = new PostgresProvider().writer(settings)) {
      return writer.write(batch).stored();
    }
  }

  /** All rows of all tables. */
  private static String contents(String url) throws SQLException {
    StringBuilder all = new StringBuilder();
    for (String table :
        List.of(
            "llm_logs",
            "llm_log_contents",
            "llm_log_hourly",
            "llm_log_daily",
            "llm_log_days",
            "llm_log_overall",
            "llm_log_monthly",
            "llm_log_months",
            "llm_log_dead_letters",
            "llmlog_schema_history")) {
      String rows = "SELECT t::text FROM analytics." + table + " t ORDER BY 1";
      all.append(table).append('\n').append(Database.text(url, rows)).append('\n');
    }
    return all.toString();
  }

  private void run(List<String> command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("output").toFile())
            .start();
    try {
      assertTrue(process.waitFor(60, TimeUnit.SECONDS), command.get(0));
      String output = Files.readString(folder.resolve("output"));
      assertEquals(0, process.exitValue(), output);
    } finally {
      process.destroyForcibly();
    }
  }

  private static Schema schema(String url) {
    return new Schema(PostgresUrl.parse(url), SCHEMA);
  }
}
