package io.llmlog.worker.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.testkit.PostgresServer;
import io.llmlog.testkit.PostgresStandby;
import io.llmlog.worker.cli.Cli.Answer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What {@code cost} prints, and where it read it. */
final class CostIT {
  @RegisterExtension static final PostgresServer POSTGRES = PostgresServer.embedded();

  private final Map<String, String> variables = new HashMap<>();
  private String url = "";

  @BeforeEach
  void createRows() {
    url = POSTGRES.createDatabase("cost");
    variables.put("ANALYTICS_DATABASE_URL", url);
    assertEquals(0, llmlog("schema", "apply").code());
    PostgresServer.execute(
        url,
        """
        INSERT INTO llm_logs (created_at, action, company_id, end_user, model, cost_usd, latency_ms,
          error_type) VALUES
        ('2026-11-01T10:10:00Z', 'ask', 7, 'ann', 'big', 2, 100, NULL),
        ('2026-11-01T10:20:00Z', 'ask', 7, 'bob', 'big', 1, 5000, 'Timeout'),
        ('2026-11-01T11:10:00Z', 'ask', 8, NULL, 'small', 1, NULL, NULL),
        ('2026-11-01T11:20:00Z', 'parse', NULL, NULL, NULL, NULL, 7, NULL)
        """);
  }

  @Test
  void latencies_areShownWhereAsked() {
    assertEquals(
        """
        company  calls  errors  tokens in  tokens out  cost USD  cost unknown  errors %  p50 ms  p95 ms  p99 ms
        -------  -----  ------  ---------  ----------  --------  ------------  --------  ------  ------  ------
        7            2       1          0           0      3.00       0 calls     50.00    98.7    5310    5310
        8            1       0          0           0      1.00       0 calls      0.00       -       -       -
        (none)       1       0          0           0   unknown        1 call      0.00       7       7       7
        -------  -----  ------  ---------  ----------  --------  ------------  --------  ------  ------  ------
        total        4       1          0           0      4.00        1 call     25.00    98.7    5310    5310
        """,
        llmlog("cost", "--latency").out());
  }

  @Test
  void filters_andTop_narrowTheAnswer() {
    Answer top = llmlog("cost", "--by", "company", "--top", "1", "--json");
    assertTrue(top.out().startsWith("{\"rows\": [{\"company\": \"7\", \"calls\": 2,"), top.out());
    assertTrue(top.out().contains("\"total\": {\"calls\": 4,"), top.out());
    assertTrue(top.out().contains("\"source\": \"primary\", \"lag_seconds\": 0}"), top.out());
    assertEquals("model,calls\nbig,2\n", csv("--by", "model", "--company", "7"));
    assertEquals("model,calls\nbig,2\nsmall,1\n", csv("--by", "model", "--action", "ask"));
    assertEquals(
        "company,calls\n7,2\n,1\n",
        csv("--company", "7", "--company", "", "--environment", "", "--provider", ""));
    assertEquals(
        "company,calls\n7,1\n8,1\n",
        csv("--from", "2026-11-01T10:15Z", "--to", "2026-11-01T11:15Z"));
    assertEquals(
        "user,calls\nann,1\n",
        csv("--by", "user", "--model", "big", "--user", "ann", "--to", "2026-11-02"));
  }

  @Test
  void badQuestions_areRefusedWithWhatIsAllowed() {
    refused("--top 0: must be 1 or more", "--top", "0");
    refused("--company x: must be a whole number", "--company", "x");
    refused("must be in the years 1 to 9999", "--from", "+99999-01-01");
    refused("of at most 400 days", "--by", "user", "--from", "2020-01-01");
    Answer users = llmlog("cost", "--by", "user");
    assertEquals(0, users.code(), users.err());
    assertTrue(users.err().contains("users are counted from the rows: since 20"), users.err());
  }

  @Test
  void aDatabaseWithoutTheTables_isToldWhatToRun() {
    variables.put("ANALYTICS_DATABASE_URL", POSTGRES.createDatabase("empty"));
    Answer answer = llmlog("cost");
    assertEquals(1, answer.code());
    assertTrue(answer.err().contains("run llmlog schema apply"), answer.err());
  }

  @Test
  void theReplica_isAsked_andThePrimaryWhileItIsAway() throws Exception {
    try (PostgresStandby standby = POSTGRES.standby()) {
      variables.put("ANALYTICS_READ_DATABASE_URL", standby.url(url));
      Answer fresh = await(answer -> answer.out().endsWith("\"lag_seconds\": 0}\n"));
      assertTrue(fresh.out().contains("\"source\": \"replica\""), fresh.out());
      assertEquals("", fresh.err());

      // A standby that has replayed nothing knows no time.
      PostgresServer.execute(url, "INSERT INTO llm_logs (action) VALUES ('new')");
      await(answer -> answer.out().contains("\"total\": {\"calls\": 5,"));
      standby.pauseReplay();
      PostgresServer.execute(url, "INSERT INTO llm_logs (action) VALUES ('newer')");
      Answer stale = await(answer -> answer.err().contains(" s behind"));
      assertTrue(stale.out().contains("\"total\": {\"calls\": 5,"), stale.out());
      standby.resumeReplay();

      standby.stop();
      Answer primary = llmlog("cost", "--json");
      assertEquals(0, primary.code(), primary.err());
      assertTrue(primary.out().contains("\"source\": \"primary\""), primary.out());
      assertTrue(primary.out().contains("\"total\": {\"calls\": 6,"), primary.out());
      assertTrue(primary.err().contains("the read replica does not answer"), primary.err());
      assertFalse(primary.err().contains("llmlog:llmlog"), primary.err());

      variables.remove("ANALYTICS_DATABASE_URL");
      assertEquals(1, llmlog("cost").code(), "there is nobody else to ask");
    }
  }

  private Answer await(Predicate<Answer> wanted) {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (true) {
      Answer answer = llmlog("cost", "--json");
      if (wanted.test(answer)) {
        return answer;
      }
      assertTrue(System.nanoTime() < deadline, "within 60 s: " + answer);
    }
  }

  private void refused(String why, String... args) {
    Answer answer = cost(args);
    assertEquals(2, answer.code(), answer.err());
    assertTrue(answer.err().contains(why), answer.err());
  }

  /** Key and number of calls of each row. */
  private String csv(String... args) {
    String[] more = java.util.Arrays.copyOf(args, args.length + 1);
    more[args.length] = "--csv";
    Answer answer = cost(more);
    assertEquals(0, answer.code(), answer.err());
    return answer.out().replaceAll("(?m)^([^,]*,[^,]*),.*$", "$1").replace("\r", "");
  }

  private Answer cost(String... args) {
    String[] all = new String[args.length + 1];
    all[0] = "cost";
    System.arraycopy(args, 0, all, 1, args.length);
    return llmlog(all);
  }

  private Answer llmlog(String... args) {
    return new Cli(variables).run(args);
  }
}
