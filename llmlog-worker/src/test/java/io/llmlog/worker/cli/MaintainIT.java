package io.llmlog.worker.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.testkit.PostgresServer;
import io.llmlog.worker.cli.Cli.Answer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** {@code llmlog maintain}, as a person gives it. */
final class MaintainIT {
  @RegisterExtension static final PostgresServer POSTGRES = PostgresServer.create();

  @TempDir Path directory;

  private final Map<String, String> variables = new HashMap<>();
  private Cli llmlog = new Cli(Map.of());
  private String database = "";

  @BeforeEach
  void makeTables() {
    database = POSTGRES.createDatabase("maintain");
    variables.put("ANALYTICS_DATABASE_URL", database);
    llmlog = new Cli(variables);
    assertEquals(0, llmlog.run("schema", "apply").code());
  }

  @Test
  void aRound_doesWhatTheDryRunSaid() {
    PostgresServer.execute(
        database,
        """
        CREATE TABLE llm_logs_2020_01 PARTITION OF llm_logs
          FOR VALUES FROM ('2020-01-01Z') TO ('2020-02-01Z');
        INSERT INTO llm_logs (created_at, action) VALUES
          ('2020-01-05Z', 'past'), ('2019-01-05Z', 'past'), ('9999-01-01Z', 'broken clock')
        """);
    Answer dry = llmlog.run("maintain", "--dry-run");
    assertEquals(0, dry.code(), dry.err());
    assertTrue(dry.out().contains("partitions would be dropped: llm_logs_2020_01\n"), dry.out());
    assertTrue(
        dry.out()
            .contains(
                "rows past retention would be deleted: llm_logs_default 1, llm_log_hourly 2\n"),
        dry.out());
    Answer done = llmlog.run("maintain", "--json");
    assertEquals(0, done.code(), done.err());
    assertTrue(
        done.out()
            .contains(
                "\"dropped\": [\"llm_logs_2020_01\"], \"deleted\": {\"llm_logs_default\": 1, "),
        done.out());
    assertTrue(done.out().contains("\"default_rows\": {\"llm_logs\": 1, "), done.out());
    Answer again = llmlog.run("maintain");
    assertTrue(again.out().startsWith("partitions made: none\n"), again.out());
    assertTrue(again.out().contains("rows in DEFAULT: llm_logs 1, llm_log_contents 0\n"));
  }

  @Test
  void whatIsStuck_isSaid_andTheExitCodeIs1() {
    PostgresServer.execute(
        database, "DROP TABLE llm_log_contents_default; DROP TABLE llm_logs_default");
    PostgresServer.execute(
        database,
        """
        DO $$ DECLARE newest regclass; BEGIN
          SELECT max(inhrelid::regclass::text)::regclass INTO newest FROM pg_inherits
            WHERE inhparent = 'llm_logs'::regclass;
          EXECUTE format('ALTER TABLE llm_logs DETACH PARTITION %s', newest);
        END $$
        """);
    Answer answer = llmlog.run("maintain", "--json");
    assertEquals(1, answer.code());
    assertTrue(answer.err().contains("another table has that name"), answer.err());
    assertTrue(answer.out().contains("\"reason\": \"another table has that name\""));
  }

  @Test
  void whatIsDropped_isArchived_andComesBack() throws Exception {
    PostgresServer.execute(
        database,
        """
        CREATE TABLE llm_logs_2020_01 PARTITION OF llm_logs
          FOR VALUES FROM ('2020-01-01Z') TO ('2020-02-01Z');
        INSERT INTO llm_logs (created_at, action) VALUES ('2020-01-05Z', 'past')
        """);
    variables.put("LLMLOG_ARCHIVE_DIR", directory.resolve("missing").toString());
    llmlog = new Cli(variables);
    Answer wrong = llmlog.run("maintain");
    assertEquals(2, wrong.code());
    assertTrue(
        wrong.err().contains("LLMLOG_ARCHIVE_DIR=" + directory.resolve("missing")), wrong.err());
    assertTrue(wrong.err().contains("must be a directory that exists"), wrong.err());
    Answer work = llmlog.run("work");
    assertEquals(2, work.code());
    assertTrue(work.err().contains("LLMLOG_ARCHIVE_DIR="), work.err());
    wrong = llmlog.run("maintain", "--archive", "/dev/null");
    assertEquals(2, wrong.code());
    assertTrue(wrong.err().contains("--archive /dev/null: must be a directory"), wrong.err());

    Answer done = llmlog.run("maintain", "--archive", directory.toString());
    assertEquals(0, done.code(), done.err());
    assertTrue(done.out().contains("dropped: llm_logs_2020_01\n"), done.out());
    String file = directory.resolve("public.llm_logs_2020_01.zip").toString();
    assertEquals(2, llmlog.run("maintain", "--restore", file, "--dry-run").code());
    Answer restored = llmlog.run("maintain", "--restore", file, "--json");
    assertEquals(0, restored.code(), restored.err());
    assertEquals(
        "{\"table\": \"llm_logs_2020_01\", \"from\": \"2020-01-01T00:00:00Z\","
            + " \"to\": \"2020-02-01T00:00:00Z\", \"rows\": 1}\n",
        restored.out());
    Answer again = llmlog.run("maintain", "--restore", file);
    assertEquals(1, again.code());
    assertTrue(again.err().contains(file + ": llm_logs has a partition for rows"), again.err());
    PostgresServer.execute(database, "DROP TABLE llm_logs_2020_01");
    assertEquals(
        "restored llm_logs_2020_01: 1 rows, from 2020-01-01T00:00:00Z to 2020-02-01T00:00:00Z\n",
        llmlog.run("maintain", "--restore", file).out());
  }

  @Test
  void wrongConfiguration_andMissingTables_areSaid() {
    variables.put("LLMLOG_CONTENT_RETENTION", "soon");
    Answer wrong = new Cli(variables).run("maintain");
    assertEquals(2, wrong.code());
    assertTrue(wrong.err().contains("LLMLOG_CONTENT_RETENTION=soon"), wrong.err());
    variables.remove("LLMLOG_CONTENT_RETENTION");
    variables.put("ANALYTICS_DATABASE_URL", POSTGRES.createDatabase("empty"));
    Answer empty = new Cli(variables).run("maintain");
    assertEquals(1, empty.code());
    assertFalse(empty.err().isBlank());
  }
}
