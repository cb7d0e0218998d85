package io.llmlog.worker.dashboard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.testkit.PostgresServer;
import io.llmlog.testkit.RedisServer;
import io.llmlog.worker.Wait;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;
import org.openqa.selenium.support.ui.Select;

/**
 * The dashboard of a running worker in a real browser, over 200,000 calls. What it shows is
 * compared with what SQL says. {@code -Dllmlog.screenshots=DIR} keeps pictures of each page.
 */
@Tag("system")
@Timeout(value = 3, unit = TimeUnit.MINUTES)
final class DashboardSystemIT {
  @RegisterExtension static final RedisServer REDIS = RedisServer.system();
  @RegisterExtension static final PostgresServer POSTGRES = PostgresServer.create();

  private static final List<String> PAGES = List.of("overview", "companies", "calls", "pipeline");

  @TempDir static Path directory;

  private static RunningDashboard dashboard;
  private static FilledDatabase database;
  private static Browser browser;
  private static String address;

  @BeforeAll
  static void fillAndStart() throws Exception {
    dashboard = RunningDashboard.start(REDIS, POSTGRES, directory);
    database = dashboard.database;
    browser = dashboard.browser;
    address = dashboard.address;
  }

  @AfterAll
  static void stop() {
    if (dashboard != null) {
      dashboard.close();
    }
  }

  @BeforeEach
  void logIn() {
    dashboard.logIn();
  }

  @AfterEach
  void nothingWasTakenForMoreThanText() {
    assertEquals("undefined", browser.script("return typeof window.harmed"));
    assertEquals(List.of(), browser.complaints());
  }

  @Test
  void aLogin_opensThePages_andLoggingOutClosesThem() {
    browser.click("[data-tool=logout]");
    browser.visible("#token");
    assertEquals("401", dashboard.status("/api/overview"));
    browser.complaints();

    browser.type("#token", "a wrong one");
    browser.click("button[type=submit]");
    browser.awaitText("#problem", "That is not the token.");
    browser.complaints();

    browser.open(address + "/?page=calls&error=any");
    browser.type("#token", RunningDashboard.TOKEN);
    browser.click("button[type=submit]");
    browser.settled();
    browser.complaints();
    assertEquals(
        address + "/?page=calls&error=any", browser.url(), "where the viewer wanted to go");
    assertEquals("200", dashboard.status("/api/overview"));
    assertEquals("", browser.script("return document.cookie"), "no script sees the cookie");
  }

  @Test
  void overview_saysWhatSqlSays_andLeadsDownToOneGroup() throws Exception {
    dashboard.open("?range=30d");
    String range = dashboard.range();
    dashboard.assertFigures(range);
    List<String> dearest =
        database.row(
            "SELECT model FROM llm_logs WHERE %s GROUP BY 1 ORDER BY sum(cost_usd) DESC NULLS LAST"
                    .formatted(range)
                + " LIMIT 1");
    assertEquals(dearest.get(0), browser.texts("tbody .legend").get(0));

    browser.click(".segment[data-value=company]");
    browser.settled();
    assertTrue(browser.url().contains("by=company"), browser.url());
    dashboard.clickBar();
    browser.settled();
    String company = browser.text("[data-chip=company] .chip-value");
    assertTrue(browser.url().contains("company=" + company), browser.url());
    dashboard.assertFigures(range + " AND company_id = " + company);

    browser.click("tbody button.legend");
    browser.settled();
    String second = browser.text("[data-chip=model] .chip-value");
    dashboard.assertFigures(
        range + " AND company_id = " + company + " AND model = '" + second + "'");

    browser.back();
    browser.settled();
    assertEquals(0, browser.count("[data-chip=model]"));
    dashboard.assertFigures(range + " AND company_id = " + company);
    browser.back();
    browser.settled();
    assertEquals(0, browser.count("[data-chip]"));
    dashboard.assertFigures(range);
  }

  @Test
  void aFilter_isChosenByKeys_andTakenAway() throws Exception {
    browser.press("/");
    browser.visible(".popover #filter-by");
    new Select(browser.visible("#filter-by")).selectByValue("provider");
    browser.awaitText(".found-value", "anthropic");
    browser.type("#filter-value", "anthropic" + Keys.ENTER);
    browser.settled();
    assertEquals("anthropic", browser.text("[data-chip=provider] .chip-value"));
    dashboard.assertFigures(dashboard.range() + " AND provider = 'anthropic'");
    browser.click(".chip-off");
    browser.settled();
    dashboard.assertFigures(dashboard.range());

    browser.press("?");
    browser.awaitText("dialog[open] h2", "Keys");
    browser.press(Keys.ESCAPE);
    Wait.until("the keys are closed", () -> browser.count("dialog[open]") == 0);
    browser.press("2");
    browser.settled();
    assertEquals("Companies", browser.text("h1"));
  }

