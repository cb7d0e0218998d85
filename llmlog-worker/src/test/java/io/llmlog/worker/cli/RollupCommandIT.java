package io.llmlog.worker.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.testkit.PostgresServer;
import io.llmlog.worker.cli.Cli.Answer;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

final class RollupCommandIT {
  @RegisterExtension static final PostgresServer POSTGRES = PostgresServer.create();

  private final Map<String, String> variables = new HashMap<>();

  /** To come, because the month before has no partition in the first hours of this one. */
  private final Instant hour =
      Instant.now().truncatedTo(ChronoUnit.HOURS).plus(2, ChronoUnit.HOURS);

  private String url = "";
  private Cli llmlog = new Cli(Map.of());

  @BeforeEach
  void createRows() {
    url = POSTGRES.createDatabase("rollup");
    variables.put("ANALYTICS_DATABASE_URL", url);
    llmlog = new Cli(variables);
    assertEquals(0, llmlog.run("schema", "apply").code());
    insert("a", hour);
    insert("b", hour.plusSeconds(3599));
    insert("b", hour.plusSeconds(3600));
  }

  @Test
  void check_ofARollupThatIsRight_exits0() {
    Answer text = llmlog.run("rollup", "check");
    assertEquals(0, text.code(), text.err());
    assertEquals("the rollup says what the rows say\n", text.out());
    Answer json = llmlog.run("rollup", "check", "--json", "--all");
    assertEquals(0, json.code(), json.err());
    assertEquals("{\"keys\": 0, \"hours\": 0, \"differences\": []}\n", json.out());
  }

  @Test
  void check_ofAWrongRollup_exits1AndNamesTheCommandThatMends() {
    damage();
    Answer text = llmlog.run("rollup", "check");
    assertEquals(1, text.code());
    assertEquals(
        """
        hour                  company  provider  model   action  environment  figure  rollup  rows
        --------------------  -------  --------  ------  ------  -----------  ------  ------  ----
        %1$s  7        (none)    (none)  b       (none)       calls        5     1
        %2$s  7        (none)    (none)  b       (none)       calls        5     1
        """
            .formatted(hour, hour.plusSeconds(3600)),
        text.out());
    assertEquals(
        "llmlog: 2 keys in 2 hours differ; run: llmlog rollup rebuild --from %s --to %s\n"
            .formatted(hour, hour.plusSeconds(7200)),
        text.err());
    Answer json = llmlog.run("rollup", "check", "--json", "--limit", "1");
    assertEquals(1, json.code());
    assertEquals(
        """
        {"keys": 2, "hours": 2, "differences": [{"hour": "%s", "company_id": 7, "provider": null, \
        "model": null, "action": "b", "environment": null, "figures": {"calls": {"rollup": "5", \
        "rows": "1"}}}]}
        """
            .formatted(hour),
        json.out());
    assertTrue(json.err().contains("of which 1 are listed (see --limit)"), json.err());
    assertEquals(
        0, llmlog.run("rollup", "check", "--from", hour.plusSeconds(7200).toString()).code());
  }

  @Test
  void rebuild_mendsAndSaysHowMuch() {
    damage();
    Answer part =
        llmlog.run(
            "rollup", "rebuild", "--from", hour.toString(), "--to", hour.plusSeconds(1).toString());
    assertEquals(0, part.code(), part.err());
    assertEquals("mended 1 keys in 1 hours\n", part.out());
    assertEquals(1, llmlog.run("rollup", "check").code());
    Answer all = llmlog.run("rollup", "rebuild", "--all", "--json");
    assertEquals("{\"hours\": 1, \"keys\": 1}\n", all.out());
    assertEquals(0, llmlog.run("rollup", "check", "--all").code());
  }

  @Test
  void rebuild_pastRetention_isRefused() {
    variables.put("LLMLOG_RETENTION", "P1M");
    String old = Instant.now().atZone(ZoneOffset.UTC).minusMonths(1).toInstant().toString();
    for (String command : new String[] {"check", "rebuild"}) {
      Answer answer = new Cli(variables).run("rollup", command, "--from", old);
      assertEquals(1, answer.code());
      assertTrue(answer.err().contains("where retention ends"), answer.err());
      assertEquals(1, answer.err().lines().count(), answer.err());
    }
  }

  @Test
  void rebuild_usesTheRoleOfMaintenance() {
    damage();
    String role = "reader_" + url.substring(url.lastIndexOf('_') + 1);
    PostgresServer.execute(url, "CREATE ROLE " + role + " LOGIN PASSWORD 'hunter2'");
    variables.put(
        "ANALYTICS_DATABASE_URL", url.replaceFirst("//[^@]+@", "//" + role + ":hunter2@"));
    Answer refused = new Cli(variables).run("rollup", "rebuild", "--all");
    assertEquals(1, refused.code());
    assertTrue(refused.err().contains("permission denied"), refused.err());
    variables.put("LLMLOG_MAINTENANCE_DATABASE_URL", url);
    assertEquals(0, new Cli(variables).run("rollup", "rebuild", "--all").code());
  }

  private void insert(String action, Instant createdAt) {
    PostgresServer.execute(
        url,
        "INSERT INTO llm_logs (created_at, action, company_id) VALUES ('%s', '%s', 7)"
            .formatted(createdAt, action));
  }

  private void damage() {
    PostgresServer.execute(url, "UPDATE llm_log_hourly SET calls = 5 WHERE action = 'b'");
  }
}
