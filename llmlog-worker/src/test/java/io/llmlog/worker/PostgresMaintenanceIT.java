package io.llmlog.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.jdbc.PostgresDataSource;
import io.llmlog.jdbc.PostgresUrl;
import io.llmlog.jdbc.SchemaName;
import io.llmlog.jdbc.maintain.Archive;
import io.llmlog.jdbc.maintain.Retention;
import io.llmlog.jdbc.maintain.TableMaintenance;
import io.llmlog.jdbc.schema.Schema;
import io.llmlog.testkit.PostgresServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.Period;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.event.Level;

/** What a worker says of its maintenance, and how often. */
class PostgresMaintenanceIT {
  @RegisterExtension static final PostgresServer SERVER = PostgresServer.create();

  @TempDir Path directory;

  private static final SchemaName SCHEMA = new SchemaName("public");
  private static final Instant APPLIED = Instant.parse("2025-09-15T12:00:00Z");
  private final RecordingLog log = new RecordingLog();
  private String url = "";
  private Instant now = Instant.parse("2026-11-15T12:00:00Z");

  @BeforeEach
  void makeTables() throws Exception {
    url = SERVER.createDatabase("upkeep");
    new Schema(PostgresUrl.parse(url), SCHEMA).apply(false, APPLIED);
  }

  @Test
  void aRound_isSaid_andItsStatusKept() throws Exception {
    PostgresServer.execute(
        url,
        """
        INSERT INTO llm_logs (created_at, action) VALUES
          ('2026-11-01T00:00:00Z', 'a'), ('9999-01-01T00:00:00Z', 'b')
        """);
    PostgresMaintenance maintenance = maintenance(url);
    MaintenanceStatus status = maintenance.run();
    assertEquals(now, status.at());
    assertTrue(status.dropped().contains("llm_logs_2025_09"), status.toString());
    assertEquals(1L, status.defaultRows().get("llm_logs"));
    assertEquals(8L, status.partitions().get("llm_log_contents"));
    assertEquals(List.of(), status.stuck());
    assertTrue(log.lines(Level.INFO).toString().contains("{llm_logs_2026_11=1}"));
    assertEquals(1, log.lines(Level.WARN).size(), log.lines(Level.WARN).toString());
    now = now.plus(Duration.ofHours(1));
    assertEquals(now, maintenance.run().at());
    assertEquals(1, log.lines(Level.WARN).size(), "not again within a day");
    now = now.plus(Duration.ofHours(24));
    maintenance.run();
    assertEquals(2, log.lines(Level.WARN).size());
  }

  @Test
  void missingRights_areSaidOnceForEachCause() throws Exception {
    String role = "role_" + url.substring(url.lastIndexOf('_') + 1);
    PostgresServer.execute(
        url,
        "CREATE ROLE %1$s LOGIN PASSWORD 'pw'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO %1$s"
            .formatted(role));
    PostgresMaintenance maintenance =
        maintenance(url.replaceFirst("//[^@]+@", "//" + role + ":pw@"));
    MaintenanceStatus status = maintenance.run();
    assertTrue(status.stuck().toString().contains("llm_logs_2026_11"), status.toString());
    int warnings = log.lines(Level.WARN).size();
    assertTrue(warnings > 0 && warnings < 10, log.lines(Level.WARN).toString());
    assertFalse(log.lines(Level.WARN).toString().contains("25P02"));
    now = now.plus(Duration.ofHours(1));
    maintenance.run();
    assertEquals(warnings, log.lines(Level.WARN).size());
  }

  @Test
  void aWorker_archivesWhatItDrops() throws Exception {
    PostgresServer.execute(
        url,
        """
        CREATE TABLE llm_logs_2020_01 PARTITION OF llm_logs
          FOR VALUES FROM ('2020-01-01Z') TO ('2020-02-01Z')
        """);
    PostgresMaintenance.create(
            url,
            SCHEMA.name(),
            new Retention(Period.ofMonths(13), Period.ofDays(30), Period.ofYears(5)),
            Archive.in(directory))
        .run();
    assertTrue(Files.exists(directory.resolve("public.llm_logs_2020_01.zip")));
  }

  private PostgresMaintenance maintenance(String place) {
    InstantSource clock = () -> now;
    return new PostgresMaintenance(
        new TableMaintenance(
            new PostgresDataSource(PostgresUrl.parse(place), Duration.ofMinutes(15)),
            SCHEMA,
            new Retention(Period.ofMonths(13), Period.ofDays(30), Period.ofYears(5)),
            null),
        clock.withZone(ZoneOffset.UTC),
        log.logger());
  }
}
