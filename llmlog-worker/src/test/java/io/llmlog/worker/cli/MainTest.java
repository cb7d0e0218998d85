package io.llmlog.worker.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.worker.cli.Cli.Answer;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MainTest {
  private final Cli llmlog = new Cli(Map.of());

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--help",
        "--version",
        "work --help",
        "log --help",
        "schema --help",
        "schema apply --help",
        "schema status --help",
        "schema sql --help",
        "status --help",
        "dead-letters --help",
        "dead-letters list --help",
        "dead-letters replay --help",
        "dead-letters discard --help",
        "dead-letters accept --help",
        "cost --help",
        "erase --help",
        "rollup --help",
        "rollup check --help",
        "rollup rebuild --help",
        "demo --help"
      })
  void help_isAnAnswer(String line) {
    Answer answer = llmlog.run(line.split(" "));
    assertEquals(0, answer.code());
    assertFalse(answer.out().isEmpty());
    assertEquals("", answer.err());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "nothing",
        "work --nothing",
        "schema",
        "log",
        "log - --drain tomorrow",
        "dead-letters",
        "dead-letters list --limit 0",
        "dead-letters list --limit 10001",
        "dead-letters replay",
        "dead-letters replay 1-2-3-4-5",
        "dead-letters discard",
        "dead-letters accept one two",
        "dead-letters discard --all 01890a5d-ac96-774b-bcce-b302099a8057",
        "cost --by colour",
        "cost --json --csv",
        "erase",
        "erase --dry-run",
        "erase --user anna",
        "erase --user 7 --end-user anna",
        "erase --end-user=",
        "rollup",
        "rollup check --limit 0",
        "rollup check --all --from 2026-11-01",
        "rollup rebuild",
        "rollup rebuild --to 2026-11-01",
        "demo",
        "demo --once"
      })
  void wrongUsage_exits2AndPrintsNoResult(String line) {
    Answer answer = llmlog.run(line.isEmpty() ? new String[0] : line.split(" "));
    assertEquals(2, answer.code(), answer.err());
    assertEquals("", answer.out());
    assertTrue(answer.err().startsWith("llmlog: "), answer.err());
    assertFalse(answer.err().contains("\tat "), answer.err());
  }

  @Test
  void aWrongDuration_isToldWhatIsAllowed() {
    assertTrue(
        llmlog
            .run("log", "-", "--drain", "tomorrow")
            .err()
            .contains("'tomorrow' must be an ISO-8601 duration such as PT60S"));
  }

  @Test
  void threeWrongVariables_areAllNamed() {
    Answer answer =
        new Cli(
                Map.of(
                    "LLMLOG_WORKER_THREADS", "none",
                    "REDIS_URL", "redis://:hunter2@host:notaport",
                    "ANALYTICS_DATABASE_URL", "postgresql://u:hunter2@host:99999/db"))
            .run("work");
    assertEquals(2, answer.code());
    assertEquals(3, answer.err().lines().count(), answer.err());
    assertTrue(answer.err().contains("LLMLOG_WORKER_THREADS=none: must be 1 to 64"));
    assertTrue(answer.err().contains("REDIS_URL="), answer.err());
    assertTrue(answer.err().contains("ANALYTICS_DATABASE_URL="), answer.err());
    assertFalse(answer.err().contains("hunter2"), answer.err());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "work",
        "schema apply",
        "schema status",
        "cost",
        "rollup check",
        "rollup rebuild --all",
        "dead-letters list",
        "dead-letters replay --all",
        "dead-letters discard --all",
        "erase --user 7"
      })
  void aMissingDatabaseUrl_isWrongConfiguration(String line) {
    Answer answer = llmlog.run(line.split(" "));
    assertEquals(2, answer.code());
    assertTrue(answer.err().contains("ANALYTICS_DATABASE_URL is not set"), answer.err());
  }

  @Test
  void timesOfCost_areCheckedBeforeTheDatabaseIsAsked() {
    Cli configured = new Cli(Map.of("ANALYTICS_DATABASE_URL", "postgresql://127.0.0.1:1/none"));
    Answer answer = configured.run("cost", "--from", "yesterday");
    assertEquals(2, answer.code());
    assertTrue(answer.err().contains("--from yesterday: must be"), answer.err());
    assertEquals(2, configured.run("cost", "--from", "2026-02-01", "--to", "2026-01-01").code());
    assertEquals(2, configured.run("rollup", "check", "--from", "yesterday").code());
    assertEquals(2, configured.run("rollup", "check", "--to", "2026-01-01").code());
  }
}