  @Test
  void companies_areSortedSearchedAndExported() throws Exception {
    dashboard.open("?page=companies&range=7d");
    String range = dashboard.range();
    List<String> dearest =
        database.row(
            "SELECT company_id, count(*) FROM llm_logs WHERE %s AND company_id IS NOT NULL"
                    .formatted(range)
                + " GROUP BY 1 ORDER BY sum(cost_usd) DESC NULLS LAST LIMIT 1");
    assertEquals(dearest.get(0), browser.texts("tbody th").get(0));

    browser.click("[data-sort=calls]");
    browser.settled();
    browser.click("[data-sort=calls]");
    browser.settled();
    assertEquals("ascending", browser.attributes("th:has([data-sort=calls])", "aria-sort").get(0));
    String fewest =
        database
            .row(
                "SELECT min(n) FROM (SELECT count(*) AS n FROM llm_logs WHERE %s GROUP BY"
                        .formatted(range)
                    + " company_id) counts")
            .get(0);
    assertEquals(fewest, browser.texts("tbody tr:first-child td.number").get(3));

    browser.type("#search", "39");
    Wait.until("one company is left", () -> browser.count("tbody tr[class], tbody tr") == 1);
    browser.settled();
    assertEquals(List.of("39"), browser.texts("tbody th"));
    String csv =
        browser.later(
            "const done = arguments[0];"
                + "fetch(document.querySelector('a[download]').getAttribute('href'))"
                + ".then((answer) => answer.text()).then(done)");
    assertEquals(2, csv.lines().count(), csv);
    assertTrue(csv.lines().toList().get(1).startsWith("39,"), csv);
  }

  @Test
  void calls_arePagedFilteredAndShownInFull() throws Exception {
    dashboard.open("?page=calls");
    String newest =
        "SELECT event_id FROM llm_logs WHERE created_at < now() ORDER BY created_at DESC";
    List<String> first = browser.attributes("tbody tr", "data-call");
    assertEquals(ids(newest + " LIMIT 50"), first);
    browser.click("[data-pager=older]");
    browser.settled();
    assertEquals(ids(newest + " LIMIT 50 OFFSET 50"), browser.attributes("tbody tr", "data-call"));
    browser.back();
    browser.settled();
    assertEquals(first, browser.attributes("tbody tr", "data-call"));

    new Select(browser.visible("#calls-error")).selectByValue("any");
    browser.settled();
    assertEquals(50, browser.count("td .badge.bad"));
    assertEquals(0, browser.count("td .badge.good"));
    browser.click("tbody tr:nth-child(5) td.number");
    browser.settled();
    String id = browser.attributes("tbody tr:nth-child(5)", "data-call").get(0);
    List<String> call =
        database.row("SELECT trace_id, error_message FROM llm_logs WHERE event_id = '" + id + "'");
    assertEquals(call.get(0), browser.text("dialog [data-column=trace_id] dd"));
    assertTrue(browser.text("dialog pre.bad").contains(call.get(1)));
    browser.click("dialog [data-column=session_id] button");
    browser.settled();
    assertEquals(0, browser.count("dialog[open]"));
    assertTrue(browser.url().contains("session=session-"), browser.url());
    assertTrue(browser.count("tbody tr") >= 1);
  }

  @Test
  void textsThatMeanHarm_stayTexts() throws Exception {
    for (String payload :
        List.of(FilledDatabase.SCRIPT, FilledDatabase.IMAGE, FilledDatabase.LINK)) {
      String id = ids("SELECT event_id FROM llm_logs WHERE model = '" + payload + "'").get(0);
      dashboard.open("?page=calls");
      assertEquals(payload, browser.text("tr[data-call='" + id + "'] th .cut"));
      browser.click("tr[data-call='" + id + "'] th button");
      browser.settled();
      for (String column :
          List.of(
              "end_user",
              "session_id",
              "trace_id",
              "span_id",
              "service",
              "deployment_environment",
              "deployment_version",
              "action",
              "model",
              "response_model",
              "provider",
              "finish_reason",
              "response_id",
              "price_version")) {
        assertEquals(payload, browser.text("dialog [data-column=" + column + "] dd"), column);
      }
      assertEquals(payload, browser.text("dialog h2"));
      assertEquals(payload + "\n" + payload, browser.text("dialog pre.bad"));
      String blocks = String.join("\n", browser.texts("dialog .json"));
      assertTrue(blocks.contains("\"" + payload + "\": \"" + payload + "\""), blocks);
      assertTrue(blocks.contains("\"messages\""), blocks);
      dashboard.assertNothingMade();
      for (String by : List.of("model", "action", "provider", "environment")) {
        // Few calls: the filter brings them among the groups that are shown.
        dashboard.open("?by=" + by + "&action=" + dashboard.encoded(payload));
        assertEquals(payload, browser.texts("tbody .legend").get(0));
        assertEquals(payload, browser.text("[data-chip=action] .chip-value"));
        dashboard.assertNothingMade();
      }
    }
    dashboard.open("?page=pipeline");
    String letter = "tr[data-letter='" + FilledDatabase.HOPELESS + "'] ";
    browser.click(letter + "summary");
    assertEquals("no JSON object: " + FilledDatabase.IMAGE, browser.text(letter + "summary"));
    assertTrue(browser.text(letter + "pre").contains(FilledDatabase.IMAGE));
    dashboard.assertNothingMade();
  }

