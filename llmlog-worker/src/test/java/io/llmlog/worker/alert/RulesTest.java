package io.llmlog.worker.alert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmlog.config.Settings;
import io.llmlog.worker.alert.RuleFile.Rule;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The worker's own alerts, the rules for Prometheus and the runbook say the same. */
final class RulesTest {
  /** What a worker cannot know of itself, or of the services. */
  private static final Set<String> OF_PROMETHEUS_ALONE =
      Set.of(
          "LlmlogWorkerDown",
          "LlmlogWritesSlow",
          "LlmlogDashboardSlow",
          "LlmlogEventsDropped",
          "LlmlogEventsRefused",
          "LlmlogRoadClosed",
          "LlmlogSpoolInUse",
          "LlmlogSpoolNearlyFull",
          "LlmlogBufferNearlyFull");

  private static final Pattern HEADING = Pattern.compile("^### (Llmlog\\w+)$", Pattern.MULTILINE);

  @Test
  void theWorkersConditions_areRulesWithTheSameSeverityAndTime() throws IOException {
    Map<String, Rule> rules = rules();
    List<Condition> conditions = Conditions.of(Thresholds.DEFAULTS);
    for (Condition condition : conditions) {
      Rule rule = rule(condition.name());
      assertEquals(rule.severity(), condition.severity(), condition.name());
      assertEquals(rule.lasting(), condition.lasting(), condition.name());
      assertEquals(rule.runbook(), "docs/OPERATIONS.md#" + condition.runbook());
    }
    Set<String> others = new TreeSet<>(rules.keySet());
    others.removeAll(conditions.stream().map(Condition::name).toList());
    assertEquals(new TreeSet<>(OF_PROMETHEUS_ALONE), others);
  }

  @Test
  void thresholdsAndWindows_areTheSame() throws IOException {
    Thresholds thresholds = Thresholds.DEFAULTS;
    assertEquals(Settings.QUEUE_DEPTH_ALERT.defaultText(), "" + thresholds.queueDepth());
    assertEndsWith("LlmlogQueueDepth", " > " + thresholds.queueDepth());
    assertEndsWith("LlmlogQueueAge", " > " + thresholds.queueAge().toSeconds());
    assertEndsWith("LlmlogReplicaLag", " > " + thresholds.replicaLag().toSeconds());
    assertEndsWith("LlmlogRollupBehind", " > " + thresholds.rollupLag().toSeconds());
    assertEndsWith("LlmlogMaintenanceFailing", " > " + thresholds.maintenanceAge().toSeconds());
    assertWindows("LlmlogWorkerStuck", Conditions.PROGRESS_WINDOW.toSeconds() + "s");
    assertWindows("LlmlogDeadLettersGrowing", Conditions.LETTERS_WINDOW.toMinutes() + "m");
  }

  @Test
  void eachRule_isToldWithinAMinute() throws IOException {
    // The watch looks each 5 s, Prometheus scrapes each 5 s and evaluates each 5 s.
    Duration onTheWay = Duration.ofSeconds(15);
    for (Rule rule : rules().values()) {
      Duration window = rule.expr().contains("[30s]") ? Duration.ofSeconds(30) : Duration.ZERO;
      Duration told = onTheWay.plus(rule.lasting()).plus(window);
      assertTrue(told.compareTo(Duration.ofSeconds(60)) <= 0, rule.name() + ": " + told);
    }
  }

  @Test
  void eachRule_hasItsEntryInTheRunbook_andEachEntryItsRule() throws IOException {
    String runbook = Files.readString(RuleFile.root().resolve("docs/OPERATIONS.md"));
    List<String> entries =
        HEADING.matcher(runbook).results().map(heading -> heading.group(1)).sorted().toList();
    assertEquals(rules().keySet().stream().sorted().toList(), entries);
    for (Rule rule : rules().values()) {
      assertEquals("docs/OPERATIONS.md#" + rule.name().toLowerCase(Locale.ROOT), rule.runbook());
    }
  }

  private static void assertEndsWith(String name, String end) throws IOException {
    String expr = expr(name);
    assertTrue(expr.endsWith(end), name + ": " + expr + " does not end with" + end);
  }

  private static void assertWindows(String name, String window) throws IOException {
    Set<String> windows =
        Pattern.compile("\\[(\\w+)]")
            .matcher(expr(name))
            .results()
            .map(w -> w.group(1))
            .collect(Collectors.toSet());
    assertEquals(Set.of(window), windows, name);
  }

  private static String expr(String name) throws IOException {
    return rule(name).expr();
  }

  private static Rule rule(String name) throws IOException {
    Rule rule = rules().get(name);
    if (rule == null) {
      throw new AssertionError(name + " is no rule");
    }
    return rule;
  }

  private static Map<String, Rule> rules() throws IOException {
    return RuleFile.rules().stream().collect(Collectors.toMap(Rule::name, Function.identity()));
  }
}
