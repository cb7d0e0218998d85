package io.llmlog.worker.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.testkit.PostgresServer;
import io.llmlog.worker.cli.Cli.Answer;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a person reads about the tables when they are not as the program wants them. */
final class SchemaCommandIT {
  @RegisterExtension static final PostgresServer POSTGRES = PostgresServer.create();

  private final Map<String, String> variables = new HashMap<>();
  private String database = "";
  private Cli llmlog = new Cli(Map.of());

  @BeforeEach
  void configure() {
    database = POSTGRES.createDatabase("schema");
    variables.put("ANALYTICS_DATABASE_URL", database);
    llmlog = new Cli(variables);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "UPDATE llmlog_schema_history SET version = '99' WHERE version = '2'"
            + " | is of version 99, newer than this program's | use a newer llmlog",
        "DELETE FROM llmlog_schema_history WHERE version::int > 1"
            + " | is of version 1, this program needs | run llmlog schema apply"
      })
  void work_onTablesOfAnotherVersion_endsAndSaysWhatHelps(
      String change, String said, String command) {
    assertEquals(0, llmlog.run("schema", "apply").code());
    PostgresServer.execute(database, change);
    Answer answer = llmlog.run("work");
    assertEquals(1, answer.code());
    assertTrue(answer.err().contains(said), answer.err());
    assertTrue(answer.err().contains(command), answer.err());
    assertEquals(1, answer.err().lines().count());
  }

  @ParameterizedTest
  @ValueSource(strings = {"Analytics", "ana\"lytics", "ana lytics", "analytics;", "pg_mine"})
  void schema_whoseNameIsNone_isRefusedBeforeAnythingIsDone(String name) {
    variables.put("LLMLOG_SCHEMA", name);
    for (String command : new String[] {"apply", "status", "sql"}) {
      Answer answer = new Cli(variables).run("schema", command);
      assertEquals(2, answer.code());
      assertTrue(answer.err().contains("LLMLOG_SCHEMA=" + name + ": must be "), answer.err());
    }
    variables.remove("LLMLOG_SCHEMA");
    assertTrue(llmlog.run("schema", "status").out().contains("version in the database: 0"));
  }

  @Test
  void apply_saysWhatItAdopted() {
    PostgresServer.execute(
        database,
        """
        CREATE TABLE llm_logs (
          id BIGSERIAL PRIMARY KEY, created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
          action VARCHAR(100) NOT NULL, message TEXT, user_id INTEGER, company_id INTEGER,
          interview_id INTEGER, model VARCHAR(50), tokens_used INTEGER, tokens_input INTEGER,
          tokens_output INTEGER, cost_usd DECIMAL(10, 6), latency_ms INTEGER,
          streaming BOOLEAN DEFAULT FALSE, error_type VARCHAR(100), error_message TEXT,
          metadata JSONB, deployment_version VARCHAR(50), deployment_environment VARCHAR(50));
        INSERT INTO llm_logs (action) VALUES ('a'), ('b')
        """);
    Answer answer = llmlog.run("schema", "apply");
    assertEquals(0, answer.code(), answer.err());
    assertTrue(answer.out().contains("rows adopted: 2, in "), answer.out());
    assertTrue(answer.out().contains("writers waited for "), answer.out());
    assertFalse(llmlog.run("schema", "status").out().contains("wait"));
  }

  @Test
  void status_saysThatRowsWait() {
    assertEquals(0, llmlog.run("schema", "apply").code());
    PostgresServer.execute(database, "CREATE TABLE llm_logs_to_adopt ()");
    assertTrue(llmlog.run("schema", "status").out().contains("rows of the table before wait"));
    Answer answer = llmlog.run("schema", "apply");
    assertEquals(1, answer.code());
    assertTrue(
        answer.err().contains("the rows of llm_logs_to_adopt cannot be adopted"), answer.err());
  }
}