  @Test
  void aDeadLetter_becomesARow_andAnotherIsDiscarded() throws Exception {
    String good = UUID.randomUUID().toString();
    String bad = UUID.randomUUID().toString();
    database.addGoodLetter(good);
    database.addBadLetter(bad);
    dashboard.open("?page=pipeline");
    browser.click("input[value='" + good + "']");
    browser.click("[data-act=replay]");
    browser.awaitText("#live", "1 stored");
    browser.settled();
    assertEquals(0, browser.count("tr[data-letter='" + good + "']"));
    assertEquals(
        List.of("replayed", FilledDatabase.SCRIPT),
        database.row("SELECT action, message FROM llm_logs WHERE event_id = '" + good + "'"));

    browser.click("input[value='" + bad + "']");
    browser.click("[data-act=replay]");
    browser.awaitText("#live", "1 can still be no row");
    browser.settled();
    browser.click("input[value='" + bad + "']");
    browser.click("[data-act=discard]");
    browser.awaitText("dialog[open] h2", "Discard 1 dead letter?");
    browser.press(Keys.ESCAPE);
    Wait.until("the question is closed", () -> browser.count("dialog[open]") == 0);
    assertEquals(1, browser.count("tr[data-letter='" + bad + "']"), "Escape changes nothing");
    browser.click("[data-act=discard]");
    browser.click("[data-confirm=yes]");
    browser.awaitText("#live", "1 dead letter discarded");
    browser.settled();
    assertEquals(
        List.of(FilledDatabase.HOPELESS), browser.attributes("tr[data-letter]", "data-letter"));
  }

  @Test
  void pages_fitNarrowScreens_andBothThemes() throws Exception {
    String shots = System.getProperty("llmlog.screenshots");
    for (String page : PAGES) {
      String query = "?page=" + page + "&environment=production&range=7d";
      dashboard.open(query);
      String light = background("light", 1360, page.equals("pipeline") ? 1500 : 1000);
      dashboard.shot(shots, page + "-light");
      String dark = background("dark", 1360, page.equals("pipeline") ? 1500 : 1000);
      dashboard.shot(shots, page + "-dark");
      assertNotEquals(light, dark);
      for (int width : new int[] {360, 390, 768}) {
        browser.show(width, 800, "dark");
        browser.settled();
        Wait.until(
            page + " fits " + width,
            () ->
                browser
                    .script(
                        "return document.documentElement.scrollWidth <= window.innerWidth"
                            + " && [...document.querySelectorAll('canvas')].every((canvas) =>"
                            + " canvas.getBoundingClientRect().right <= window.innerWidth)")
                    .equals("true"));
      }
      browser.show(390, 844, "light");
      browser.settled();
      dashboard.shot(shots, page + "-narrow");
      browser.show(1360, 1000, "light");
    }
    browser.press("t");
    String chosen = "return document.documentElement.dataset.theme";
    assertEquals("dark", browser.script(chosen));
    dashboard.open("");
    assertEquals("dark", browser.script(chosen), "the choice is kept");
    browser.press("t");
    assertEquals("light", browser.script(chosen));
  }

  private static String background(String theme, int width, int height) {
    browser.show(width, height, theme);
    browser.settled();
    Wait.until(
        theme, () -> browser.script("return document.documentElement.dataset.theme").equals(theme));
    return browser.script("return getComputedStyle(document.body).backgroundColor");
  }

  private static List<String> ids(String sql) throws Exception {
    return database.rows(sql).stream().map(row -> row.get(0)).toList();
  }
}
